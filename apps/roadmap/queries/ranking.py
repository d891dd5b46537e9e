"""Every scored request with its figures: views of the same inputs under one policy, never stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Max, OuterRef

from apps.roadmap.models import Request, Score, ScoringPolicy
from apps.roadmap.queries.scores import current_policy, valuations, weeks_of
from apps.roadmap.valuing import Valuation
from apps.roadmap.workflow import State

MOST = 500
OPEN = (State.SCORING, State.READY, State.IN_CYCLE)
UNDER_WAY = (State.PLANNED, State.IN_PROGRESS)
SCOPES: dict[str, tuple[str, ...]] = {"open": OPEN, "planned": UNDER_WAY, "all": tuple(State.values)}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A request with its figures; `effort` in P50 person-weeks, None where nobody has estimated it."""

    request: Request
    valuation: Valuation
    effort: Decimal | None
    scored_at: datetime
    stale: bool


SORTS: dict[str, Callable[[Ranked], Any]] = {
    "value": lambda row: row.valuation.value,
    "delay": lambda row: row.valuation.delay,
    "rice": lambda row: row.valuation.rice,
    "wsjf": lambda row: row.valuation.wsjf,
    "effort": lambda row: row.effort,
    "confidence": lambda row: row.valuation.confidence,
    "scored": lambda row: row.scored_at,
}


def scored_requests(user: Any, states: Iterable[str] = OPEN) -> Any:
    """Visible requests in these states of which a round was revealed."""
    opened = Score._base_manager.filter(request=OuterRef("pk"), revealed_at__isnull=False)
    rows = Request.objects.visible_to(user).filter(Exists(opened), state__in=list(states))
    return rows.select_related("unit", "owner").defer("search_vector").order_by("-pk")


def ranking(
    user: Any, at: datetime, *, states: Iterable[str] = OPEN, policy: ScoringPolicy | None = None
) -> list[Ranked]:
    """The newest 500 of them by value, the highest first: five statements."""
    chosen = policy or current_policy()
    rows = list(scored_requests(user, states)[:MOST])
    figures, weeks = valuations(rows, chosen), weeks_of(row.pk for row in rows)
    times = _scored_at(row.pk for row in rows)
    limit = at - timedelta(days=(chosen or ScoringPolicy()).stale_after_days)
    found = [
        Ranked(row, figures[row.pk], weeks.get(row.pk), times[row.pk], times[row.pk] < limit)
        for row in rows
        if row.pk in figures
    ]
    return ordered(found, "value", descending=True)


def ordered(rows: Sequence[Ranked], sort: str, *, descending: bool) -> list[Ranked]:
    """What has no figure stands last either way; equal ones in the order of their numbers."""
    key = SORTS[sort]
    known = sorted((row for row in rows if key(row) is not None), key=lambda row: row.request.pk)
    known.sort(key=key, reverse=descending)
    return known + [row for row in rows if key(row) is None]


def _scored_at(requests: Iterable[int]) -> dict[int, datetime]:
    """When the last score of the last revealed round was given."""
    rows = Score._base_manager.filter(request__in=list(requests), revealed_at__isnull=False)
    found: dict[int, tuple[int, datetime]] = {}
    for request, number, at in rows.values_list("request", "round").annotate(Max("at")).order_by():
        found[request] = max(found.get(request, (0, at)), (number, at))
    return {request: at for request, (_, at) in found.items()}
