"""How past estimates of each role came out, for who estimates now: it advises, it changes no figure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from apps.roadmap.queries.forecasts import FEWEST, Forecast, estimates

NEAR = 10  # percent of the P50 that nobody estimates better
TIGHT = 80  # nine of ten are meant to stay within P90; of few requests one more does not count


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Of `number` delivered requests with effort of this role. `took` is that effort in percent of the P50, `within`
    how many of a hundred stayed within the P90; both are None where fewer than `FEWEST` are known."""

    role: str
    number: int
    took: int | None
    within: int | None

    @property
    def advice(self) -> str:
        if self.took is None or self.within is None:
            return f"Too few to judge; from {FEWEST} on it stands here."
        than = (
            "more than" if self.took > 100 + NEAR else "less than" if self.took < 100 - NEAR else "about what"
        )
        return f"Took {than} P50 said; P90 was {'too tight' if self.within < TIGHT else 'wide enough'}."


def track_records(user: Any) -> list[TrackRecord]:
    """By role, over the delivered requests that `user` sees: three statements."""
    groups: dict[str, list[Forecast]] = {}
    for row in estimates(user):
        groups.setdefault(row.role, []).append(row)
    return [_record(role, rows) for role, rows in sorted(groups.items())]


def _record(role: str, rows: list[Forecast]) -> TrackRecord:
    if len(rows) < FEWEST:
        return TrackRecord(role, len(rows), None, None)
    took = sum(Fraction(row.actual) for row in rows) / sum(Fraction(row.expected) for row in rows)
    within = Fraction(sum(row.actual <= row.most for row in rows), len(rows))
    return TrackRecord(role, len(rows), round(100 * took), round(100 * within))
