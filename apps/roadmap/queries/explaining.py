"""What became of each request in a kept plan, and why, for one reader: receipts, reasons, what was frozen of it.

Read from the bytes of the run and of its snapshot. Titles and figures of a request stand only where the reader sees
it; of the others, totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from apps.roadmap.models import PlanRun
from apps.roadmap.planning.instance import Instance, Standing
from apps.roadmap.planning.market import Market, open_market
from apps.roadmap.queries.naming import Names, names_of
from apps.roadmap.queries.planner_words import weeks
from apps.roadmap.queries.plans import PARTS, instance_of_run, result_of
from apps.roadmap.workflow import PlanKind


class Way(StrEnum):
    """How a request came into the default plan, or that it did not."""

    TOP = "top"
    BOUGHT = "bought"
    FILLED = "filled"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Payment:
    """Micro-weeks that a unit paid, of what its wallet held then. `points` are those it gave to what was bought."""

    unit: str
    paid: int
    wallet: int
    points: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A purchase. `payments` is empty where it holds requests that the reader does not see."""

    round: int
    items: tuple[str, ...]
    together: tuple[str, ...]
    cost: int
    payments: tuple[Payment, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one request, in the plans of a run."""

    name: str
    way: Way
    plans: frozenset[PlanKind]
    round: int | None
    label: str


WAYS = {
    Way.TOP: "Off the top",
    Way.FILLED: "Filled by value",
    Way.OUT: "Not in the plan",
}


class Explained:
    """A finished run, read for one person. Raises Conflict for a run whose inputs no longer make an instance."""

    def __init__(self, run: PlanRun, user: Any) -> None:
        self.run = run
        self.result: dict[str, Any] = result_of(run)
        self.instance: Instance = instance_of_run(run)
        self.names: Names = names_of(user, self.instance)

    @cached_property
    def market(self) -> Market:
        return open_market(self.instance)

    @cached_property
    def requests(self) -> dict[str, Any]:
        return {each.id: each for each in self.instance.requests}

    @cached_property
    def taken(self) -> dict[PlanKind, frozenset[str]]:
        return {kind: frozenset(self.result[part]["requests"]) for kind, part in PARTS.items()}

    @cached_property
    def rounds(self) -> dict[str, Mapping[str, Any]]:
        """The round that bought a request."""
        return {name: each for each in self.result["course"]["rounds"] for name in each["items"]}

    @property
    def shown(self) -> list[str]:
        """The requests that the reader sees, by id."""
        return [name for name in self.requests if self.names.shows(name)]

    @property
    def hidden(self) -> list[str]:
        return [name for name in self.requests if not self.names.shows(name)]

    def fate(self, name: str) -> Fate:
        plans = frozenset(kind for kind, taken in self.taken.items() if name in taken)
        way, number = self._way(name), None
        label = WAYS.get(way, "")
        if way is Way.BOUGHT:
            number = int(self.rounds[name]["number"])
            label = f"Bought in round {number}"
        return Fate(name, way, plans, number, label)

    def _way(self, name: str) -> Way:
        if name in self.result["off_the_top"]["requests"]:
            return Way.TOP
        if name in self.rounds:
            return Way.BOUGHT
        return Way.FILLED if name in self.result["filled"] else Way.OUT

    def receipt(self, name: str) -> Receipt | None:
        """Who paid what for it, in which round; None where units did not buy it."""
        found = self.rounds.get(name)
        return self.receipt_of(found, name) if found else None

    def receipt_of(self, found: Mapping[str, Any], name: str = "") -> Receipt:
        complete = self.names.all_shown(found["items"])
        paid = found["payments"] if complete else {}
        payments = [
            Payment(unit, amount, found["wallets"][unit], self.points(unit, found["items"]))
            for unit, amount in paid.items()
        ]
        return Receipt(
            int(found["number"]),
            tuple(found["items"]),
            tuple(other for other in found["items"] if other != name),
            int(found["offer"]["cost"]),
            tuple(sorted(payments, key=lambda each: (-each.paid, each.unit))),
            complete,
        )

    def points(self, unit: str, names: Iterable[str]) -> int:
        ballot = self.ballots.get(unit) or {}
        return sum(ballot.get(name, 0) for name in names)

    @cached_property
    def ballots(self) -> dict[str, Mapping[str, int] | None]:
        return {unit.id: unit.ballot for unit in self.instance.units}

    def supporters(self, name: str) -> list[tuple[str, int]]:
        """Who gave it how many points, most first."""
        given = [(unit, self.points(unit, [name])) for unit in self.ballots]
        return sorted(((unit, each) for unit, each in given if each), key=lambda pair: (-pair[1], pair[0]))

    def came_by(self, name: str) -> str:
        """A sentence for what is in the plan without a receipt."""
        way = self._way(name)
        if way is Way.FILLED:
            return (
                "The units did not buy it. Capacity was left when they had bought what they could, and of everything "
                "that fits into it this brings the most value together with the rest of the fill."
            )
        if way is not Way.TOP:
            return ""
        standing = self.requests[name].standing
        if standing is Standing.MANDATORY:
            return "It is mandatory: it is planned before any vote, and no wallet pays for it."
        if standing is Standing.CARRIED:
            return "It is carried over: work that is under way goes on, and no wallet pays for it."
        return "Something that is planned before the vote needs it, so it is planned with that."

    def needs(self, name: str) -> str:
        return weeks(self.requests[name].cost)

    @property
    def proven(self) -> dict[PlanKind, bool]:
        """Whether the solver proved the plan; a ranking proves nothing and needs no proof."""
        return {
            PlanKind.EQUAL_SHARES: self.result["fill_choice"]["proof"] == "optimal",
            PlanKind.VALUE_MAXIMUM: self.result["maximum_choice"]["proof"] == "optimal",
            PlanKind.SCORE_RANKING: True,
        }

    @property
    def price_of_fairness(self) -> Fraction:
        return Fraction(self.result["price_of_fairness"])

    def value(self, kind: PlanKind) -> int:
        return int(self.result[PARTS[kind]]["value"])
