"""Who was given access to one owned thing, such as an entity, a space or a page: what is sent and answered, and the
three operations as a mixin for viewsets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Conflict
from apps.core.rest_fields import Body, Choice, QueryParameters
from apps.people.api.fields import Slug, Username
from apps.people.api.references import person_named, team_named
from apps.people.models import Team, User
from apps.people.queries.grants import grants_of


class GrantCreate(Body):
    """One of `team` and `user`, and what they may do."""

    team = Slug(required=False)
    user = Username(required=False)
    permission = Choice(choices=["view", "change"])


class GrantQuery(QueryParameters):
    """One of `team` and `user`, and what they may no longer do."""

    team = Slug(required=False)
    user = Username(required=False)
    permission = Choice(choices=["view", "change"])


class GrantRow(serializers.Serializer):
    """A team or person that was given access; `permission` is view or change."""

    kind = serializers.ChoiceField(choices=["team", "user"])
    grantee = serializers.SerializerMethodField()
    permission = serializers.ChoiceField(choices=["view", "change"])

    @extend_schema_field({"type": "string"})
    def get_grantee(self, row: dict[str, Any]) -> str:
        return str(row["grantee"].slug if row["kind"] == "team" else row["grantee"].username)


class GrantList(serializers.Serializer):
    results = GrantRow(many=True)


class Granted:
    """Mixed into a `PolicyViewSet`; `noun` is how its actions call the row that they take."""

    noun: ClassVar[str]
    give: ClassVar[Callable[..., None]]
    take: ClassVar[Callable[..., None]]

    @extend_schema(responses=GrantList, summary="Who was given access")
    @action(detail=True, methods=["get"])
    def grants(self: Any, request: Request, **kwargs: Any) -> Response:
        """Teams and people that were given access to this one thing."""
        self.parameters()
        return listed(self.get_object())

    @extend_schema(request=GrantCreate, responses={201: GrantList}, summary="Give a team or person access")
    @grants.mapping.post
    def give_grant(self: Any, request: Request, **kwargs: Any) -> Response:
        fields = self.body(GrantCreate)
        row = self.get_object()
        self._granting("give", row, fields)
        return listed(row, status=201)

    @extend_schema(parameters=[GrantQuery], responses={204: None}, summary="Take given access back")
    @grants.mapping.delete
    def revoke_grant(self: Any, request: Request, **kwargs: Any) -> Response:
        """Names the grant in the query: `?team=claims-ai&permission=view`."""
        fields = self.parameters(GrantQuery)
        self._granting("take", self.get_object(), fields)
        return Response(status=204)

    def _granting(self: Any, way: str, row: Any, fields: Mapping[str, Any]) -> None:
        act = getattr(type(self), way)
        to = grantee(self.request.user, fields)
        act(actor=self.request.user, grantee=to, permission=fields["permission"], **{self.noun: row})


def listed(row: Any, status: int = 200) -> Response:
    return Response(GrantList({"results": grants_of(row)}).data, status=status)


def grantee(user: Any, fields: Mapping[str, Any]) -> Team | User:
    """The team or person that a body or query names; exactly one of the two."""
    team, person = fields.get("team"), fields.get("user")
    if (team is None) == (person is None):
        raise Conflict("Name either a team or a user.", errors={"team": ["Either this or `user`."]})
    found = team_named(user, team) or person_named(user, person)
    assert found is not None
    return found
