"""The figures for leads, each drawn, with its definition and the rows behind it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.narrowing import Narrowing
from apps.roadmap.queries.metrics import WINDOW_DAYS, Figure, figures, require_lead
from apps.roadmap.views.tabs import room_tabs

MOST_UPRIGHT, LONGEST_UPRIGHT = 6, 14  # names, and letters of one
SPANS = {"90": 90, "730": 730}


@require_safe
@login_required
def leads(request: HttpRequest) -> HttpResponse:
    """Of the last year, or of another span when asked. Forbidden for whoever is not of the center."""
    require_lead(request.user)
    narrowing = Narrowing(request.GET, "roadmap:leads")
    narrowing.choose(
        "days", "Last", [(key, f"{days} days") for key, days in SPANS.items()], f"{WINDOW_DAYS} days"
    )
    days = SPANS.get(narrowing.chosen.get("days", ""), WINDOW_DAYS)
    now = timezone.now()
    context = {
        "figures": [_shown(each) for each in figures(request.user, now, days)],
        "narrowing": narrowing,
        "days": days,
        "at": now,
        "tabs": room_tabs(request, "leads"),
    }
    return render(request, "roadmap/leads.html", context)


def _shown(figure: Figure) -> dict[str, Any]:
    kind = figure.kind
    url = reverse(kind.route) + (f"?{kind.query}" if kind.query else "")
    series = [{"name": each.name, "values": list(each.values)} for each in figure.drawn.series]
    return {
        "name": figure.name,
        "kind": kind,
        "value": None if figure.value is None else f"{figure.value:,g}",
        "unit": f"{kind.unit} {kind.of}".strip(),
        "url": url,
        "chart": _chart(figure, series),
        "lone": _lone(figure),
        "empty": all(value is None for each in series for value in each["values"]),
    }


def _chart(figure: Figure, series: list[dict[str, Any]]) -> dict[str, Any]:
    """Every bar has its name and its value; names that are too many to stand beside each other lie."""
    labels = list(figure.drawn.labels)
    lying = len(labels) > MOST_UPRIGHT or any(len(each) > LONGEST_UPRIGHT for each in labels)
    shape = {"type": "bar", "lying": lying, "valued": True}
    return {**shape, "unit": figure.kind.unit, "labels": labels, "series": series}


def _lone(figure: Figure) -> str:
    """The name of the only bar: one bar is no picture, its figure says it."""
    labels = figure.drawn.labels
    return str(labels[0]) if len(labels) == 1 and len(figure.drawn.series) == 1 else ""
