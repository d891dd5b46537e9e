"""What the pages of delivery and outcome show to one person."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.core.policies import abilities
from apps.people.standing import standing_of
from apps.roadmap.models import Actual, Handover
from apps.roadmap.queries.horizon import Range, ranges_of, window_of
from apps.roadmap.queries.outcomes import KpiOutcome, Measured, built_not_adopted, calibrations, measured
from apps.roadmap.queries.requests import requests
from apps.roadmap.queries.turns import who_is_next
from apps.roadmap.views.delivering import DELIVERY, OUTCOMES, Act
from apps.roadmap.views.spans import days_axis, figure, figures_axis, months_of
from apps.roadmap.views.tabs import request_tabs
from apps.roadmap.workflow import DONE, UNDER_WAY, Role, State

MONTHS_DRAWN = 24
Opened = dict[str, Any]


def load(user: Any, pk: int) -> Any:
    """NotFound for those who may not know of it."""
    row = row_of(requests(user), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    return row


def _frame(request: HttpRequest, row: Any, opened: Opened, acts: dict[str, Act], name: str) -> dict[str, Any]:
    can = abilities(request.user, row)
    offered = [each for each in acts.values() if each.offered(can, row)]
    return {
        "row": row,
        "can": can,
        "acts": [(each, *_form(opened, each, request.user, row)) for each in offered],
        "turn": who_is_next(row),
        "tabs": request_tabs(row, name),
        **{each.do: each for each in acts.values() if each.at_row},
        "has_begun": row.state in (*UNDER_WAY, *DONE, State.CANCELLED),
    }


def _form(opened: Opened, act: Act, user: Any, row: Any, pk: int | None = None) -> tuple[Any, bool]:
    """The form of an act, at the row `pk`, and whether it was refused; what is shown need not be told elsewhere."""
    refused = opened.pop(f"{act.do}{pk or ''}", None)
    return (refused, True) if refused is not None else (act.make(user, row, row=pk), False)


def delivery_context(request: HttpRequest, row: Any, opened: Opened) -> dict[str, Any]:
    user, today = request.user, timezone.localdate()
    context = _frame(request, row, opened, DELIVERY, "delivery")
    ranges = ranges_of([row.pk]).get(row.pk, {})
    actuals = list(Actual.objects.visible_to(user).filter(request=row.pk).order_by("month", "role"))
    return context | {
        **_milestones(user, row, opened, context["can"], today),
        "window": window_of(row, ranges, today) if row.state in UNDER_WAY else None,
        "blocks": _blocks(user, row, opened, context["can"], today),
        "efforts": _efforts(ranges, actuals),
        "chart": _chart(actuals),
        "handovers": _handovers(user, row, opened),
        "refused": list(opened.values()),
    }


def _milestones(user: Any, row: Any, opened: Opened, can: dict[str, bool], today: Any) -> dict[str, Any]:
    rows = list(row.milestones.all())
    ends = [day for each in rows for day in (each.p50, each.p90, *_reached(each))]
    axis, may = days_axis(today, ends), can["deliver"] and row.state in UNDER_WAY
    lines = [
        {
            "row": each,
            "span": axis.span(each.p50, each.p90),
            "done_at": axis.at(*_reached(each)) if each.done_at else None,
            "late": each.done_at is None and each.p90 < today,
            "form": _form(opened, DELIVERY["finish"], user, row, each.pk)
            if may and not each.done_at
            else None,
        }
        for each in rows
    ]
    return {"milestones": lines, "months": months_of(axis), "today": axis.at(today)}


def _reached(milestone: Any) -> list[Any]:
    return [timezone.localdate(milestone.done_at)] if milestone.done_at else []


def _blocks(user: Any, row: Any, opened: Opened, can: dict[str, bool], today: Any) -> list[dict[str, Any]]:
    return [
        {
            "row": each,
            "days": (
                (timezone.localdate(each.ended_at) if each.ended_at else today) - each.since.date()
            ).days,
            "form": _form(opened, DELIVERY["unblock"], user, row, each.pk)
            if each.ended_at is None and (can["deliver"] or each.owner_id == user.pk)
            else None,
        }
        for each in sorted(row.blocks.all(), key=lambda each: (each.ended_at is not None, each.since))
    ]


def _efforts(ranges: dict[str, Range], actuals: Iterable[Actual]) -> list[dict[str, Any]]:
    """By role what was estimated and what it took so far, on one scale."""
    spent: dict[str, Decimal] = {}
    for each in actuals:
        spent[each.role] = spent.get(each.role, Decimal(0)) + each.weeks
    axis = figures_axis([*spent.values(), *(each.p90 for each in ranges.values())])
    return [
        {
            "role": Role(role).label,
            "p50": figure(ranges[role].p50) if role in ranges else "",
            "estimated": _between(ranges[role]) if role in ranges else "",
            "span": axis.span(ranges[role].p10, ranges[role].p90) if role in ranges else None,
            "middle": axis.at(ranges[role].p50) if role in ranges else None,
            "spent": figure(spent[role]) if role in spent else "",
            "bar": axis.span(Decimal(0), spent[role]) if spent.get(role) else None,
            "over": role in ranges and spent.get(role, Decimal(0)) > ranges[role].p90,
        }
        for role in Role.values
        if role in ranges or role in spent
    ]


def _between(estimate: Range) -> str:
    low, high = figure(estimate.p10), figure(estimate.p90)
    return low if low == high else f"{low} to {high}"


def _chart(actuals: list[Actual]) -> dict[str, Any] | None:
    """Person-weeks by month and role; the table behind it has the same figures."""
    if not actuals:
        return None
    months = sorted({each.month for each in actuals})[-MONTHS_DRAWN:]
    known = {(each.role, each.month): float(each.weeks) for each in actuals}
    roles = [role for role in Role.values if any(key[0] == role for key in known)]
    series = [
        {"name": str(Role(role).label), "values": [known.get((role, month), 0) for month in months]}
        for role in roles
    ]
    labels = [f"{month:%b %Y}" for month in months]
    return {"type": "bar", "stacked": True, "unit": "person-weeks", "labels": labels, "series": series}


def _handovers(user: Any, row: Any, opened: Opened) -> list[dict[str, Any]]:
    """An entity that the person may not see keeps its name to itself."""
    rows = list(
        Handover.objects.visible_to(user)
        .filter(request=row.pk)
        .select_related("team", "accepted_by")
        .order_by("pk")
    )
    seen = Entity.objects.visible_to(user).in_bulk([each.entity_id for each in rows])
    led = standing_of(user).led_teams
    return [
        {
            "row": each,
            "entity": seen.get(each.entity_id),
            "form": _form(opened, DELIVERY["accept"], user, row, each.pk)
            if each.accepted_at is None and each.team_id in led
            else None,
        }
        for each in rows
    ]


def outcomes_context(request: HttpRequest, row: Any, opened: Opened) -> dict[str, Any]:
    user = request.user
    context = _frame(request, row, opened, OUTCOMES, "outcomes")
    groups = measured(user, row)
    asked = request.GET.get("measure", "")
    group = next((each for each in groups if each.measure == asked), groups[0] if groups else None)
    return context | {
        "groups": groups,
        "group": group,
        "tiles": _tiles(group),
        "figures": [_figure(user, row, opened, each) for each in group.figures] if group else [],
        "reviews": _reviews(user, row, opened, context["can"]),
        "not_adopted": built_not_adopted(row.outcome_reviews.all()),
        "calibrations": calibrations(user, row),
        "done": row.state in DONE,
        "refused": list(opened.values()),
    }


def _tiles(group: Measured | None) -> list[tuple[str, str | None, str]]:
    if group is None:
        return []
    sums = (
        ("Predicted", group.predicted, "The P50 of all figures of this unit of measure."),
        (
            "Realised, confirmed",
            group.confirmed,
            "Of each figure the last period that business or finance confirmed.",
        ),
        (
            "Not confirmed yet",
            group.unconfirmed,
            "Recorded, and counted nowhere until somebody else confirms it.",
        ),
    )
    return [(label, None if value is None else figure(value), says) for label, value, says in sums]


def _figure(user: Any, row: Any, opened: Opened, each: KpiOutcome) -> dict[str, Any]:
    known = [period.value for period in (each.confirmed, each.unconfirmed) if period]
    axis = figures_axis([each.kpi.p10, each.kpi.p90, *known])
    zero = Decimal(0)

    def bar(period: Any) -> Any:
        return axis.span(min(zero, period.value), max(zero, period.value)) if period else None

    return {
        "kpi": each.kpi,
        "p10": figure(each.kpi.p10),
        "p50": figure(each.kpi.p50),
        "p90": figure(each.kpi.p90),
        "span": axis.span(each.kpi.p10, each.kpi.p90),
        "middle": axis.at(each.kpi.p50),
        "zero": axis.at(zero),
        "confirmed": bar(each.confirmed),
        "unconfirmed": bar(each.unconfirmed),
        "confirmed_value": figure(each.confirmed.value) if each.confirmed else None,
        "unconfirmed_value": figure(each.unconfirmed.value) if each.unconfirmed else None,
        "periods": [
            {
                "row": period.row,
                "value": figure(period.value),
                "measured": figure(period.row.value),
                "form": _form(opened, OUTCOMES["confirm"], user, row, period.row.pk)
                if period.row.can_confirm
                else None,
            }
            for period in reversed(each.periods)
        ],
    }


def _reviews(user: Any, row: Any, opened: Opened, can: dict[str, bool]) -> list[dict[str, Any]]:
    """Those that are due can be done, and the next one says that it was stopped."""
    today, closed = timezone.localdate(), row.state == State.CLOSED
    rows = sorted(row.outcome_reviews.all(), key=lambda each: each.days)
    open_ = [each for each in rows if each.done_at is None and not closed]
    doable = [each for each in open_ if each.due <= today or each is open_[0]] if can["measure"] else []
    return [
        {
            "row": each,
            "overdue": each in open_ and each.due < today,
            "fell_away": each.done_at is None and closed,
            "form": _form(opened, OUTCOMES["review"], user, row, each.pk) if each in doable else None,
        }
        for each in rows
    ]
