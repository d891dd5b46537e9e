"""What holds over REST: grants, their conditions, and which tools the scan saw in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.references import EntityName, entity_id
from apps.catalog.models import Entity
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest_fields import Choice, Flag, QueryParameters, Text, WholeNumber
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.tooling.actions import conditions
from apps.tooling.api import bodies
from apps.tooling.api.at_now import AtNow
from apps.tooling.api.fields import Instant
from apps.tooling.api.representations import (
    ToolConditionDetail,
    ToolConditionRow,
    ToolGrantDetail,
    ToolGrantRow,
    ToolUseRow,
)
from apps.tooling.models import Condition, Grant, ObservedUse
from apps.tooling.queries import clock

NEWEST_FIRST = Order("-id", descending=True)


class GrantQuery(QueryParameters):
    active_at = Instant(required=False, help_text="Those that hold at this instant.")
    active = Flag(required=False, help_text="Those that hold now.")
    team = Slug(required=False)
    tool = EntityName(required=False)
    environment = Slug(required=False)
    request = WholeNumber(min_value=1, required=False, help_text="Id of a request.")
    provisional = Flag(required=False, help_text="Only those given because a deadline was missed.")
    emergency = Flag(required=False, help_text="Only those of emergencies.")


class GrantViewSet(Listed, Retrieved, AtNow):
    """What decided requests allow; immutable but for an early end."""

    model = Grant
    order = NEWEST_FIRST
    query = GrantQuery
    columns = {
        "team": "team__slug",
        "environment": "environment__slug",
        "request": "request",
        "provisional": "provisional",
        "emergency": "emergency",
    }
    serializer_class = ToolGrantRow
    detail_serializer_class = ToolGrantDetail

    def rows(self, visible: Any) -> Any:
        self.read_clock()
        tool = visible_relation("tool", Entity, self.request.user)
        return visible.select_related("team", "environment").prefetch_related(tool)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        if tool := wanted.get("tool"):
            rows = rows.filter(tool=entity_id(self.request.user, tool))
        if "active_at" in wanted:
            rows = rows.filter(holding(wanted["active_at"]))
        if wanted.get("active"):
            rows = rows.filter(holding(self.at))
        return rows


def holding(at: Any) -> Q:
    """Grants that hold at `at`."""
    return Q(starts__lte=at, expires__gt=at) & (Q(revoked_at=None) | Q(revoked_at__gt=at))


class ConditionQuery(QueryParameters):
    request = WholeNumber(min_value=1, required=False, help_text="Id of a request.")
    team = Slug(required=False)
    state = Choice(
        choices=["open", "proved", "met"], required=False, help_text="proved: with evidence to confirm."
    )
    overdue = Flag(required=False, help_text="Only those unmet at their due instant.")


STATES = {
    "open": Q(met_at=None, evidence_at=None),
    "proved": Q(met_at=None, evidence_at__isnull=False),
    "met": Q(met_at__isnull=False),
}


class ConditionViewSet(Listed, Retrieved, PolicyViewSet):
    """What is to be done while exceptions hold; asked for by POST …/requests/<id>/conditions/."""

    model = Condition
    order = NEWEST_FIRST
    query = ConditionQuery
    columns = {"request": "request", "team": "request__team__slug"}
    serializer_class = ToolConditionRow
    detail_serializer_class = ToolConditionDetail

    def rows(self, visible: Any) -> Any:
        return visible.select_related("owner", "evidence_by", "met_by")

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        if "state" in wanted:
            rows = rows.filter(STATES[wanted["state"]])
        if wanted.get("overdue"):
            rows = rows.filter(met_at=None, due__lte=clock.now())
        return rows

    @extend_schema(request=bodies.ConditionEvidence, responses=ToolConditionDetail, summary="Add evidence")
    @action(detail=True, methods=["post"])
    def prove(self, request: Request, **kwargs: Any) -> Response:
        """For the team; it counts once somebody else has confirmed it."""
        return self._done(conditions.prove_condition, **self.body(bodies.ConditionEvidence))

    @extend_schema(request=None, responses=ToolConditionDetail, summary="Confirm the evidence")
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        return self._done(conditions.confirm_condition)

    @extend_schema(
        request=bodies.ConditionReturn, responses=ToolConditionDetail, summary="Return the evidence"
    )
    @action(detail=True, methods=["post"], url_path="return")
    def send_back(self, request: Request, **kwargs: Any) -> Response:
        """Says what is missing; the team adds other evidence."""
        return self._done(conditions.return_condition, **self.body(bodies.ConditionReturn))

    def _done(self, act: Callable[..., Any], **arguments: Any) -> Response:
        row = self.get_object()
        with rules_are_conflicts():
            act(actor=self.request.user, condition=row, **arguments)
        return self.answer(row)


class UseQuery(QueryParameters):
    entity = EntityName(required=False)
    tool = EntityName(required=False)
    team = Slug(required=False, help_text="The team that owns the entity.")
    environment = Slug(required=False)
    origin = Choice(choices=ObservedUse.Origin.choices, required=False)
    used_version = Text(max_length=128, required=False)


class UseViewSet(Listed, Retrieved, PolicyViewSet):
    """Which entities use which tools, as the nightly scan saw it; of those where the caller sees both."""

    model = ObservedUse
    order = NEWEST_FIRST
    query = UseQuery
    columns = {
        "team": "entity__owner__slug",
        "environment": "environment__slug",
        "origin": "origin",
        "used_version": "version",
    }
    serializer_class = ToolUseRow

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        ends = [visible_relation(name, Entity, user) for name in ("entity", "tool")]
        return visible.select_related("environment").prefetch_related(*ends)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        for end in {"entity", "tool"} & set(wanted):
            rows = rows.filter(**{end: entity_id(self.request.user, wanted[end])})
        return rows
