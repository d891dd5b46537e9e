"""What the catalog shows on pages of people: what a team owns, what somebody is accountable for, and to leads
what was left behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from apps.catalog.models import Entity
from apps.catalog.models.entities import SORT_SHOWN
from apps.catalog.queries import entities, orphaned
from apps.catalog.vocabulary import Kind
from apps.core.plugs import Card, Item, Panel
from apps.core.plugs import register as register_plugs
from apps.people.models import Membership, Team, User
from apps.people.standing import standing_of

ROWS = 10


def owned_by(user: Any, team: Team) -> dict[str, Any]:
    """The first rows, how many there are of each kind, and how many there are; two statements."""
    rows = entities(user).filter(owner=team, tombstoned_at=None)
    words = dict(Kind.choices)
    kinds = rows.order_by().values_list("kind").annotate(count=Count("pk")).order_by("-count", "kind")
    counts = [(words[kind], count, f"{_list(team)}&kind={kind}") for kind, count in kinds]
    return {
        "rows": _first(rows),
        "kinds": counts,
        "count": sum(count for _, count, _ in counts),
        "url": _list(team),
        "empty": "Nothing that you may see belongs to this team.",
    }


def accountable_for(user: Any, person: User) -> dict[str, Any] | None:
    """Nothing for services and people without anything."""
    rows = entities(user).filter(accountable=person, tombstoned_at=None)
    count = rows.order_by().count()
    if not count:
        return None
    return {"rows": _first(rows), "kinds": [], "count": count, "url": "", "empty": ""}


def left_behind(user: Any, limit: int) -> tuple[Sequence[Item], int]:
    """To leads: what their teams own, and what somebody who left their team was accountable for."""
    rows = _left_behind(user)
    items = [
        Item(title=str(row), url=row.get_absolute_url(), remark=_why(row), icon="unlink", meaning="warn")
        for row in rows.order_by(SORT_SHOWN, "pk")[:limit]
    ]
    return items, rows.order_by().count() if len(items) == limit else len(items)


def register() -> None:
    """Called by the catalog's `plugs.register_all`."""
    register_plugs(
        Panel("catalog.owned", "What it owns", Team, "catalog/people/owned.html", owned_by, order=10),
        Panel(
            "catalog.accountable",
            "Accountable for",
            User,
            "catalog/people/owned.html",
            accountable_for,
            order=10,
        ),
        Card(
            "catalog.left_behind",
            "Needs a new owner or accountable person",
            "waiting",
            left_behind,
            url="/catalog/?orphaned=1",
            order=20,
        ),
    )


def _left_behind(user: Any) -> QuerySet[Entity]:
    standing = standing_of(user)
    rows = orphaned(user)
    if standing.administers_organisation:
        return rows
    leavers = Membership.objects.visible_to(user).filter(
        team__in=standing.led_teams, ends__gte=F("user__deactivated_at")
    )
    return rows.filter(Q(owner__in=standing.led_teams) | Q(accountable__in=leavers.values("user")))


def _why(row: Entity) -> str:
    if row.accountable and not row.accountable.is_active:
        return f"{row.accountable} has left"
    return f"{row.owner} has ended"


def _first(rows: QuerySet[Entity]) -> list[Entity]:
    return list(rows.order_by(SORT_SHOWN, "pk")[:ROWS])


def _list(team: Team) -> str:
    return f"{reverse('catalog:list')}?team={team.slug}"
