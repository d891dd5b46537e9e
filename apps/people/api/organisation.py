"""The organisation over REST: read-only, besides ending one's own tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.db.models import Prefetch
from django.db.models.functions import Collate, Lower
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest import JSONOnly, query_of
from apps.core.rest_fields import Choice, Flag, QueryParameters
from apps.core.viewsets import Abilities, Listed, PageUrl, PolicyViewSet, Retrieved
from apps.people.actions import revoke_token
from apps.people.api.fields import Slug, Username
from apps.people.models import ApiToken, BusinessUnit, Liaison, Membership, Scope, Team, User
from apps.people.policies import sees_contact
from apps.people.queries import own_teams, running
from apps.people.standing import standing_of


class BearerScheme(OpenApiAuthenticationExtension):
    """`Authorization: Bearer coe_…`."""

    target_class = "apps.people.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token from the profile page."}


class TeamSummary(serializers.Serializer):
    """A team in a list."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Team.Kind.choices)
    business_unit = serializers.CharField(source="business_unit.slug", allow_null=True)
    lead = serializers.CharField(source="lead.username", allow_null=True)
    coe_office = serializers.BooleanField()
    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField(allow_null=True)
    url = PageUrl()


class Member(serializers.Serializer):
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    craft = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(source="starts")


class TeamDetail(TeamSummary):
    """A team with its present members."""

    description = serializers.CharField()
    members = Member(many=True, source="running_memberships")
    abilities = Abilities()


class TeamQuery(QueryParameters):
    kind = Choice(choices=Team.Kind.choices, required=False)
    unit = Slug(required=False, help_text="Slug of a business unit.")


class TeamViewSet(Listed, Retrieved, PolicyViewSet):
    """Central and embedded teams."""

    model = Team
    order = Order("name", Collate(Lower("name"), "C"))
    query = TeamQuery
    columns = {"kind": "kind", "unit": "business_unit__slug"}
    serializer_class = TeamSummary
    detail_serializer_class = TeamDetail
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9][-a-z0-9]{0,62}"

    def rows(self, visible: Any) -> Any:
        return visible.select_related("business_unit", "lead").prefetch_related(
            *([_running_memberships(self.request.user, "user")] if self.action == "retrieve" else [])
        )

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(slug=value).first()


class UnitSummary(serializers.Serializer):
    """A business unit in a list."""

    slug = serializers.CharField()
    name = serializers.CharField()
    function = serializers.CharField()
    parent = serializers.CharField(source="parent.slug", allow_null=True)  # type: ignore[assignment]
    sponsor = serializers.CharField(source="sponsor.username", allow_null=True)
    time_zone = serializers.CharField()
    url = PageUrl()


class UnitDetail(UnitSummary):
    """A business unit with those who serve it now."""

    liaisons = serializers.ListField(child=serializers.CharField(), source="liaison_names")
    teams = serializers.ListField(child=serializers.CharField(), source="team_slugs")
    abilities = Abilities()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.liaison_names = sorted(row.user.username for row in instance.running_liaisons)
        instance.team_slugs = sorted(team.slug for team in instance.visible_teams)
        return super().to_representation(instance)


class UnitViewSet(Listed, Retrieved, PolicyViewSet):
    """Business units; `parent` makes them a tree."""

    model = BusinessUnit
    order = Order("name", Collate(Lower("name"), "C"))
    serializer_class = UnitSummary
    detail_serializer_class = UnitDetail
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9][-a-z0-9]{0,62}"

    def rows(self, visible: Any) -> Any:
        rows = visible.select_related("parent", "sponsor")
        if self.action != "retrieve":
            return rows
        user = self.request.user
        liaisons = Liaison.objects.visible_to(user).filter(running()).select_related("user")
        return rows.prefetch_related(
            Prefetch("liaisons", liaisons, to_attr="running_liaisons"),
            visible_relation("teams", Team, user, to_attr="visible_teams"),
        )

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(slug=value).first()


class TeamRole(serializers.Serializer):
    team = serializers.CharField(source="team.slug")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    craft = serializers.CharField(allow_blank=True)


class PersonSummary(serializers.Serializer):
    """Somebody, or a service account."""

    username = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=User.Kind.choices)
    active = serializers.BooleanField(source="is_active")
    teams = TeamRole(many=True, source="running_memberships")
    url = PageUrl()


class PersonDetail(PersonSummary):
    email = serializers.SerializerMethodField(help_text="One's own; everybody's for CoE leads; else null.")
    time_zone = serializers.CharField()
    abilities = Abilities()

    def get_email(self, person: User) -> str | None:
        return person.email if sees_contact(self.context["request"].user, person) else None


class PersonQuery(QueryParameters):
    kind = Choice(choices=User.Kind.choices, required=False)
    team = Slug(required=False, help_text="Members of this team now.")
    active = Flag(required=False, allow_null=True, default=None)


class PersonViewSet(Listed, Retrieved, PolicyViewSet):
    """People and service accounts with the teams that they are in now."""

    model = User
    order = Order("username", "username")
    query = PersonQuery
    serializer_class = PersonSummary
    detail_serializer_class = PersonDetail
    lookup_field = "username"
    lookup_value_regex = "[a-z0-9][-a-z0-9_.]{0,62}"

    def rows(self, visible: Any) -> Any:
        return visible.prefetch_related(_running_memberships(self.request.user, "team"))

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(username=value).first()

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        if kind := wanted.get("kind"):
            rows = rows.filter(kind=kind)
        if (active := wanted.get("active")) is not None:
            rows = rows.filter(is_active=active)
        if slug := wanted.get("team"):
            members = Membership.objects.visible_to(self.request.user).filter(running(), team__slug=slug)
            rows = rows.filter(pk__in=members.values("user"))
        return rows


class TokenRow(serializers.Serializer):
    """A token without its secret, which was shown once."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    user = serializers.CharField(source="user.username")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    created_by = serializers.CharField(source="created_by.username")
    created_at = serializers.DateTimeField()
    expires = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    usable = serializers.BooleanField(source="is_usable")


class TokenQuery(QueryParameters):
    user = Username(required=False, help_text="Those of one account.")


class TokenViewSet(Listed, Retrieved, PolicyViewSet):
    """The tokens that you may see: your own, those of service accounts that you keep, all for CoE leads.

    New ones are made on the profile page.
    """

    model = ApiToken
    order = Order("id", descending=True)
    query = TokenQuery
    columns = {"user": "user__username"}
    serializer_class = TokenRow

    def rows(self, visible: Any) -> Any:
        return visible.select_related("user", "created_by")

    @extend_schema(request=None, responses=TokenRow, summary="End a token")
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        """Ends it at once and for good; ending it twice changes nothing."""
        self.parameters()
        return self.answer(revoke_token(actor=request.user, token=self.get_object()))


class TokenInUse(serializers.Serializer):
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    expires = serializers.DateTimeField()


@dataclass(frozen=True)
class Caller:
    """Who calls, with the token that they sent (None: a browser's session)."""

    user: User
    token: ApiToken | None

    @property
    def roles(self) -> list[str]:
        return standing_of(self.user).roles

    @cached_property
    def teams(self) -> list[Team]:
        return list(own_teams(self.user).select_related("business_unit", "lead"))

    @property
    def leads(self) -> list[str]:
        return [team.slug for team in self.teams if team.pk in standing_of(self.user).led_teams]


class Viewer(serializers.Serializer):
    """Who calls, where they stand, and what their token may be used for."""

    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.name")
    kind = serializers.ChoiceField(source="user.kind", choices=User.Kind.choices)
    email = serializers.CharField(source="user.email")
    time_zone = serializers.CharField(source="user.time_zone")
    teams = TeamSummary(many=True)
    leads = serializers.ListField(
        child=serializers.CharField(), help_text="Slugs of the teams that they lead."
    )
    roles = serializers.ListField(child=serializers.CharField())
    token = TokenInUse(allow_null=True)
    url = PageUrl(source="user")


class MeView(APIView):
    """The caller."""

    content_negotiation_class = JSONOnly
    metadata_class = None

    @extend_schema(responses=Viewer, operation_id="me_retrieve")
    def get(self, request: Request) -> Response:
        """Your name, teams and roles, and the scopes of the token that you sent."""
        query_of(request, QueryParameters)
        caller = Caller(cast(User, request.user), cast(ApiToken | None, request.auth))
        return Response(Viewer(caller, context={"request": request}).data)


def _running_memberships(user: Any, joined: str) -> Prefetch[Any]:
    rows = Membership.objects.visible_to(user).filter(running()).select_related(joined)
    return Prefetch("memberships", rows.order_by(f"{joined}_id"), to_attr="running_memberships")
