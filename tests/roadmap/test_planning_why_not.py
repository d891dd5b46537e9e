"""Thresholds hold when the method is run again at them, and fail just below; nothing that would do is kept back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from apps.roadmap.planning.equal_shares import equal_shares
from apps.roadmap.planning.instance import POINTS, Instance, Request, Unit
from apps.roadmap.planning.market import Market, open_market
from apps.roadmap.planning.plans import explain
from apps.roadmap.planning.why_not import Reason, WhyNot
from tests.roadmap.cycles import cycles, large_cycle


def funds(market: Market, key: str) -> bool:
    return key in equal_shares(market).funded


def assert_thresholds_hold(instance: Instance, market: Market, answer: WhyNot) -> None:
    key = answer.request
    shares = {unit.id: unit.share for unit in instance.units}
    if (cost := answer.cost_at_most) is not None:
        assert funds(market.with_cost(key, cost), key)
        assert not funds(market.with_cost(key, cost + 1), key)
    for unit, least in answer.points_at_least.items():
        assert 0 < least <= POINTS
        assert funds(market.with_utility(key, unit, least * shares[unit]), key)
        assert not funds(market.with_utility(key, unit, (least - 1) * shares[unit]), key)
    for unit in answer.unreachable:
        assert not funds(market.with_utility(key, unit, POINTS * shares[unit]), key)
    for role, more in answer.more_room.items():
        assert funds(market.with_room(role, more), key)
        assert not funds(market.with_room(role, more - 1), key)


def answers(instance: Instance) -> tuple[Market, dict[str, WhyNot]]:
    market = open_market(instance)
    return market, explain(instance, market, equal_shares(market))


@settings(max_examples=120, deadline=None)
@given(instance=cycles(requests=7))
def test_thresholds_hold_at_and_fail_below(instance: Instance) -> None:
    market, told = answers(instance)
    assert told.keys() == market.offers.keys() - equal_shares(market).funded
    for answer in told.values():
        assert_thresholds_hold(instance, market, answer)


@pytest.mark.parametrize("seed", range(2))
def test_thresholds_hold_in_a_whole_quarter(seed: int) -> None:
    instance = large_cycle(60, 6, seed)
    market, told = answers(instance)
    assert sum(len(each.points_at_least) for each in told.values()) > 50
    for answer in told.values():
        assert_thresholds_hold(instance, market, answer)


@settings(max_examples=60, deadline=None)
@given(instance=cycles(requests=7))
def test_nothing_that_would_do_is_kept_back(instance: Instance) -> None:
    """Where no threshold is told of a request that stands alone, not even all points or the lowest cost suffice."""
    market, told = answers(instance)
    shares = {unit.id: unit.share for unit in instance.units if unit.share}
    for key, answer in told.items():
        if not market.ties.alone(key):
            continue
        if answer.cost_at_most is None:
            assert not funds(market.with_cost(key, 1), key) or market.offers[key].cost == 1
        for unit in shares.keys() - answer.points_at_least.keys():
            assert not funds(market.with_utility(key, unit, POINTS * shares[unit]), key)


def one_role(
    capacity: int, requests: dict[str, int], ballots: dict[str, tuple[int, dict[str, int]]]
) -> Instance:
    return Instance(
        {"ml": capacity},
        tuple(Request(key, {"ml": weeks}) for key, weeks in requests.items()),
        tuple(Unit(key, share, ballot) for key, (share, ballot) in ballots.items()),
    )


def test_too_dear_for_its_supporters() -> None:
    instance = one_role(100, {"a": 60, "b": 30}, {"u1": (5000, {"a": 50}), "u2": (5000, {"b": 100})})
    answer = answers(instance)[1]["a"]
    assert (answer.reason, answer.cost, answer.payable) == (Reason.PRICE, 60, 50)
    assert answer.cost_at_most == 50
    assert answer.points_at_least == {"u2": 1}  # what u2 has left after b suffices, whatever points it gives


def test_no_points_at_all() -> None:
    instance = one_role(100, {"a": 60, "b": 30}, {"u1": (10_000, {"b": 100})})
    answer = answers(instance)[1]["a"]
    assert (answer.reason, answer.payable, answer.cost_at_most) == (Reason.NO_POINTS, 0, None)
    assert answer.points_at_least == {"u1": 1}


def test_a_role_is_full() -> None:
    requests = (Request("a", {"ml": 8, "web": 1}), Request("b", {"ml": 1, "web": 5}))
    units = (Unit("u1", 10_000, {"a": 80, "b": 20}),)
    answer = answers(Instance({"ml": 20, "web": 4}, requests, units))[1]["b"]
    assert (answer.reason, answer.lacking) == (Reason.ROLE, {"web": 2})
    assert answer.more_room == {"web": 2}
    assert answer.cost_at_most is None


def test_driven_out_by_a_winner() -> None:
    requests = (Request("a", {"ml": 1}), Request("b", {"ml": 1}, excludes=frozenset({"a"})))
    units = (Unit("u1", 10_000, {"a": 80, "b": 20}),)
    answer = answers(Instance({"ml": 20}, requests, units))[1]["b"]
    assert (answer.reason, answer.driven_out_by) == (Reason.EXCLUDED, "a")


def test_what_it_needs_exclude_each_other() -> None:
    requests = (
        Request("a", {"ml": 30}),
        Request("b", {"ml": 30}, excludes=frozenset({"a"})),
        Request("c", {"ml": 1}, needs=frozenset({"a", "b"})),
    )
    units = (Unit("u1", 10_000, {"c": 80}),)
    assert answers(Instance({"ml": 20}, requests, units))[1]["c"].reason is Reason.QUARREL


def test_more_than_a_hundred_points_is_not_reachable_by_points() -> None:
    """b would have to beat a, which u1 gives 98 points at a third of the cost."""
    instance = one_role(90, {"a": 30, "b": 89}, {"u1": (10_000, {"a": 98, "b": 2})})
    answer = answers(instance)[1]["b"]
    assert answer.points_at_least == {}
    assert answer.unreachable == ("u1",)
