"""The figures for leads, each drawn, with its definition and the rows behind it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.core.narrowing import Narrowing
from apps.tooling.queries import clock
from apps.tooling.queries.metrics import WINDOW_DAYS, Figure, figures, require_lead
from apps.tooling.views.tabs import room_tabs

MOST_UPRIGHT = 6  # names that fit beside each other
SPANS = {"90": 90, "365": 365}


@require_safe
@login_required
def leads(request: HttpRequest) -> HttpResponse:
    """Of the last 180 days, or of another span when asked. Forbidden for whoever is not of the center."""
    require_lead(request.user)
    narrowing = Narrowing(request.GET, "tooling:leads")
    narrowing.choose("days", "Last", [(key, f"{days} days") for key, days in SPANS.items()], "180 days")
    days = SPANS.get(narrowing.chosen.get("days", ""), WINDOW_DAYS)
    now = clock.now()
    context = {
        "figures": [_shown(each) for each in figures(request.user, now, days)],
        "narrowing": narrowing,
        "days": days,
        "at": now,
        "tabs": room_tabs(request, "leads"),
    }
    return render(request, "tooling/leads.html", context)


def _shown(figure: Figure) -> dict[str, Any]:
    kind = figure.kind
    url = reverse(kind.route) + (f"?{kind.query}" if kind.query else "")
    series = [{"name": each.name, "values": list(each.values)} for each in figure.drawn.series]
    return {
        "name": figure.name,
        "kind": kind,
        "value": None if figure.value is None else f"{figure.value:,g}",
        "url": url,
        "chart": _chart(figure, series),
        "empty": not any(value for each in figure.drawn.series for value in each.values),
    }


def _chart(figure: Figure, series: list[dict[str, Any]]) -> dict[str, Any]:
    """Every bar has its name and its value; many names stand one below the other."""
    labels = list(figure.drawn.labels)
    shape = {"type": "bar", "lying": len(labels) > MOST_UPRIGHT, "valued": True}
    return {**shape, "unit": figure.kind.unit, "labels": labels, "series": series}
