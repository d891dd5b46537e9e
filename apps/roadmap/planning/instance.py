"""What a cycle freezes: capacities, requests, units with their ballots. Everything is an integer.

Person-weeks are counted in micro-weeks (a million to the person-week), shares in basis points, values in whole
units of the scoring policy. An instance is the same whatever order its parts came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from apps.roadmap.planning.errors import PlanningError

MICRO_WEEKS = 1_000_000
BASIS_POINTS = 10_000
POINTS = 100
LARGEST = 10**12


class Standing(StrEnum):
    """How a request comes into the cycle: to be voted on, or off the top."""

    OPEN = "open"
    MANDATORY = "mandatory"
    CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Request:
    """`weeks` are the P50 micro-weeks of each role; `value` is the frozen value of the scoring policy."""

    id: str
    weeks: Mapping[str, int]
    value: int = 0
    needs: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()
    standing: Standing = Standing.OPEN

    def __post_init__(self) -> None:
        object.__setattr__(self, "weeks", _sorted(self.weeks))
        object.__setattr__(self, "needs", frozenset(self.needs))
        object.__setattr__(self, "excludes", frozenset(self.excludes))
        object.__setattr__(self, "standing", Standing(self.standing))

    @property
    def cost(self) -> int:
        return sum(self.weeks.values())


@dataclass(frozen=True, slots=True)
class Unit:
    """A voter: a business unit, or the strategic wallet. `ballot` gives points to requests; None was never cast."""

    id: str
    share: int
    ballot: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        if self.ballot is not None:
            given = {request: points for request, points in self.ballot.items() if points != 0}
            object.__setattr__(self, "ballot", _sorted(given))

    def points(self, request: str) -> int:
        return 0 if self.ballot is None else self.ballot.get(request, 0)


@dataclass(frozen=True, slots=True)
class Instance:
    """A frozen cycle. `capacities` and `reserve` are micro-weeks per role."""

    capacities: Mapping[str, int]
    requests: tuple[Request, ...]
    units: tuple[Unit, ...]
    reserve: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "capacities", _sorted(self.capacities))
        object.__setattr__(self, "reserve", _sorted(self.reserve))
        object.__setattr__(self, "requests", tuple(sorted(self.requests, key=lambda each: each.id)))
        object.__setattr__(self, "units", tuple(sorted(self.units, key=lambda each: each.id)))

    def request(self, key: str) -> Request:
        """The request with this id. Raises PlanningError where there is none."""
        for each in self.requests:
            if each.id == key:
                return each
        raise PlanningError(f"The instance has no request {key}.", (key,))


def _sorted(mapping: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(mapping.items()))
