"""How true: what work really took against its estimates, and what came of figures against what was promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from apps.roadmap.queries import forecasts
from apps.roadmap.queries.metrics.spans import MOST_BARS, Span, percent
from apps.tooling.queries.metrics import Drawn, Series


def bias(span: Span) -> Drawn:
    rows = forecasts.estimates(span.user)
    groups = _grouped(rows, lambda row: row.role)
    return Drawn(
        _ratio(rows),
        tuple(f"{name} ({len(some)})" for name, some in groups),
        (Series("Actual of P50", tuple(_ratio(some) for _, some in groups)),),
    )


def _ratio(rows: Iterable[forecasts.Forecast]) -> float | None:
    some = list(rows)
    return percent(sum(Fraction(row.actual) for row in some), sum(Fraction(row.expected) for row in some))


def coverage(span: Span) -> Drawn:
    rows = forecasts.estimates(span.user)
    groups = _grouped(rows, lambda row: row.role)
    return Drawn(
        _covered(rows),
        tuple(f"{name} ({len(some)})" for name, some in groups),
        (Series("Within P90", tuple(_covered(some) for _, some in groups)),),
    )


def _covered(rows: Iterable[forecasts.Forecast]) -> float | None:
    some = list(rows)
    return percent(sum(row.actual <= row.most for row in some), len(some))


def calibration(span: Span) -> Drawn:
    """By unit; hidden where fewer than five figures are confirmed, since it would judge by chance."""
    rows = forecasts.outcomes(span.user)
    groups = [pair for pair in _grouped(rows, lambda row: row.unit) if len(pair[1]) >= forecasts.FEWEST]
    shown = rows if len(rows) >= forecasts.FEWEST else []
    return Drawn(
        forecasts.calibration(shown),
        tuple(f"{name} ({len(some)})" for name, some in groups),
        (Series("Realised of predicted", tuple(forecasts.calibration(some) for _, some in groups)),),
    )


def _grouped(
    rows: Iterable[forecasts.Forecast], key: Callable[[forecasts.Forecast], str]
) -> list[tuple[str, list[forecasts.Forecast]]]:
    groups: dict[str, list[forecasts.Forecast]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST_BARS]
