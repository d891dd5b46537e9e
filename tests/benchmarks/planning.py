"""A quarter of 200 requests and one of 500, stage by stage; what inflated points gain; a city's election. No database.

Inflation: one unit after the other multiplies what it claims by 20 and everything is planned again. Under the value
maximum the claims are the values (a unit's points for each request, added over the units by share); under equal shares
they are its utilities. Its gain is measured by its honest points: received afterwards / received before.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from apps.roadmap.planning.canonical import canonical_json, instance_hash
from apps.roadmap.planning.checks import check
from apps.roadmap.planning.equal_shares import equal_shares
from apps.roadmap.planning.instance import Instance
from apps.roadmap.planning.market import Market, Offer, open_market
from apps.roadmap.planning.pabulib import Election, Project, Vote, VoteType, read_election, write_election
from apps.roadmap.planning.plans import explain, make_plans
from apps.roadmap.planning.profile import profile_of
from apps.roadmap.planning.recompute import Completion, completed_shares
from apps.roadmap.planning.score_ranking import score_ranking
from apps.roadmap.planning.value_maximum import value_maximum
from tests.benchmarks.figures import Figure, seconds
from tests.roadmap.cycles import large_cycle

QUARTER, LARGE = (200, 12), (500, 30)
WANTED = 5.0
INFLATION = 20
VOTERS, PROJECTS, BUDGET = 10_000, 100, 5_000_000


def figures() -> list[Figure]:
    value_maximum(large_cycle(5, 2, 1), ())  # loads the solver
    return [*_stages(*QUARTER, WANTED), *_stages(*LARGE, None), *_inflation(), *_city()]


def _stages(requests: int, units: int, budget: float | None) -> list[Figure]:
    instance = large_cycle(requests, units, 1)
    market = open_market(instance)
    course = equal_shares(market)
    stages: dict[str, Callable[[], object]] = {
        "checks and hash": lambda: (check(instance), instance_hash(instance)),
        "equal shares": lambda: equal_shares(open_market(instance)),
        "fill": lambda: value_maximum(instance, course.funded),
        "value maximum": lambda: value_maximum(instance, ()),
        "score ranking": lambda: score_ranking(instance, ()),
        "every why not": lambda: explain(instance, market, course),
    }
    name = f"{requests} requests, {units} units"
    lines = [
        Figure(f"{name}: {stage}", statistics.median(seconds(work) for _ in range(3)), "s")
        for stage, work in stages.items()
    ]
    plans = make_plans(instance)
    told = f"{len(course.funded)} bought, {len(plans.filled)} filled, {len(plans.why_not)} why-nots, "
    told += f"price of fairness {float(plans.price_of_fairness):.0%}, {len(canonical_json(plans)):,} bytes"
    return [*lines, Figure(f"{name}: all", seconds(lambda: make_plans(instance)), "s", budget, told)]


def _inflation() -> list[Figure]:
    """Half of the points go to requests that everybody gives points to, so that units compete."""
    instance = _by_claims(_contested(large_cycle(*QUARTER, 2)), {})
    shares, most = equal_shares(open_market(instance)).funded, value_maximum(instance, ()).chosen
    gains: dict[str, list[float]] = {"equal shares": [], "value maximum": []}
    for unit in instance.units:
        inflated = equal_shares(_inflated(open_market(instance), unit.id)).funded
        gains["equal shares"].append(_gain(instance, unit.id, shares, inflated))
        claimed = value_maximum(_by_claims(instance, {unit.id: INFLATION}), ()).chosen
        gains["value maximum"].append(_gain(instance, unit.id, most, claimed))
    return [
        Figure(f"one unit inflates x{INFLATION}: {name}", statistics.median(each), "x", None, _spread(each))
        for name, each in gains.items()
    ]


def _spread(gains: list[float]) -> str:
    return f"received after / before, median of {len(gains)} units; {min(gains):.2f}x to {max(gains):.2f}x"


def _contested(instance: Instance) -> Instance:
    common = [each.id for each in instance.requests[:40]]
    chance = random.Random(7)
    units = []
    for unit in instance.units:
        own = {key: points // 2 for key, points in (unit.ballot or {}).items() if key not in common}
        shared = dict.fromkeys(chance.sample(common, 12), 4)
        units.append(replace(unit, ballot={**own, **shared}))
    return replace(instance, units=tuple(units))


def _by_claims(instance: Instance, factor: dict[str, int]) -> Instance:
    """The same cycle with the claims of the units as values."""
    requests = [
        replace(
            each,
            value=sum(unit.points(each.id) * unit.share * factor.get(unit.id, 1) for unit in instance.units),
        )
        for each in instance.requests
    ]
    return replace(instance, requests=tuple(requests))


def _inflated(market: Market, unit: str) -> Market:
    offers = {
        key: Offer(
            each.cost,
            each.weeks,
            {who: amount * (INFLATION if who == unit else 1) for who, amount in each.utility.items()},
        )
        for key, each in market.offers.items()
    }
    return replace(market, offers=offers)


def _gain(instance: Instance, unit: str, before: frozenset[str], after: frozenset[str]) -> float:
    ballot = next(each for each in instance.units if each.id == unit).ballot or {}
    honest, claimed = (
        sum(points for key, points in ballot.items() if key in chosen) for chosen in (before, after)
    )
    return claimed / honest if honest else 1.0


def _city() -> list[Figure]:
    election = _election(random.Random(1))
    content = write_election(election)
    profile = profile_of(election)
    name = f"city of {VOTERS:,} voters, {PROJECTS} projects"
    lines = [
        Figure(f"{name}: read", seconds(lambda: read_election(content)), "s", None, f"{len(content):,} bytes")
    ]
    for completion in Completion:
        winners: list[int] = []
        spent = seconds(lambda kept=winners, way=completion: kept.extend(completed_shares(profile, way)))
        share = profile.cost(winners) / profile.budget
        lines.append(
            Figure(f"{name}: {completion}", spent, "s", None, f"{len(winners)} winners, {share:.0%} spent")
        )
    return lines


def _election(chance: random.Random) -> Election:
    """Voters mostly vote for popular projects and for those of their own quarter of the city."""
    costs = [int(3 * BUDGET / PROJECTS * chance.lognormvariate(0, 1)) + 1 for _ in range(PROJECTS)]
    fame = [chance.paretovariate(1) for _ in range(PROJECTS)]
    place = [chance.random() for _ in range(PROJECTS)]
    votes = []
    for number in range(VOTERS):
        home = chance.random()
        weights = [
            known * (4 if abs(where - home) < 0.1 else 0.5) for known, where in zip(fame, place, strict=True)
        ]
        chosen = dict.fromkeys(
            str(each) for each in chance.choices(range(PROJECTS), weights, k=chance.randint(1, 10))
        )
        votes.append(Vote(str(number), tuple(chosen)))
    projects = tuple(Project(str(number), Fraction(min(cost, BUDGET))) for number, cost in enumerate(costs))
    return Election({}, Fraction(BUDGET), VoteType.APPROVAL, projects, tuple(votes))
