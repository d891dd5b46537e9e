"""The value maximum equals trying every choice; limits of the solver are said; the ranking and the three plans."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings

from apps.roadmap.planning import value_maximum as solver
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import Instance, Request, Unit
from apps.roadmap.planning.off_the_top import off_the_top
from apps.roadmap.planning.plans import make_plans, plan_of
from apps.roadmap.planning.score_ranking import score_ranking
from apps.roadmap.planning.value_maximum import Limits, Proof, value_maximum
from tests.roadmap.cycles import cycles, large_cycle


def allowed(instance: Instance, chosen: set[str]) -> bool:
    requests = [each for each in instance.requests if each.id in chosen]
    for role, weeks in instance.capacities.items():
        if sum(each.weeks.get(role, 0) for each in requests) > weeks:
            return False
    return all(each.needs <= chosen and not each.excludes & chosen for each in requests)


def by_trying_all(instance: Instance, fixed: set[str]) -> tuple[int, frozenset[str]]:
    """The highest value, and of several choices the one that the fixed weights of the ids prefer."""
    ids = [each.id for each in instance.requests if each.id not in fixed]
    choices = [
        fixed | set(some)
        for size in range(len(ids) + 1)
        for some in combinations(ids, size)
        if allowed(instance, fixed | set(some))
    ]
    worth = {each.id: each.value for each in instance.requests}
    best = min(
        choices, key=lambda each: (-sum(worth[key] for key in each), sum(map(solver.tie_weight, each)))
    )
    return sum(worth[key] for key in best), frozenset(best)


@settings(max_examples=80, deadline=None)
@given(instance=cycles(requests=7, units=1))
def test_equals_trying_every_choice(instance: Instance) -> None:
    fixed = set(off_the_top(instance).requests)
    choice = value_maximum(instance, fixed)
    assert (choice.value, choice.chosen) == by_trying_all(instance, fixed)
    assert choice.proof is Proof.OPTIMAL
    assert choice.ties_settled


def test_a_time_limit_is_told() -> None:
    choice = value_maximum(large_cycle(150, 3, 1), (), Limits(nodes=None, seconds=0.000001))
    assert choice.proof in (Proof.LIMIT, Proof.NOTHING)
    assert "limit" in choice.told.lower()
    assert not choice.ties_settled


def test_a_solver_without_an_answer_leaves_the_fixed_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any) -> SimpleNamespace:
        return SimpleNamespace(x=None, status=1, message="Time limit reached.")

    monkeypatch.setattr(solver, "_milp", nothing)
    instance = large_cycle(10, 2, 1)
    choice = value_maximum(instance, ("r001",))
    assert (choice.proof, choice.chosen) == (Proof.NOTHING, {"r001"})
    assert choice.told == "The solver returned no plan: Time limit reached."


def test_an_answer_that_only_floats_allow_is_forbidden_and_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of three fit; a solver that says three is told so, and its next answer is taken."""
    requests = tuple(Request(key, {"ml": 1}, value) for key, value in (("a", 3), ("b", 2), ("c", 1)))
    instance = Instance({"ml": 2}, requests, (Unit("u1", 10_000),))
    honest = solver._milp
    asked: list[int] = []

    def careless(program: Any, worth: Any, at_least: Any, forbidden: Any, limits: Any) -> Any:
        asked.append(len(forbidden))
        if at_least is None and not forbidden:
            return SimpleNamespace(x=[1, 1, 1], status=0, message="")
        return honest(program, worth, at_least, forbidden, limits)

    monkeypatch.setattr(solver, "_milp", careless)
    assert value_maximum(instance, ()).chosen == {"a", "b"}
    assert asked == [0, 1]


def test_fixed_requests_that_do_not_fit_are_refused() -> None:
    instance = Instance({"ml": 1}, (Request("a", {"ml": 2}),), (Unit("u1", 10_000),))
    with pytest.raises(PlanningError, match="do not fit"):
        value_maximum(instance, ("a",))


def test_large_values_are_told_apart() -> None:
    big = 10**12 - 1
    requests = (Request("a", {"ml": 1}, big), Request("b", {"ml": 1}, big + 1), Request("c", {"ml": 1}, 0))
    choice = value_maximum(Instance({"ml": 3}, requests, (Unit("u1", 10_000),)), ())
    assert choice.value == 2 * big + 1


@settings(max_examples=80, deadline=None)
@given(instance=cycles(requests=8))
def test_the_ranking_is_allowed_and_leaves_nothing_that_fits(instance: Instance) -> None:
    taken = set(score_ranking(instance, off_the_top(instance).requests))
    assert allowed(instance, taken)
    for each in instance.requests:
        assert each.id in taken or not each.needs <= taken or not allowed(instance, {*taken, each.id})


def test_the_ranking_takes_the_highest_value_per_week_with_its_prerequisites() -> None:
    requests = (
        Request("a", {"ml": 4}, 8),
        Request("b", {"ml": 1}, 9, needs=frozenset({"c"})),
        Request("c", {"ml": 2}, 0),
        Request("d", {"ml": 9}, 9),
    )
    instance = Instance({"ml": 8}, requests, (Unit("u1", 10_000),))
    assert score_ranking(instance, ()) == ("b", "c", "a")


def test_three_plans_side_by_side() -> None:
    """u2 is small and wants only c, for which it has 160 of 200; the fill takes what is worth most."""
    requests = (Request("a", {"ml": 400}, 100), Request("b", {"ml": 400}, 90), Request("c", {"ml": 200}, 1))
    units = (Unit("u1", 8000, {"a": 60, "b": 40}), Unit("u2", 2000, {"c": 100}), Unit("u3", 0, None))
    plans = make_plans(Instance({"ml": 800}, requests, units))
    assert plans.course.funded == {"a"}
    assert plans.filled == ("b",)
    assert plans.default.requests == plans.maximum.requests == plans.ranking.requests == ("a", "b")
    assert plans.price_of_fairness == 0
    assert plans.default.received == {"u1": Fraction(1), "u2": Fraction(0), "u3": None}
    assert plans.without_ballot == ("u3",)
    assert plans.why_not["c"].cost_at_most == 160
    assert plans.reproducible


def test_the_price_of_fairness() -> None:
    requests = (Request("a", {"ml": 4}, 100), Request("b", {"ml": 4}, 90), Request("c", {"ml": 3}, 1))
    units = (Unit("u1", 6000, {"a": 60, "b": 40}), Unit("u2", 4000, {"c": 100}))
    plans = make_plans(Instance({"ml": 8}, requests, units))
    assert plans.default.requests == ("a", "c")
    assert plans.price_of_fairness == 1 - Fraction(101, 190)
    assert plan_of(Instance({"ml": 8}, requests, units), ("a",)).used == {"ml": 4}
