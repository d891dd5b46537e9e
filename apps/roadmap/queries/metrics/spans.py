"""The time that a figure looks at, read once for all of them, and how numbers become percent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from apps.roadmap.models import Cycle, PlanRun, Request
from apps.roadmap.queries import forecasts
from apps.roadmap.workflow import State

MOST_BARS = 12


@dataclass(frozen=True)
class Span:
    """Who reads, from when to when."""

    user: Any
    since: datetime
    at: datetime

    @cached_property
    def sent(self) -> list[Request]:
        rows = Request.objects.visible_to(self.user).exclude(state=State.WITHDRAWN)
        found = rows.filter(submitted_at__gte=self.since, submitted_at__lte=self.at)
        return list(found.select_related("unit").defer("search_vector"))

    @cached_property
    def runs(self) -> list[PlanRun]:
        """The last finished plans of each cycle that was decided on, in the order of the cycles."""
        cycles = Cycle.objects.visible_to(self.user).filter(
            starts__gte=self.since.date(), starts__lte=self.at.date()
        )
        decided = PlanRun._base_manager.filter(cycle__in=cycles, meetings__decided_at__isnull=False)
        rows = decided.select_related("cycle", "snapshot").order_by("cycle__starts", "pk")
        return list({run.cycle_id: run for run in rows}.values())[-MOST_BARS:]

    @cached_property
    def estimates(self) -> list[forecasts.Forecast]:
        return forecasts.estimates(self.user)


def rounded(value: float | None, places: int = 1) -> float | None:
    return None if value is None else round(value, places)


def percent(part: Any, whole: Any) -> float | None:
    return round(float(100 * Fraction(part) / Fraction(whole)), 1) if whole else None
