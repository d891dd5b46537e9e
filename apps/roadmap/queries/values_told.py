"""What a request is worth as the APIs say it, for one request or for every row of a list at once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch

from apps.roadmap.models import Request, ScoringPolicy
from apps.roadmap.queries.scores import are_stale, last_estimates, last_round, rates_of, scored, valued
from apps.roadmap.valuing import Valuation

SCORES, ESTIMATES = "_scores_of_the_value", "_estimates_of_the_value"
FIGURES = ("value", "low", "high", "delay", "confidence", "rice", "wsjf", "unrated")
PART = ("kpi", "expected", "measure", "rate", "probability", "evidence", "value")
Told = dict[str, Any]


def with_value_parts(rows: Any) -> Any:
    """Requests with what `value_of_row` reads: four statements, whatever their number."""
    scores, estimates = scored(), last_estimates()
    return rows.prefetch_related(
        Prefetch("scores", scores, to_attr=SCORES), Prefetch("estimates", estimates, to_attr=ESTIMATES)
    )


def value_of_row(row: Request, policy: ScoringPolicy | None, at: datetime) -> Told | None:
    """Of a row of `with_value_parts`; None without a revealed score. No statement."""
    scores, estimates = last_round(getattr(row, SCORES)), getattr(row, ESTIMATES)
    weeks = sum((each.p50 for each in estimates), Decimal(0)) if estimates else None
    found = valued(row, scores, rates_of(policy), weeks)
    return told(found, policy, stale=are_stale(scores, at, policy)) if found else None


def told(found: Valuation, policy: ScoringPolicy | None, *, stale: bool) -> Told:
    """With every part that it was computed from, by scorer."""
    parts = [
        {"scorer": name} | {each: getattr(part, each) for each in PART}
        for name, mine in found.parts.items()
        for part in mine
    ]
    frame = {"policy": policy.number if policy else None, "wide": found.is_wide, "stale": stale}
    return {name: getattr(found, name) for name in FIGURES} | frame | {"parts": parts}
