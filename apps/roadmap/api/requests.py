"""Roadmap requests over REST: the register, drafts of one's own teams, and every move of a request's life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.references import entity_named
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, Flag, QueryParameters, Text
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, Retrieved
from apps.people.api import Slug
from apps.people.api.references import person_named
from apps.people.queries import acting_team
from apps.roadmap import models
from apps.roadmap.actions import intake
from apps.roadmap.api import bodies
from apps.roadmap.api.answering import AnsweringMoves
from apps.roadmap.api.delivering import DeliveryMoves
from apps.roadmap.api.intake import IntakeMoves
from apps.roadmap.api.references import unit_named
from apps.roadmap.api.requests_shown import RoadmapRequestDetail, RoadmapRequestRow, whole
from apps.roadmap.queries.requests import RequestFilter, narrowed, requests
from apps.roadmap.workflow import RequestType, State


class RequestQuery(QueryParameters):
    """What the list is narrowed to; parameters join with "and"."""

    state = Choice(choices=State.choices, required=False)
    type = Choice(choices=RequestType.choices, required=False)
    unit = Slug(required=False)
    team = Slug(required=False)
    mine = Flag(required=False, help_text="Only those that you or your teams ask for, drafts too.")
    waiting = Flag(required=False, help_text="Only those on which you may do the next step.")
    q = Text(max_length=200, required=False, help_text="Words of it, or its id.")


class RequestViewSet(IntakeMoves, AnsweringMoves, DeliveryMoves, Listed, Retrieved):
    """What is wanted from the center, newest first. A draft is its team's alone."""

    model = models.Request
    order = Order("-id", descending=True)
    query = RequestQuery
    serializer_class = RoadmapRequestRow
    detail_serializer_class = RoadmapRequestDetail

    def rows(self, visible: Any) -> Any:
        """`requests` begins with `visible_to` as well, and adds what tells whose turn it is."""
        user = self.request.user
        rows = requests(user).prefetch_related(visible_relation("merged_into", models.Request, user))
        if self.action == "list":
            return rows
        return visible_parts(rows, user)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        words: dict[str, Any] = {
            name: (wanted[name],) for name in ("state", "type", "unit") if name in wanted
        }
        flags: dict[str, Any] = {name: wanted[name] for name in ("mine", "waiting", "q") if name in wanted}
        rows = narrowed(self.request.user, rows, RequestFilter(**words, **flags))
        return rows.filter(owner__slug=wanted["team"]) if "team" in wanted else rows

    @extend_schema(
        request=bodies.RoadmapRequestCreate,
        responses={201: RoadmapRequestDetail},
        summary="Begin a draft for your team",
    )
    def create(self, request: Request) -> Response:
        """Nothing is asked yet; `missing` says what it still lacks."""
        fields = self.body(bodies.RoadmapRequestCreate)
        owner = acting_team(request.user, fields.pop("team", None))
        if "unit" in fields:
            fields["unit"] = unit_named(request.user, fields["unit"])
        with rules_are_conflicts():
            row = intake.begin_request(actor=request.user, owner=owner, **self._resolved(fields))
        return self.answer(row, status=201)

    @extend_schema(
        request=bodies.RoadmapRequestChange, responses=RoadmapRequestDetail, summary="Save a draft"
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Also while the center has asked for more. `kpis` and `links` replace what is there. Send the `version` that
        you read; 409 where it is stale."""
        fields = self._resolved(self.body(bodies.RoadmapRequestChange))
        row, version = self.get_object(), expected_version(request, fields)
        with rules_are_conflicts():
            intake.save_request(actor=request.user, request=row, changes=fields, expected_version=version)
        return self.answer(row)

    def _resolved(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Names as the rows that they stand for."""
        user = self.request.user
        if "links" in fields:
            fields["links"] = [entity_named(user, name) for name in fields["links"]]
        if "kpis" in fields:
            owned = [{**row, "owner": person_named(user, row.get("owner"))} for row in fields["kpis"]]
            fields["kpis"] = owned
        return fields


def visible_parts(rows: Any, user: Any) -> Any:
    """The parts through their policies, in place of what `requests` reads for lists."""
    return rows.prefetch_related(None).prefetch_related(
        visible_relation("merged_into", models.Request, user), *whole(user)
    )
