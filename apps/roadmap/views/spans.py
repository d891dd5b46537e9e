"""Small pictures of ranges: where a window lies in time, where a figure lies against what was predicted. Percentages of a
common width, so that rows under each other compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.core.moments import month_after

LEAST_WIDTH = 0.8  # of 100, so that a point is seen
MONTHS = 12  # the most that are ticked
FARTHEST = timedelta(days=1_100)


@dataclass(frozen=True, slots=True)
class Span:
    """From `x` on, `width` wide, of 100."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Axis:
    """A stretch of days or of numbers, drawn 100 wide."""

    start: Any
    end: Any

    def at(self, point: Any) -> float:
        share = _number(point - self.start) / (_number(self.end - self.start) or 1)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    def span(self, start: Any, end: Any) -> Span:
        left, right = self.at(start), self.at(end)
        width = max(right - left, LEAST_WIDTH)
        return Span(min(left, 100 - width), round(width, 2))


def _number(distance: Any) -> float:
    return distance.total_seconds() if isinstance(distance, timedelta) else float(distance)


def days_axis(today: date, days: Iterable[date]) -> Axis:
    """From the first of this month (or of the first day, where that lies before) to the last day; at most `FARTHEST`
    either way, what lies beyond is drawn at the edge."""
    known = [min(max(day, today - FARTHEST), today + FARTHEST) for day in days]
    first = min([today, *known]).replace(day=1)
    return Axis(first, max([*known, today + timedelta(days=60)]) + timedelta(days=7))


def months_of(axis: Axis) -> list[tuple[float, date]]:
    """The firsts of the months on the axis with their places, thinned out where there are many."""
    found, month = [], axis.start
    while month <= axis.end:
        found.append((axis.at(month), month))
        month = month_after(month)
    step = len(found) // MONTHS + 1
    return found[::step]


def figures_axis(figures: Iterable[Decimal]) -> Axis:
    """From zero, or from below where a figure is negative, to a little more than the largest."""
    known = list(figures)
    low, high = min([*known, Decimal(0)]), max([*known, Decimal(0)])
    margin = (high - low) / 20 or Decimal(1)
    return Axis(low - (margin if low < 0 else 0), high + margin)


def figure(number: Decimal) -> str:
    """12,500, -0.25: thousands apart, three digits after the point at most, no needless zeros."""
    text = f"{number:,.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
