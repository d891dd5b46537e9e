"""The plan of the highest value, and the fill: a mixed-integer program solved by HiGHS, checked again in integers.

One variable per request. Rows: the room of each role, a request is not chosen without what it needs, two that
exclude each other are not both chosen. Of several best plans the one with the least fixed weights, taken from a hash
of the ids, comes out everywhere: the weights stand behind the value in one objective, value x (1 + sum of all weights)
- weights, or in a second solve at the best value where that would be too large for floats. The solver computes in
floats; what it returns is added up in integers, and a choice that is a hair too large is forbidden and the program
solved again.

scipy (which brings HiGHS) is imported where the program is solved: web processes never load it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.roadmap.planning.bundles import Ties
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import Instance
from apps.roadmap.planning.quiet import output_kept_clean

REPAIRS = 50
WEIGHT_BITS = 16
EXACT = 2**50


class Proof(StrEnum):
    """What the solver can say of its answer."""

    OPTIMAL = "optimal"
    LIMIT = "limit"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Limits:
    """`nodes` of the search tree keep an answer reproducible; `seconds` of the clock do not."""

    nodes: int | None = 50_000
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen` holds the fixed requests too. `ties_settled`: of several best plans this is the one of least weight.

    With Proof.LIMIT the choice is the best that was found before the limit, with Proof.NOTHING only the fixed ones.
    """

    chosen: frozenset[str]
    value: int
    proof: Proof
    ties_settled: bool
    told: str


def value_maximum(instance: Instance, fixed: Iterable[str], limits: Limits | None = None) -> Choice:
    """The choice of the highest value that holds the `fixed` requests, within the capacities less the reserve.

    Raises PlanningError where the fixed requests do not fit.
    """
    program = _Program(instance, frozenset(fixed))
    limits = limits or Limits()
    at_once = program.value_then_weights()
    best = program.solve(at_once or program.values, None, limits)
    if best.chosen is None:
        return Choice(program.fixed, program.worth(program.fixed), Proof.NOTHING, False, best.told)
    if not best.proven:
        return Choice(best.chosen, program.worth(best.chosen), Proof.LIMIT, False, best.told)
    if at_once:
        return Choice(best.chosen, program.worth(best.chosen), Proof.OPTIMAL, True, best.told)
    return _settled(program, best.chosen, limits)


def _settled(program: _Program, chosen: frozenset[str], limits: Limits) -> Choice:
    """The best value is known; which plan of that value comes out is for a second solve."""
    value = program.worth(chosen)
    second = program.solve({key: -tie_weight(key) for key in program.free}, value, limits)
    if second.chosen is not None and second.proven and program.worth(second.chosen) == value:
        return Choice(second.chosen, value, Proof.OPTIMAL, True, second.told)
    told = f"Proven optimal. Which of several best plans comes out was not settled: {second.told}"
    return Choice(chosen, value, Proof.OPTIMAL, False, told)


def tie_weight(key: str) -> int:
    """A fixed number from 1 to 2^16 for an id, the same in every process."""
    return 1 + int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % (1 << WEIGHT_BITS)


@dataclass(frozen=True, slots=True)
class _Answer:
    chosen: frozenset[str] | None
    proven: bool
    told: str


class _Program:
    def __init__(self, instance: Instance, fixed: frozenset[str]) -> None:
        self.requests = {each.id: each for each in instance.requests}
        self.ties = Ties.of(instance.requests)
        self.room = {
            role: weeks - instance.reserve.get(role, 0) for role, weeks in instance.capacities.items()
        }
        self.fixed = fixed
        if not self.allows(fixed):
            raise PlanningError("The requests that are fixed do not fit the capacities.", sorted(fixed))
        self.free = [key for key in self.requests if key not in fixed and self._may_be_chosen(key)]
        self.values = {key: self.requests[key].value for key in self.free}

    def _may_be_chosen(self, key: str) -> bool:
        bundle = self.ties.prerequisites[key] | {key} | self.fixed
        return self.allows(bundle)

    def value_then_weights(self) -> dict[str, int] | None:
        """One objective for both, or None where its numbers would be too large to be told apart."""
        scale = 1 + sum(map(tie_weight, self.free))
        if scale * (1 + sum(self.values.values())) > EXACT:
            return None
        return {key: value * scale - tie_weight(key) for key, value in self.values.items()}

    def worth(self, chosen: Iterable[str]) -> int:
        return sum(self.requests[key].value for key in chosen)

    def allows(self, chosen: Iterable[str]) -> bool:
        """In integers: roles, needs and exclusions of the whole choice."""
        keys = set(chosen)
        if any(not self.requests[key].needs <= keys for key in keys) or self.ties.quarrels(keys):
            return False
        return all(
            sum(self.requests[key].weeks.get(role, 0) for key in keys) <= room
            for role, room in self.room.items()
        )

    def solve(self, worth: Mapping[str, int], at_least: int | None, limits: Limits) -> _Answer:
        """Maximises the sum of `worth`; forbids choices that only floats allow, and asks again."""
        if not self.free:
            return _Answer(self.fixed, True, "Nothing is left to choose.")
        forbidden: list[frozenset[str]] = []
        for _ in range(REPAIRS):
            result = _milp(self, worth, at_least, forbidden, limits)
            if result.x is None:
                return _Answer(None, False, f"The solver returned no plan: {result.message}")
            chosen = frozenset(key for key, amount in zip(self.free, result.x, strict=True) if amount > 0.5)
            if self.allows(chosen | self.fixed):
                proven = result.status == 0
                told = "Proven optimal." if proven else f"Best plan found before the limit: {result.message}"
                return _Answer(chosen | self.fixed, proven, told)
            forbidden.append(chosen)
        return _Answer(None, False, f"{REPAIRS} answers of the solver in turn did not fit in whole numbers.")


Row = tuple[dict[str, int], int]


def _rows(program: _Program, at_least: int | None, forbidden: list[frozenset[str]]) -> list[Row]:
    """Each row is (coefficients, highest sum)."""
    rows: list[Row] = []
    free = set(program.free)
    for role, room in program.room.items():
        taken = sum(program.requests[key].weeks.get(role, 0) for key in program.fixed)
        weeks = {key: amount for key in program.free if (amount := program.requests[key].weeks.get(role, 0))}
        rows.append((weeks, room - taken))
    for key in program.free:
        rows += [({key: 1, other: -1}, 0) for other in sorted(program.requests[key].needs & free)]
        rows += [
            ({key: 1, other: 1}, 1) for other in sorted(program.ties.excluded[key] & free) if key < other
        ]
    rows += [(dict.fromkeys(choice, 1), len(choice) - 1) for choice in forbidden]
    if at_least is not None:
        rows.append(
            ({key: -program.values[key] for key in program.free}, program.worth(program.fixed) - at_least)
        )
    return [_smallest(row) for row in rows if row[0]]


def _smallest(row: Row) -> Row:
    """The same row in the smallest whole numbers, which floats hold best."""
    divisor = math.gcd(*row[0].values()) or 1
    return {key: amount // divisor for key, amount in row[0].items()}, row[1] // divisor


def _milp(
    program: _Program,
    worth: Mapping[str, int],
    at_least: int | None,
    forbidden: list[frozenset[str]],
    limits: Limits,
) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    place = {key: number for number, key in enumerate(program.free)}
    rows = _rows(program, at_least, forbidden)
    cells = [
        (amount, number, place[key]) for number, (row, _) in enumerate(rows) for key, amount in row.items()
    ]
    amounts, down, across = zip(*cells, strict=True) if cells else ((), (), ())
    matrix = csr_array((amounts, (down, across)), shape=(len(rows), len(place)), dtype=float)
    divisor = math.gcd(*worth.values()) or 1
    solve: Callable[..., Any] = milp
    with output_kept_clean():
        return solve(
            [-(worth[key] // divisor) for key in program.free],
            integrality=[1] * len(place),
            bounds=Bounds(0, 1),
            constraints=[LinearConstraint(matrix, ub=[highest for _, highest in rows])] if rows else [],
            options=_options(limits),
        )


def _options(limits: Limits) -> dict[str, Any]:
    options: dict[str, Any] = {"mip_rel_gap": 0, "disp": False}
    if limits.nodes is not None:
        options["node_limit"] = limits.nodes
    if limits.seconds is not None:
        options["time_limit"] = limits.seconds
    return options
