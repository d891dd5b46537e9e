"""The organisation as its pages show it: the tree of units with their teams, and where one person stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Max, Prefetch, Q, QuerySet
from django.db.models.functions import Collate, Lower
from django.utils import timezone

from apps.core.errors import NotFound
from apps.people.models import (
    USERNAME,
    ApiToken,
    BusinessUnit,
    Committee,
    CommitteeSeat,
    Liaison,
    Membership,
    ServiceAccount,
    Team,
    User,
)
from apps.people.queries import running, teams

BY_NAME = Collate(Lower("name"), "C")


@dataclass(slots=True)
class UnitNode:
    """A unit in the tree with those who serve it now, its running teams and the units below it."""

    unit: BusinessUnit
    liaisons: list[Liaison]
    teams: list[Team]
    children: list[UnitNode] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Everything on the page of teams; four statements, however many rows."""

    central: list[Team]
    units: list[UnitNode]
    ended: list[Team]


def organisation(user: Any) -> Organisation:
    now = timezone.now()
    rows = list(teams(user).order_by(BY_NAME))
    alive = [team for team in rows if not team.ends or team.ends > now]
    by_unit: dict[int | None, list[Team]] = defaultdict(list)
    for team in alive:
        if team.kind == Team.Kind.EMBEDDED:
            by_unit[team.business_unit_id].append(team)
    units = units_with_liaisons(user).select_related("sponsor")
    nodes = [UnitNode(unit, unit.running_liaisons, by_unit[unit.pk]) for unit in units]  # type: ignore[attr-defined]
    return Organisation(
        central=[team for team in alive if team.kind == Team.Kind.CENTRAL],
        units=_tree(nodes),
        ended=[team for team in rows if team not in alive],
    )


def units_with_liaisons(user: Any) -> QuerySet[BusinessUnit]:
    """Units, each with its present liaisons as `running_liaisons`."""
    serving = (
        Liaison.objects.visible_to(user).filter(running()).select_related("user").order_by("user__name", "pk")
    )
    return (
        BusinessUnit.objects.visible_to(user)
        .order_by(BY_NAME)
        .prefetch_related(Prefetch("liaisons", serving, to_attr="running_liaisons"))
    )


def person_by_username(user: Any, username: str) -> User:
    """Raises NotFound for a name that nobody has, whatever characters it is made of."""
    found = (
        User.objects.visible_to(user).filter(username=username).first()
        if re.fullmatch(USERNAME.regex, username)
        else None
    )
    if found is None:
        raise NotFound("Nobody has this user name.")
    return found


def memberships_of(user: Any, person: User) -> QuerySet[Membership]:
    """The person's teams, the present ones first, then the latest."""
    rows = Membership.objects.visible_to(user).filter(user=person).select_related("team__business_unit")
    return rows.order_by(F("ends").desc(nulls_first=True), "team__name")


def team_members(user: Any, team: Team) -> QuerySet[Membership]:
    """Who is in the team now, leads first."""
    rows = Membership.objects.visible_to(user).filter(running(), team=team).select_related("user")
    return rows.order_by("role", "user__name", "user__username")


def service_accounts(user: Any, team: Team) -> QuerySet[ServiceAccount]:
    """The team's accounts with their usable tokens, and when one of them was used last."""
    usable = Q(user__api_tokens__revoked_at=None, user__api_tokens__expires__gt=timezone.now())
    rows = ServiceAccount.objects.visible_to(user).filter(team=team).select_related("user")
    return rows.order_by("user__username").annotate(
        token_count=Count("user__api_tokens", filter=usable),
        last_used_at=Max("user__api_tokens__last_used_at"),
    )


def tokens_of(user: Any, person: User) -> QuerySet[ApiToken]:
    """The person's or service's tokens as far as `user` keeps them, newest first."""
    return ApiToken.objects.visible_to(user).filter(user=person).select_related("user", "created_by")


def seats_of(user: Any, person: User) -> QuerySet[CommitteeSeat]:
    return CommitteeSeat.objects.visible_to(user).filter(running(), user=person).select_related("committee")


def liaison_duties(user: Any, person: User) -> QuerySet[Liaison]:
    return Liaison.objects.visible_to(user).filter(running(), user=person).select_related("business_unit")


def committees_with_seats(user: Any) -> QuerySet[Committee]:
    """Committees, each with the seats that are taken now as `running_seats`."""
    taken = (
        CommitteeSeat.objects.visible_to(user)
        .filter(running())
        .select_related("user")
        .order_by("seat", "user__name")
    )
    rows = Committee.objects.visible_to(user).select_related("chair")
    return rows.prefetch_related(Prefetch("seats", taken, to_attr="running_seats"))


def central_people(user: Any) -> QuerySet[User]:
    """Active people of central teams: who may be sent to a unit as liaison."""
    central = Membership.objects.visible_to(user).filter(running(), team__kind=Team.Kind.CENTRAL)
    return active_people(user).filter(pk__in=central.values("user"))


def active_people(user: Any) -> QuerySet[User]:
    rows = User.objects.visible_to(user).filter(kind=User.Kind.PERSON, is_active=True)
    return rows.order_by("name", "username")


def _tree(nodes: list[UnitNode]) -> list[UnitNode]:
    """Roots with their children below them; units in a circle, which nothing reaches, stand as roots."""
    known = {node.unit.pk: node for node in nodes}
    roots = [node for node in nodes if node.unit.parent_id not in known]
    for node in nodes:
        if node not in roots:
            known[node.unit.parent_id].children.append(node)  # type: ignore[index]
    reached = {id(node) for root in roots for node in _below(root)}
    lost = [UnitNode(node.unit, node.liaisons, node.teams) for node in nodes if id(node) not in reached]
    return roots + lost


def _below(node: UnitNode) -> Iterator[UnitNode]:
    yield node
    for child in node.children:
        yield from _below(child)
