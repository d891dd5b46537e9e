"""The organisation through GraphQL: units, teams, people, and who is asking."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import Q

from apps.core.errors import Invalid
from apps.core.graphql import Abilities, Node, Page, enum_of, strings
from apps.core.plugs import Ability, registered
from apps.people.models import BusinessUnit, Liaison, Membership, Team, User, Visibility
from apps.people.policies import sees_contact
from apps.people.queries import own_teams, running
from apps.people.standing import standing_of

TeamKind = enum_of(Team.Kind, "TeamKind")
PersonKind = enum_of(User.Kind, "PersonKind")
MembershipRole = enum_of(Membership.Role, "MembershipRole")
VisibilityEnum = enum_of(Visibility, "Visibility")


def still_running(rows: Any) -> Any:
    return rows.filter(running())


class PersonNode(Node):
    """Somebody who works here, or a service account."""

    class Meta:
        model = User
        name = "Person"
        fields = ("username", "name", "kind", "is_active", "email")

    kind = graphene.Field(PersonKind, required=True)
    email = graphene.String(description="One's own; everybody's for CoE leads; else null.")
    memberships = Page(lambda: MembershipNode, narrow=still_running, sort=["team__name"])

    @staticmethod
    def resolve_email(root: User, info: Any) -> str | None:
        return root.email if sees_contact(info.context.user, root) else None


class BusinessUnitNode(Node):
    """A part of the company that has needs and money of its own; units form a tree."""

    class Meta:
        model = BusinessUnit
        fields = ("slug", "name", "parent", "sponsor", "function", "time_zone")

    children = Page(lambda: BusinessUnitNode)
    teams = Page(lambda: TeamNode)
    liaisons = Page(lambda: LiaisonNode, narrow=still_running, sort=["starts"])
    abilities = Abilities(BusinessUnit, "change")


class TeamNode(Node):
    """A central or embedded team."""

    class Meta:
        model = Team
        fields = (
            "slug",
            "name",
            "description",
            "kind",
            "business_unit",
            "lead",
            "coe_office",
            "starts",
            "ends",
        )

    kind = graphene.Field(TeamKind, required=True)
    memberships = Page(lambda: MembershipNode, narrow=still_running, sort=["user__username"])
    abilities = Abilities(Team, "change", "change_members")


class MembershipNode(Node):
    """Somebody works in a team now."""

    class Meta:
        model = Membership
        fields = ("user", "team", "role", "craft", "starts", "ends")

    role = graphene.Field(MembershipRole, required=True)


class LiaisonNode(Node):
    """Somebody of the center serves a unit now."""

    class Meta:
        model = Liaison
        fields = ("user", "business_unit", "starts", "ends")


class Viewer(graphene.ObjectType):
    """Who is asking, and what they may do."""

    user = graphene.Field(PersonNode)
    teams = graphene.List(graphene.NonNull(TeamNode), required=True, description="In whose name one may act.")
    led_teams = graphene.List(graphene.NonNull(TeamNode), required=True)
    roles = strings(description="coe_lead, platform_engineer, finance, security, legal, sponsor.")
    scopes = strings(description="What the token may be used for.")
    token_expires = graphene.DateTime(required=True)
    abilities = strings(description="What one may start that is about no object yet.")

    @staticmethod
    def resolve_user(root: User, info: Any) -> Any:
        return PersonNode.get_node(info, root.pk)

    @staticmethod
    def resolve_teams(root: User, info: Any) -> list[Any]:
        return TeamNode.listed(
            Team.objects.filter(pk__in=own_teams(root).values("pk")).order_by("name"), info
        )

    @staticmethod
    def resolve_led_teams(root: User, info: Any) -> list[Any]:
        return TeamNode.listed(Team.objects.filter(pk__in=standing_of(root).led_teams).order_by("name"), info)

    @staticmethod
    def resolve_roles(root: User, info: Any) -> list[str]:
        return standing_of(root).roles

    @staticmethod
    def resolve_scopes(root: User, info: Any) -> list[str]:
        return list(info.context.auth.scopes)

    @staticmethod
    def resolve_token_expires(root: User, info: Any) -> Any:
        return info.context.auth.expires

    @staticmethod
    def resolve_abilities(root: User, info: Any) -> list[str]:
        return [plug.name for plug in registered(Ability) if plug.allowed(root)]


class PeopleQuery(graphene.ObjectType):
    """What can be asked of the organisation."""

    viewer = graphene.Field(Viewer, required=True)
    teams = Page(TeamNode, kind=TeamKind(), unit=graphene.String(description="A unit's slug."))
    team = graphene.Field(TeamNode, slug=graphene.String(required=True))
    units = Page(BusinessUnitNode)
    unit = graphene.Field(BusinessUnitNode, slug=graphene.String(required=True))
    people = Page(PersonNode, search=graphene.String(description="Part of a name or user name."))
    person = graphene.Field(PersonNode, username=graphene.String(required=True))

    @staticmethod
    def resolve_viewer(root: Any, info: Any) -> User:
        user: User = info.context.user
        return user

    @staticmethod
    def resolve_teams(root: Any, info: Any, kind: Any = None, unit: str | None = None) -> Any:
        rows = Team.objects.all()
        rows = rows.filter(kind=kind.value) if kind else rows
        return rows.filter(business_unit__slug=unit) if unit else rows

    @staticmethod
    def resolve_team(root: Any, info: Any, slug: str) -> Any:
        return TeamNode.first(Team.objects.filter(slug=slug), info)

    @staticmethod
    def resolve_units(root: Any, info: Any) -> Any:
        return BusinessUnit.objects.all()

    @staticmethod
    def resolve_unit(root: Any, info: Any, slug: str) -> Any:
        return BusinessUnitNode.first(BusinessUnit.objects.filter(slug=slug), info)

    @staticmethod
    def resolve_people(root: Any, info: Any, search: str = "") -> Any:
        rows = User.objects.filter(kind=User.Kind.PERSON, is_active=True)
        return rows.filter(Q(name__icontains=search) | Q(username__icontains=search)) if search else rows

    @staticmethod
    def resolve_person(root: Any, info: Any, username: str) -> Any:
        return PersonNode.first(User.objects.filter(username=username), info)


def team_by_slug(user: Any, field: str, slug: str) -> Team:
    team = Team.objects.visible_to(user).filter(slug=slug).first()
    if team is None:
        raise Invalid(errors={field: [f"There is no team “{slug[:63]}”."]}, next_step="Give a team's slug.")
    return team


def person_by_username(user: Any, field: str, username: str) -> User:
    person = User.objects.visible_to(user).filter(username=username).first()
    if person is None:
        raise Invalid(
            errors={field: [f"There is nobody called “{username[:63]}”."]}, next_step="Give a user name."
        )
    return person
