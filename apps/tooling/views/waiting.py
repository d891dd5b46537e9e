"""What waits for one person, to be done without leaving; and when exceptions end."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.moments import last_day
from apps.core.narrowing import Narrowing
from apps.tooling.forms.reviewing import EvidenceForm, NothingForm, ReturnForm
from apps.tooling.models import Condition
from apps.tooling.queries import clock
from apps.tooling.queries.expiring import by_month, ending, months, running
from apps.tooling.queries.requests import inbox as inbox_of
from apps.tooling.queries.requests import with_now
from apps.tooling.views.listing import tabs

MOST_ROWS = 100
SOON = timedelta(days=30)


@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """Who asks what by when; each part at most `MOST_ROWS` rows, the most urgent first."""
    at, waiting = clock.now(), inbox_of(request.user)
    parts = {
        name: list(with_now(getattr(waiting, name), at)[:MOST_ROWS])
        for name in ("decide", "triage", "answer")
    }
    context: dict[str, Any] = {
        **parts,
        "confirm": [_condition(each, at) for each in _able(waiting.confirm, request.user)],
        "prove": [_condition(each, at) for each in _able(waiting.prove, request.user)],
        "tabs": tabs("inbox"),
        "at": at,
    }
    context["nothing"] = not any(context[name] for name in (*parts, "confirm", "prove"))
    return render(request, "tooling/requests/inbox.html", context)


def _able(rows: Any, user: Any) -> list[Condition]:
    return list(rows.with_can(user, "prove", "confirm")[:MOST_ROWS])


def _condition(row: Condition, at: datetime) -> dict[str, Any]:
    return {
        "row": row,
        "due_day": last_day(row.due),
        "overdue": row.due <= at,
        "prove": EvidenceForm(auto_id=f"prove{row.pk}_%s"),
        "confirm": NothingForm(),
        "return": ReturnForm(auto_id=f"return{row.pk}_%s"),
        "opened": [],
    }


@require_safe
@login_required
def calendar(request: HttpRequest) -> HttpResponse:
    """The next 30 days as rows, twelve months as a picture; `?month=2026-12` opens one,
    `?mine=1` narrows to own teams."""
    at, own = clock.now(), request.GET.get("mine") == "1"
    rows = running(request.user, at, own=own)
    counted = by_month(rows, timezone.localtime(at))
    month = _month(request.GET.get("month", ""), at)
    since, until = _span(month) if month else (at, at + SOON)
    narrowing = Narrowing(request.GET, "tooling:calendar")
    offered = [(f"{each.first:%Y-%m}", f"{each.first:%B %Y}") for each in counted]
    narrowing.choose("month", "Month", offered, "The next 30 days")
    narrowing.choose("mine", "Whose", [("1", "Mine")], "All teams")
    chart = {
        "type": "bar",
        "labels": [f"{each.first:%b %Y}" for each in counted],
        "series": [{"name": "Exceptions that end", "values": [each.count for each in counted]}],
        "unit": "",
    }
    context = {
        "rows": ending(rows, max(since, at), until),
        "narrowing": narrowing,
        "chart": chart,
        "month": month,
        "own": own,
        "whole": sum(each.count for each in counted),
        "tabs": tabs("calendar"),
    }
    return render(request, "tooling/requests/calendar.html", context)


def _month(text: str, at: datetime) -> date | None:
    """The month of an address; None for one that is not among the twelve."""
    return next((each for each in months(timezone.localtime(at).date()) if f"{each:%Y-%m}" == text), None)


def _span(first: date) -> tuple[datetime, datetime]:
    after = months(first, 2)[1]
    since, until = (timezone.make_aware(datetime.combine(day, time())) for day in (first, after))
    return since, until
