"""Entities over REST."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import actions, queries
from apps.catalog.api.bodies import EntityChange, EntityCreate, StageChange
from apps.catalog.api.references import NAMED, REF_SENTENCE, entity_named
from apps.catalog.api.representations import EntityDetail, EntityRow, LineageGraph
from apps.catalog.models import Entity, Source
from apps.catalog.queries import EntityFilter
from apps.catalog.queries.entities import BY_SHOWN
from apps.catalog.queries.lineage import DEEPEST
from apps.catalog.vocabulary import Kind, Stage
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, Flag, QueryParameters, Text, WholeNumber
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.people.api.grants import GrantCreate, GrantList, GrantQuery, grantee, listed
from apps.people.api.owned import OwnerChange, VisibilityChange
from apps.people.api.references import person_named, team_named
from apps.people.models import Visibility
from apps.people.queries import acting_team

ORDERS = {
    "name": BY_SHOWN,
    "-updated_at": Order("-updated_at", "updated_at", descending=True),
}


def several(child: serializers.Field[Any, Any, Any, Any], says: str = "Several values: any of them.") -> Any:
    return serializers.ListField(child=child, required=False, max_length=50, help_text=says)


class EntityQuery(QueryParameters):
    """What the list is narrowed to; parameters join with "and"."""

    kind = several(Choice(choices=Kind.choices))
    namespace = several(Slug())
    unit = several(Slug(), "Slugs of the owners' business units.")
    team = several(Slug(), "Slugs of owner teams.")
    stage = several(Choice(choices=Stage.choices))
    tag = several(Text(max_length=63), "Several tags: all of them.")
    tier = several(Choice(choices=["1", "2", "3", "4"]))
    visibility = several(Choice(choices=Visibility.choices))
    q = Text(
        required=False, max_length=200, help_text="Words that occur in name, title, tags or description."
    )
    mine = Flag(required=False, help_text="Owned by your teams, or you are accountable.")
    unowned = Flag(required=False)
    orphaned = Flag(required=False, help_text="The owner team has ended, or the accountable person has left.")
    reusable = Flag(required=False)
    gone = Flag(required=False, help_text="With those that their source no longer has.")
    sort = Choice(
        choices=list(ORDERS), required=False, help_text="name: by title, or by name where there is no title."
    )


class LineageQuery(QueryParameters):
    direction = Choice(choices=["up", "down", "both"], required=False)
    depth = WholeNumber(min_value=1, max_value=DEEPEST, required=False)


ADDRESS = OpenApiParameter(
    "id", {"type": "string", "pattern": rf"^({NAMED})$"}, "path", required=True, description=REF_SENTENCE
)


def documented(summary: str, **options: Any) -> Any:
    """Documents an operation on one entity, with its address."""
    return extend_schema(parameters=[ADDRESS], summary=summary, **options)


@extend_schema_view(retrieve=documented("One entity, by id or reference"))
class EntityViewSet(Listed, Retrieved, PolicyViewSet):
    """Everything that has an owner. Things gone from their source are left out unless asked for."""

    model = Entity
    query = EntityQuery
    serializer_class = EntityRow
    detail_serializer_class = EntityDetail
    lookup_url_kwarg = "id"
    lookup_value_regex = NAMED

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        joined = visible.select_related(
            "owner__business_unit", "operated_by", "accountable", "dataset", "model"
        )
        return joined.prefetch_related(visible_relation("source", Source, user))

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(pk=entity_named(self.request.user, value).pk).first()

    def sorting(self) -> Order:
        return ORDERS[self.wanted.get("sort", "name")]

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        names = {field.name for field in dataclass_fields(EntityFilter)}
        chosen: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in wanted.items()
            if name in names
        }
        return queries.filter_entities(rows, EntityFilter(**chosen), self.request.user)

    @extend_schema(request=EntityCreate, responses={201: EntityDetail}, summary="Add an entity")
    def create(self, request: Request) -> Response:
        """Adds an entity that one of your teams owns."""
        fields = self.body(EntityCreate)
        team = acting_team(request.user, fields.pop("team", None))
        with rules_are_conflicts():
            entity = actions.create_entity(actor=request.user, owner=team, **self._resolved(fields))
        return self.answer(entity, status=201)

    @documented("Change an entity", request=EntityChange, responses=EntityDetail)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Changes curated fields. Send the `version` that you read; 409 where somebody was faster."""
        fields = self._resolved(self.body(EntityChange))
        entity = self.get_object()
        version, details = expected_version(request, fields), fields.pop("details", None)
        with rules_are_conflicts():
            actions.update_entity(
                actor=request.user, entity=entity, changes=fields, details=details, expected_version=version
            )
        return self.answer(entity)

    @documented("Move to another stage", request=StageChange, responses=EntityDetail)
    @action(detail=True, methods=["post"])
    def stage(self, request: Request, **kwargs: Any) -> Response:
        """Moves the entity; 409 with the possible stages where there is no such move."""
        fields = self.body(StageChange)
        version, entity = fields.pop("version", None), self.get_object()
        with rules_are_conflicts():
            actions.change_stage(actor=request.user, entity=entity, expected_version=version, **fields)
        return self.answer(entity)

    @documented("Set who sees it", request=VisibilityChange, responses=EntityDetail)
    @action(detail=True, methods=["post"])
    def visibility(self, request: Request, **kwargs: Any) -> Response:
        """company: everybody; unit: the owner's unit and the center; restricted: who was given access."""
        fields = self.body(VisibilityChange)
        version, entity = fields.pop("version", None), self.get_object()
        actions.set_visibility(actor=request.user, entity=entity, expected_version=version, **fields)
        return self.answer(entity)

    @documented("Hand it to another team", request=OwnerChange, responses={200: EntityDetail, 204: None})
    @action(detail=True, methods=["post"])
    def owner(self, request: Request, **kwargs: Any) -> Response:
        """The reference stays. 204 where you no longer see it afterwards."""
        fields = self.body(OwnerChange)
        entity = self.get_object()
        team = team_named(request.user, fields["owner"])
        assert team is not None
        actions.transfer_ownership(
            actor=request.user, entity=entity, owner=team, expected_version=fields.get("version")
        )
        return self.answer(entity)

    @documented("Who was given access", responses=GrantList)
    @action(detail=True, methods=["get"])
    def grants(self, request: Request, **kwargs: Any) -> Response:
        """Teams and people that were given access to this one entity."""
        self.parameters()
        return listed(self.get_object())

    @documented("Give a team or person access", request=GrantCreate, responses={201: GrantList})
    @grants.mapping.post
    def give_grant(self, request: Request, **kwargs: Any) -> Response:
        fields = self.body(GrantCreate)
        entity = self.get_object()
        actions.grant_access(
            actor=request.user,
            entity=entity,
            grantee=grantee(request.user, fields),
            permission=fields["permission"],
        )
        return listed(entity, status=201)

    @extend_schema(parameters=[ADDRESS, GrantQuery], responses={204: None}, summary="Take given access back")
    @grants.mapping.delete
    def revoke_grant(self, request: Request, **kwargs: Any) -> Response:
        """Names the grant in the query: `?team=claims-ai&permission=view`."""
        fields = self.parameters(GrantQuery)
        entity = self.get_object()
        actions.revoke_access(
            actor=request.user,
            entity=entity,
            grantee=grantee(request.user, fields),
            permission=fields["permission"],
        )
        return Response(status=204)

    @extend_schema(
        parameters=[ADDRESS, LineageQuery], responses=LineageGraph, summary="What flows into it and out of it"
    )
    @action(detail=True, methods=["get"])
    def lineage(self, request: Request, **kwargs: Any) -> Response:
        """The neighbourhood along data flow that you may see, at most 150 entities."""
        wanted = self.parameters(LineageQuery)
        graph = queries.lineage(request.user, self.get_object(), **wanted)
        return Response(LineageGraph(graph).data)

    def _resolved(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Slugs and user names as the rows that they name."""
        if "accountable" in fields:
            fields["accountable"] = person_named(self.request.user, fields["accountable"])
        if "operated_by" in fields:
            fields["operated_by"] = team_named(self.request.user, fields["operated_by"])
        return fields
