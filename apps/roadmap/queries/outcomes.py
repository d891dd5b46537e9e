"""Predicted against realised, a unit of measure at a time; what nobody confirmed stands apart. And how well such
predictions came true before, where there are enough of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from apps.roadmap.models import Outcome, OutcomeReview, Request, RequestKpi, Score, ScoreLine
from apps.roadmap.workflow import Direction

FEWEST = 5
ADOPTED_AFTER_DAYS = 90


@dataclass(frozen=True, slots=True)
class Realised:
    """One period: the measured change x direction x attribution, in the figure's own unit."""

    row: Any  # an Outcome with `can_confirm`
    value: Decimal


@dataclass(frozen=True, slots=True)
class KpiOutcome:
    """`confirmed` and `unconfirmed` are those of the last periods; an unconfirmed one that is older says nothing new."""

    kpi: RequestKpi
    periods: tuple[Realised, ...]
    confirmed: Realised | None
    unconfirmed: Realised | None


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures of one unit of measure, and their sums; what has no outcome yet adds nothing to `confirmed`."""

    measure: str
    figures: tuple[KpiOutcome, ...]
    predicted: Decimal
    confirmed: Decimal | None
    unconfirmed: Decimal | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Realised over predicted, the median of `number` figures; `ratio` is None where fewer than `FEWEST` are known."""

    of: str
    number: int
    ratio: Decimal | None


def realised(row: Outcome, direction: str) -> Decimal:
    return row.value * row.attribution * (1 if direction == Direction.UP else -1)


def measured(user: Any, request: Request) -> list[Measured]:
    """By unit of measure, in the order of the figures; three statements."""
    kpis = list(RequestKpi.objects.visible_to(user).filter(request=request.pk).select_related("owner"))
    rows: dict[int, list[Outcome]] = {}
    found = Outcome.objects.visible_to(user).filter(request=request.pk)
    found = found.select_related("recorded_by", "confirmed_by").order_by("period_end", "pk")
    for row in found.with_can(user, "confirm"):
        rows.setdefault(row.kpi_id, []).append(row)
    groups: dict[str, list[KpiOutcome]] = {}
    for kpi in kpis:
        groups.setdefault(kpi.measure, []).append(_outcome(kpi, rows.get(kpi.pk, [])))
    return [_measured(measure, figures) for measure, figures in groups.items()]


def _outcome(kpi: RequestKpi, rows: Iterable[Outcome]) -> KpiOutcome:
    periods = tuple(Realised(row, realised(row, kpi.direction)) for row in rows)
    confirmed = next((each for each in reversed(periods) if each.row.confirmed_at), None)
    last = periods[-1] if periods else None
    return KpiOutcome(kpi, periods, confirmed, last if last is not confirmed else None)


def _measured(measure: str, figures: list[KpiOutcome]) -> Measured:
    return Measured(
        measure,
        tuple(figures),
        sum((each.kpi.p50 for each in figures), Decimal(0)),
        _sum(each.confirmed for each in figures),
        _sum(each.unconfirmed for each in figures),
    )


def _sum(periods: Iterable[Realised | None]) -> Decimal | None:
    known = [each.value for each in periods if each is not None]
    return sum(known, Decimal(0)) if known else None


def built_not_adopted(reviews: Iterable[OutcomeReview]) -> OutcomeReview | None:
    """The last review that says so, or whose adoption lies below its target after 90 days. What was stopped before did
    not have them."""
    done = [
        each
        for each in reviews
        if each.done_at is not None and each.days >= ADOPTED_AFTER_DAYS and not each.early
    ]
    last = max(done, key=lambda each: each.days, default=None)
    return last if last is not None and _not_adopted(last) else None


def _not_adopted(review: OutcomeReview) -> bool:
    if review.verdict == OutcomeReview.Verdict.NOT_ADOPTED:
        return True
    known = review.adoption is not None and review.target_adoption is not None
    return known and review.adoption < review.target_adoption  # type: ignore[operator]


def calibrations(user: Any, request: Request) -> list[Calibration]:
    """Of the unit, the type and the scorers of a request, over all requests that `user` may see; two statements.

    A unit and a type are measured against the predicted P50; a scorer against what they expected themselves, in the
    last round in which they scored the figure.
    """
    rows = (
        Outcome.objects.visible_to(user)
        .filter(confirmed_at__isnull=False)
        .order_by("kpi_id", "-period_end", "-pk")
        .distinct("kpi_id")
        .select_related("kpi", "request__unit")
    )
    came = {row.kpi_id: realised(row, row.kpi.direction) for row in rows}
    ratios = [(row.request, came[row.kpi_id] / row.kpi.p50) for row in rows if row.kpi.p50 > 0]
    ways = {
        str(request.unit): [ratio for each, ratio in ratios if each.unit_id == request.unit_id],
        request.get_type_display(): [ratio for each, ratio in ratios if each.type == request.type],
        **_by_scorer(user, request, came),
    }
    return [
        Calibration(of, len(found), median(found) if len(found) >= FEWEST else None)
        for of, found in ways.items()
    ]


def _by_scorer(user: Any, request: Request, came: dict[int, Decimal]) -> dict[str, list[Decimal]]:
    """By each scorer of the request: what came of the figures that they scored anywhere, over what they expected."""
    revealed = Score.objects.visible_to(user).filter(revealed_at__isnull=False)
    scorers = revealed.filter(request=request.pk).order_by().values("scorer")
    lines = (
        ScoreLine.objects.visible_to(user)
        .filter(
            score__in=revealed.order_by().values("pk"),
            score__scorer__in=scorers,
            kpi__in=came,
            expected__gt=0,
        )
        .order_by("score__scorer__name", "score__scorer_id", "kpi_id", "-score__round")
        .distinct("score__scorer__name", "score__scorer_id", "kpi_id")
        .select_related("score__scorer")
    )
    found: dict[str, list[Decimal]] = {}
    for line in lines:
        found.setdefault(f"Scored by {line.score.scorer}", []).append(came[line.kpi_id] / line.expected)
    return found
