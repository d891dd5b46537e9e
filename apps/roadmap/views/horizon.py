"""The room's first page: what the center does now, next and later, as windows; and the map of opportunities."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.narrowing import Narrowing
from apps.people.models import BusinessUnit
from apps.people.standing import standing_of
from apps.roadmap.policies import is_central
from apps.roadmap.queries.horizon import COLUMNS, Item, outlook
from apps.roadmap.queries.opportunities import opportunity_map
from apps.roadmap.queries.requests import RequestFilter
from apps.roadmap.queries.turns import Turn
from apps.roadmap.views.spans import Axis, days_axis, months_of
from apps.roadmap.views.tabs import room_tabs
from apps.roadmap.workflow import RequestType

MANY = 3
WORDS = {
    "now": ("Now", "hammer", "The center works on it."),
    "next": ("Next", "calendar-check", "Planned, or in a cycle: voted on there, or off the top."),
    "later": ("Later", "telescope", "Ready for a cycle, or being scored."),
}
EMPTY = {
    "now": "The center works on nothing that you may see.",
    "next": "Nothing is planned or in a cycle.",
    "later": "Nothing is ready or being scored.",
}


@require_safe
@login_required
def horizon(request: HttpRequest) -> HttpResponse:
    """Narrowed by `unit` and `type` in the address."""
    narrowing = Narrowing(request.GET, "roadmap:home")
    units = BusinessUnit.objects.visible_to(request.user).order_by("name")
    narrowing.choose("unit", "Unit", units.values_list("slug", "name"))
    narrowing.choose("type", "Type", RequestType.choices)
    today = timezone.localdate()
    wanted = RequestFilter(
        **{name: (value.replace("\x00", ""),) for name, value in narrowing.chosen.items()}  # type: ignore[arg-type]
    )
    found = outlook(request.user, wanted, today)
    days = [day for items, _ in found.values() for each in items if each.window for day in _ends(each)]
    axis = days_axis(today, days)
    context = {
        "columns": [_column(name, *found[name], axis) for name in COLUMNS],
        "months": months_of(axis),
        "today": axis.at(today),
        "nothing": not narrowing.chosen and not any(items for items, _ in found.values()),
        "central": is_central(standing_of(request.user)),
        "narrowing": narrowing,
        "may_ask": bool(standing_of(request.user).teams),
        "tabs": room_tabs(request, "home"),
    }
    return render(request, "roadmap/horizon/horizon.html", context)


def _ends(item: Item) -> tuple[Any, Any]:
    assert item.window is not None
    return item.window.p50, item.window.p90


def _column(name: str, items: list[Item], more: bool, axis: Axis) -> dict[str, Any]:
    label, icon, says = WORDS[name]
    states = "&".join(f"state={state}" for state in COLUMNS[name])
    return {
        "name": name,
        "label": label,
        "icon": icon,
        "says": says,
        "empty": EMPTY[name],
        "items": [(each, axis.span(*_ends(each)) if each.window else None) for each in items],
        "shared": _shared(items),
        "count": f"{len(items)}+" if more else len(items),
        "all_url": f"{reverse('roadmap:requests')}?{states}" if more else "",
    }


def _shared(items: list[Item]) -> Turn | None:
    """What so many wait for that it is said once, above them."""
    turns = Counter(each.turn for each in items if not each.blocks)
    turn, number = next(iter(turns.most_common(1)), (None, 0))
    return turn if number >= MANY else None


@require_safe
@login_required
def opportunities(request: HttpRequest) -> HttpResponse:
    """Units against business functions: who has what in production, who asks for it, who has nothing."""
    found = opportunity_map(request.user)
    context = {"map": found, "tabs": room_tabs(request, "opportunities")}
    return render(request, "roadmap/horizon/opportunities.html", context)
