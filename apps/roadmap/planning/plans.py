"""Three plans side by side of one frozen instance: equal shares with the fill, the value maximum, the score ranking.

Received(i) = utility of the plan for unit i / utility of everything for it. Price of fairness = 1 - value of the
default plan / value of the value maximum. Both are exact fractions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from apps.roadmap.planning.canonical import instance_hash
from apps.roadmap.planning.checks import check
from apps.roadmap.planning.equal_shares import Course, equal_shares
from apps.roadmap.planning.instance import Instance
from apps.roadmap.planning.market import Market, open_market
from apps.roadmap.planning.off_the_top import OffTheTop, off_the_top
from apps.roadmap.planning.score_ranking import score_ranking
from apps.roadmap.planning.value_maximum import Choice, Limits, value_maximum
from apps.roadmap.planning.why_not import Explainer, WhyNot


@dataclass(frozen=True, slots=True)
class Plan:
    """`used` are the micro-weeks per role, the reserve left out; `received` is None for a unit without points."""

    requests: tuple[str, ...]
    value: int
    used: Mapping[str, int]
    received: Mapping[str, Fraction | None]


@dataclass(frozen=True, slots=True)
class Plans:
    """Everything that is published of a cycle. `why_not` answers for all that equal shares did not buy; a request
    of the fill is among them. `reproducible` is false where the solver stopped at a limit: no equal bytes then."""

    inputs: str
    solver: str
    off_the_top: OffTheTop
    wallets: Mapping[str, int]
    without_ballot: tuple[str, ...]
    course: Course
    filled: tuple[str, ...]
    default: Plan
    maximum: Plan
    ranking: Plan
    fill_choice: Choice
    maximum_choice: Choice
    price_of_fairness: Fraction
    why_not: Mapping[str, WhyNot]

    @property
    def reproducible(self) -> bool:
        return self.fill_choice.ties_settled and self.maximum_choice.ties_settled


STAGES = (
    "Checking the frozen inputs",
    "Equal shares buy, round by round",
    "Filling what is left by value",
    "Finding the value maximum",
    "Ranking by score",
    "Working out why not, request by request",
)


def _untold(stage: str) -> None:
    """Nobody wants to hear how far it is."""


def make_plans(
    instance: Instance, limits: Limits | None = None, told: Callable[[str], None] = _untold
) -> Plans:
    """Checks the instance and plans it. Raises PlanningError with every problem found.

    `told` hears each of STAGES when it begins.
    """
    stages = iter(STAGES)
    told(next(stages))
    check(instance)
    top = off_the_top(instance)
    market = open_market(instance, top)
    told(next(stages))
    course = equal_shares(market)
    bought = {*top.requests, *course.funded}
    told(next(stages))
    fill = value_maximum(instance, bought, limits)
    told(next(stages))
    best = value_maximum(instance, top.requests, limits)
    default, maximum = plan_of(instance, fill.chosen), plan_of(instance, best.chosen)
    told(next(stages))
    ranking = plan_of(instance, score_ranking(instance, top.requests))
    told(next(stages))
    return Plans(
        inputs=instance_hash(instance),
        solver=solver_version(),
        off_the_top=top,
        wallets=market.wallets,
        without_ballot=tuple(unit.id for unit in instance.units if unit.ballot is None),
        course=course,
        filled=tuple(sorted(fill.chosen - bought)),
        default=default,
        maximum=maximum,
        ranking=ranking,
        fill_choice=fill,
        maximum_choice=best,
        price_of_fairness=_price_of_fairness(default, maximum),
        why_not=explain(instance, market, course),
    )


def explain(instance: Instance, market: Market, course: Course) -> dict[str, WhyNot]:
    """A reason and thresholds for every open request that equal shares did not buy."""
    return Explainer(market, course, {unit.id: unit.share for unit in instance.units}).all()


def plan_of(instance: Instance, chosen: Iterable[str]) -> Plan:
    """A set of requests with what it is worth and to whom."""
    keys = set(chosen)
    requests = [each for each in instance.requests if each.id in keys]
    used = {role: sum(each.weeks.get(role, 0) for each in requests) for role in instance.capacities}
    received = {unit.id: _received(unit.ballot or {}, keys) for unit in instance.units}
    return Plan(tuple(sorted(keys)), sum(each.value for each in requests), used, received)


def _received(ballot: Mapping[str, int], chosen: set[str]) -> Fraction | None:
    """The share of the unit cancels out: points funded over points given."""
    given = sum(ballot.values())
    return Fraction(sum(points for key, points in ballot.items() if key in chosen), given) if given else None


def _price_of_fairness(default: Plan, maximum: Plan) -> Fraction:
    """0 where nothing has value. Below 0 only where the value maximum stopped at a limit."""
    return 1 - Fraction(default.value, maximum.value) if maximum.value else Fraction(0)


def solver_version() -> str:
    """What solved the value maximum; another version may break ties of floats another way."""
    from importlib.metadata import version

    return f"scipy {version('scipy')} (HiGHS)"
