"""What is really used, judged now: violations, exceptions that ended, excepted uses; and exceptions that nobody uses."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.catalog.models import Entity
from apps.core.narrowing import Narrowing, address
from apps.core.pagination import Order
from apps.core.pagination import page as cut
from apps.people.models import Team
from apps.tooling.models import Environment
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.panels import UseRow, use_rows
from apps.tooling.queries.reminding import UNUSED_DAYS
from apps.tooling.queries.use import JudgedUse, Standing, last_scan, unused_grants, wanting
from apps.tooling.views.tabs import room_tabs

PAGE_ROWS = 50
SHOWN_ENTITIES = 3
MOST_TEAMS = 200
UNUSED = "unused"
SHOW = (
    (Standing.DENIED, "Not allowed"),
    (Standing.ENDED, "Exception ended"),
    (Standing.EXCEPTED, "By exception"),
    (UNUSED, "Unused exceptions"),
)
SOONEST = Order("soonest", "end")


@require_safe
@login_required
def use(request: HttpRequest) -> HttpResponse:
    """Uses that the standards alone do not allow; or, when asked, exceptions that nobody uses."""
    now = snapshot()
    found = wanting(request.user, now)
    narrowing = _narrowing(request, found)
    context: dict[str, Any] = {
        "narrowing": narrowing,
        "tabs": room_tabs(request, "use"),
        "scanned": last_scan(),
        "at": now.at,
        "unused_days": UNUSED_DAYS,
    }
    if narrowing.chosen.get("show") == UNUSED:
        context |= _unused(request, narrowing, now.at)
    else:
        context |= _uses(request, narrowing, found)
    return render(request, "tooling/use.html", context)


def _narrowing(request: HttpRequest, found: list[JudgedUse]) -> Narrowing:
    counts: Counter[str] = Counter(use.standing for use in found)
    narrowing = Narrowing(request.GET, "tooling:use")
    shown = [(value, f"{label} ({counts[value]})" if value in counts else label) for value, label in SHOW]
    narrowing.choose("show", "Show", shown, "All uses")
    teams = Team.objects.visible_to(request.user).filter(pk__in={use.context.team for use in found} - {None})
    narrowing.choose("team", "Team", teams.order_by("name").values_list("slug", "name")[:MOST_TEAMS])
    narrowing.choose("environment", "Environment", Environment.objects.values_list("slug", "name"))
    return narrowing


def _uses(request: HttpRequest, narrowing: Narrowing, found: list[JudgedUse]) -> dict[str, Any]:
    """Uses are grouped by team and context and few, so a page is a slice of them."""
    chosen = narrowing.chosen
    rows = [use for use in found if _fits(use, chosen)]
    start = _start(request)
    shown = rows[start : start + PAGE_ROWS]
    return {
        "rows": list(_with_names(request.user, use_rows(request.user, shown))),
        "found": len(rows),
        "next": _link(request, start + PAGE_ROWS) if start + PAGE_ROWS < len(rows) else None,
        "previous": _link(request, max(start - PAGE_ROWS, 0)) if start else None,
    }


def _fits(use: JudgedUse, chosen: dict[str, str]) -> bool:
    facts = {"show": use.standing, "team": use.context.team_slug, "environment": use.context.environment}
    return all(facts.get(name) == value for name, value in chosen.items())


def _start(request: HttpRequest) -> int:
    text = request.GET.get("from", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _link(request: HttpRequest, start: int) -> str:
    return address(request.GET, "tooling:use", **{"from": start or None})


def _with_names(user: Any, rows: list[UseRow]) -> Any:
    """Each row with its team and its first entities, as far as they are shown."""
    teams = Team.objects.visible_to(user).in_bulk({row.use.context.team for row in rows} - {None})
    first = {pk for row in rows for pk in row.use.entities[:SHOWN_ENTITIES]}
    entities = Entity.objects.visible_to(user).in_bulk(first)
    for row in rows:
        named = [entities[pk] for pk in row.use.entities[:SHOWN_ENTITIES] if pk in entities]
        more = len(row.use.entities) - len(named)
        yield {"row": row, "team": teams.get(row.use.context.team or 0), "entities": named, "more": more}


def _unused(request: HttpRequest, narrowing: Narrowing, at: Any) -> dict[str, Any]:
    rows = unused_grants(request.user, at)
    columns = {"team": "team__slug", "environment": "environment__slug"}
    rows = rows.filter(
        **{columns[name]: value for name, value in narrowing.chosen.items() if name in columns}
    )
    found = cut(rows, order=SOONEST, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context: dict[str, Any] = {"grants": found.rows, "found": len(found.rows)}
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and address(request.GET, "tooling:use", cursor=cursor)
    return context
