"""How true: what work really took against its estimates, and what came of figures against what was promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from apps.roadmap.queries import forecasts
from apps.roadmap.queries.metrics.spans import MOST_BARS, Span, percent
from apps.tooling.queries.metrics import Drawn, Series

Forecasts = list[forecasts.Forecast]
Groups = list[tuple[str, Forecasts]]


def bias(span: Span) -> Drawn:
    return _drawn("Actual of P50", _grouped(span.estimates, lambda row: row.role), _ratio, span.estimates)


def _ratio(rows: Iterable[forecasts.Forecast]) -> float | None:
    some = list(rows)
    return percent(sum(Fraction(row.actual) for row in some), sum(Fraction(row.expected) for row in some))


def coverage(span: Span) -> Drawn:
    return _drawn("Within P90", _grouped(span.estimates, lambda row: row.role), _covered, span.estimates)


def _covered(rows: Iterable[forecasts.Forecast]) -> float | None:
    some = list(rows)
    return percent(sum(row.actual <= row.most for row in some), len(some))


def calibration(span: Span) -> Drawn:
    """By unit; hidden where fewer than five figures are confirmed, since it would judge by chance."""
    rows = forecasts.outcomes(span.user)
    groups = [pair for pair in _grouped(rows, lambda row: row.unit) if len(pair[1]) >= forecasts.FEWEST]
    shown = rows if len(rows) >= forecasts.FEWEST else []
    return _drawn("Realised of predicted", groups, forecasts.calibration, shown)


def _drawn(name: str, groups: Groups, measure: Callable[[Forecasts], float | None], rows: Forecasts) -> Drawn:
    """The measure of all `rows` as the figure, and of each group, with how many are in it, as a bar."""
    return Drawn(
        measure(rows),
        tuple(f"{label} ({len(some)})" for label, some in groups),
        (Series(name, tuple(measure(some) for _, some in groups)),),
    )


def _grouped(rows: Iterable[forecasts.Forecast], key: Callable[[forecasts.Forecast], str]) -> Groups:
    groups: dict[str, Forecasts] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST_BARS]
