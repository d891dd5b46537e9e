"""When a request's grants hold, drawn by the server: one bar per grant on a common scale, with a line at now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WIDTH, LEFT, ROW, BAR, TOP = 720, 150, 26, 12, 18


@dataclass(frozen=True, slots=True)
class Span:
    grant: Any
    x: float
    width: float
    y: int
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Spans:
    """Geometry in pixels; `now` is None where now lies outside."""

    rows: list[Span]
    height: int
    now: float | None
    first: datetime
    last: datetime
    width: int = WIDTH
    left: int = LEFT
    bar: int = BAR


def spans_of(grants: Sequence[Any], at: datetime) -> Spans | None:
    if not grants:
        return None
    first, last = min(each.starts for each in grants), max(each.expires for each in grants)
    whole = (last - first).total_seconds() or 1.0

    def place(moment: datetime) -> float:
        return round(LEFT + (WIDTH - LEFT) * (moment - first).total_seconds() / whole, 1)

    rows = []
    for number, grant in enumerate(sorted(grants, key=lambda each: (each.environment.position, each.starts))):
        x = place(grant.starts)
        kind, word = _kind(grant, at)
        rows.append(Span(grant, x, max(place(grant.ends) - x, 2.0), TOP + number * ROW, kind, word))
    now = place(at) if first <= at <= last else None
    return Spans(rows, TOP + len(rows) * ROW + 4, now, first, last)


def _kind(grant: Any, at: datetime) -> tuple[str, str]:
    if grant.ends <= at:
        early = grant.revoked_at is not None and grant.revoked_at < grant.expires
        return "over", "ended early" if early else "expired"
    if grant.starts > at:
        return "later", "begins later"
    if grant.provisional:
        return "provisional", "holds, provisional"
    return ("emergency", "holds, emergency") if grant.emergency else ("held", "holds")
