"""All scored requests with value, cost of delay, RICE, WSJF, effort, confidence and age: one table, sorted as asked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.narrowing import Narrowing, address
from apps.roadmap.queries.numbers import percent, told
from apps.roadmap.queries.ranking import MOST, SCOPES, SORTS, Ranked, ordered
from apps.roadmap.queries.ranking import ranking as ranked
from apps.roadmap.queries.scores import current_policy
from apps.roadmap.queries.scoring_rounds import rounds
from apps.roadmap.views.tabs import room_tabs
from apps.roadmap.views.valued import round_shown

ROUTE = "roadmap:ranking"
COLUMNS = (
    ("value", "Value", "points a year"),
    ("delay", "Cost of delay", "points a quarter"),
    ("wsjf", "WSJF", "points a week"),
    ("rice", "RICE", ""),
    ("effort", "Effort", "person-weeks"),
    ("confidence", "Confidence", ""),
    ("scored", "Scored", ""),
)
WIDTHS = {"rice": "mid", "effort": "mid", "confidence": "low", "delay": "mid"}


@require_safe
@login_required
def ranking(request: HttpRequest) -> HttpResponse:
    """`?sort=-wsjf&show=all&open=<id>`: the figures of one request opened under its row."""
    narrowing = Narrowing(request.GET, ROUTE)
    narrowing.choose("show", "Show", [("planned", "Planned and under way"), ("all", "All")], "open requests")
    sort = request.GET.get("sort", "-value")
    name = sort.removeprefix("-")
    if name not in SORTS:
        sort, name = "-value", "value"
    policy = current_policy()
    states = SCOPES.get(narrowing.chosen.get("show", "open"), ())
    rows = ranked(request.user, timezone.now(), states=states, policy=policy)
    context = {
        "rows": [_row(request, row, place) for place, row in enumerate(_sorted(rows, sort), start=1)],
        "sorts": [_sort(request, sort, column) for column in COLUMNS],
        "narrowing": narrowing,
        "policy": policy,
        "most": MOST,
        "cut": len(rows) == MOST,
        "tabs": room_tabs(request, "ranking"),
    }
    return render(request, "roadmap/scoring/ranking.html", context)


def _sorted(rows: list[Ranked], sort: str) -> list[Ranked]:
    return ordered(rows, sort.removeprefix("-"), descending=sort.startswith("-"))


def _sort(request: HttpRequest, sort: str, column: tuple[str, str, str]) -> dict[str, str]:
    name, label, unit = column
    active = sort.removeprefix("-") == name
    descending = sort == f"-{name}"
    following = name if descending else f"-{name}"
    return {
        "name": name,
        "label": label,
        "unit": unit,
        "url": address(request.GET, ROUTE, sort=following),
        "direction": ("descending" if descending else "ascending") if active else "",
        "class": f"num {WIDTHS.get(name, '')}".strip(),
    }


def _row(request: HttpRequest, row: Ranked, place: int) -> dict[str, Any]:
    pk, found = row.request.pk, row.valuation
    is_open = request.GET.get("open") == str(pk)
    opened = round_shown(rounds(request.user, row.request)[0]) if is_open else None
    cells = {
        "value": told(found.value, 0),
        "delay": told(found.delay, 0),
        "wsjf": told(found.wsjf, 0),
        "rice": told(found.rice),
        "effort": told(row.effort, 3),
        "confidence": percent(found.confidence),
    }
    return {
        "place": place,
        "row": row.request,
        "stale": row.stale,
        "scored_at": row.scored_at,
        "wide": found.is_wide,
        "unrated": found.unrated,
        "cells": [
            (name, label, cells[name], WIDTHS.get(name, "")) for name, label, _ in COLUMNS if name in cells
        ],
        "opened": opened,
        "url": address(request.GET, ROUTE, open=None if is_open else str(pk)) + f"#request-{pk}",
    }
