"""Lists in which forms find people and teams by typing."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.core.lookups import MOST, Lookup, Option, by_name
from apps.people.models import Team, User
from apps.people.queries import people as all_people
from apps.people.standing import standing_of

ROUTE = "people:options"


def _people(user: Any, words: str) -> list[Option]:
    rows = all_people(user).filter(is_active=True)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(username__icontains=words))
    else:
        rows = rows.filter(Q(memberships__team__in=standing_of(user).teams) | Q(pk=user.pk)).distinct()
    return [
        {"value": row.username, "label": row.name, "more": row.username}
        for row in rows.order_by("name")[:MOST]
    ]


def _running_teams(user: Any) -> Any:
    return Team.objects.visible_to(user).filter(Q(ends=None) | Q(ends__gt=timezone.now()))


def _teams(user: Any, words: str) -> list[Option]:
    rows = _running_teams(user)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(slug__icontains=words))
    shown = rows.select_related("business_unit").order_by("name")[:MOST]
    return [
        {"value": row.slug, "label": row.name, "more": str(row.business_unit or "Center")} for row in shown
    ]


def _grantees(user: Any, words: str) -> list[Option]:
    teams = [row | {"value": f"team:{row['value']}"} for row in _teams(user, words)]
    persons = [row | {"value": f"user:{row['value']}"} for row in _people(user, words)] if words else []
    return (teams[:20] + persons)[:MOST]


def _person(user: Any, username: str) -> User | None:
    return all_people(user).filter(is_active=True, username=username.lower()).first()


def _team(user: Any, slug: str) -> Team | None:
    rows = _running_teams(user).select_related("business_unit", "group")
    found: Team | None = rows.filter(slug=slug.lower()).first()
    return found


def _grantee(user: Any, text: str) -> Team | User | None:
    kind, _, name = text.partition(":")
    if kind == "team":
        return _team(user, name)
    return _person(user, name) if kind == "user" else None


PEOPLE = Lookup(ROUTE, "people", _people, _person)
TEAMS = Lookup(ROUTE, "teams", _teams, _team)
GRANTEES = Lookup(ROUTE, "grantees", _grantees, _grantee)  # `team:slug` or `user:name`
LOOKUPS = by_name(PEOPLE, TEAMS, GRANTEES)
