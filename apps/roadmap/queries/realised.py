"""What came of figures: the last confirmed measurement of each, in its own unit; never a sum over two units.

Realised = measured change x direction x attribution: positive where the figure moved as it should.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.roadmap.models import Outcome, Request, RequestKpi
from apps.roadmap.queries.outcomes import realised


@dataclass(frozen=True, slots=True)
class Promise:
    """P50 of one unit of measure, and what of it is confirmed; `waiting` measurements are not confirmed yet."""

    measure: str
    promised: Decimal
    realised: Decimal | None
    waiting: int = 0


def last_confirmed(user: Any, requests: Iterable[int]) -> dict[int, Decimal]:
    """By figure: what its last confirmed period came to."""
    rows = Outcome.objects.visible_to(user).filter(request__in=list(requests), confirmed_at__isnull=False)
    found: dict[int, Decimal] = {}
    for row in rows.select_related("kpi").order_by("period_end", "pk"):
        found[row.kpi_id] = realised(row, row.kpi.direction)
    return found


def promises(user: Any, requests: Iterable[Request]) -> dict[int, list[Promise]]:
    """By request, a line for each unit of measure: three statements."""
    wanted = [row.pk for row in requests]
    confirmed = last_confirmed(user, wanted)
    waiting = _waiting(user, wanted)
    found: dict[int, dict[str, Promise]] = {}
    kpis = RequestKpi.objects.visible_to(user).filter(request__in=wanted).order_by("pk")
    for kpi in kpis:
        lines = found.setdefault(kpi.request_id, {})
        before = lines.get(kpi.measure, Promise(kpi.measure, Decimal(0), None))
        lines[kpi.measure] = Promise(
            kpi.measure,
            before.promised + kpi.p50,
            _plus(before.realised, confirmed.get(kpi.pk)),
            before.waiting + waiting.get(kpi.pk, 0),
        )
    return {request: list(lines.values()) for request, lines in found.items()}


def _waiting(user: Any, requests: list[int]) -> dict[int, int]:
    rows = Outcome.objects.visible_to(user).filter(request__in=requests, confirmed_at=None)
    found: dict[int, int] = {}
    for kpi in rows.values_list("kpi", flat=True):
        found[kpi] = found.get(kpi, 0) + 1
    return found


def _plus(before: Decimal | None, more: Decimal | None) -> Decimal | None:
    if more is None:
        return before
    return more if before is None else before + more
