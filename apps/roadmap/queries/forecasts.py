"""Forecasts beside what came: effort per role of what is delivered, and figures with a confirmed outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from django.db.models import Sum

from apps.roadmap.models import Actual, Estimate, Request, RequestKpi
from apps.roadmap.queries.outcomes import FEWEST
from apps.roadmap.queries.realised import last_confirmed
from apps.roadmap.workflow import DONE, Role

__all__ = ["FEWEST", "Forecast", "calibration", "estimates", "outcomes"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """`expected` is the P50 and `most` the P90, in the unit of `actual`."""

    request: int
    unit: str
    role: str
    expected: Decimal
    most: Decimal
    actual: Decimal


def estimates(user: Any) -> list[Forecast]:
    """A row for each role of a delivered request that has actuals and an estimate, its last one: three statements."""
    done = Request.objects.visible_to(user).filter(state__in=DONE)
    units = dict(done.order_by().values_list("pk", "unit__name"))
    spent = Actual._base_manager.filter(request__in=units).order_by()
    actuals = {
        (pk, role): weeks for pk, role, weeks in spent.values_list("request", "role").annotate(Sum("weeks"))
    }
    latest: dict[tuple[int, str], Estimate] = {}
    for row in Estimate._base_manager.filter(request__in=units).order_by("at", "pk"):
        latest[(row.request_id, row.role)] = row
    return [
        Forecast(pk, units[pk], str(Role(role).label), latest[pk, role].p50, latest[pk, role].p90, actual)
        for (pk, role), actual in sorted(actuals.items())
        if (pk, role) in latest and latest[pk, role].p50 > 0
    ]


def outcomes(user: Any) -> list[Forecast]:
    """A row for each figure with a confirmed outcome and a prediction above zero."""
    done = Request.objects.visible_to(user).filter(state__in=DONE)
    units = dict(done.order_by().values_list("pk", "unit__name"))
    realised = last_confirmed(user, units)
    kpis = RequestKpi._base_manager.filter(pk__in=realised, p50__gt=0).order_by("pk")
    return [
        Forecast(kpi.request_id, units[kpi.request_id], "", kpi.p50, kpi.p90, realised[kpi.pk])
        for kpi in kpis
    ]


def calibration(rows: Iterable[Forecast]) -> float | None:
    """Median of realised / predicted, in percent; None without any."""
    ratios = [row.actual / row.expected for row in rows]
    return round(float(100 * median(ratios)), 1) if ratios else None
