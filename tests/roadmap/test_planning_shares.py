"""Equal shares against its plain reading, against cloned voters, against published examples, and its promises."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings

from apps.roadmap.planning.bundles import Ties
from apps.roadmap.planning.checks import check
from apps.roadmap.planning.equal_shares import equal_shares
from apps.roadmap.planning.instance import Instance, Request, Unit
from apps.roadmap.planning.market import Market, Offer, open_market
from apps.roadmap.planning.off_the_top import off_the_top, wallets
from tests.roadmap.cycles import cycles, large_cycle, shuffled
from tests.roadmap.plain_shares import PlainCycle


@settings(max_examples=150, deadline=None)
@given(instance=cycles())
def test_equals_the_plain_reading(instance: Instance) -> None:
    check(instance)
    top = off_the_top(instance)
    purse = wallets(instance, top.pool)
    plain = PlainCycle(instance, set(top.requests), dict(top.left), purse)
    course = equal_shares(open_market(instance, top))
    assert [each.items for each in course.rounds] == plain.bought
    assert [each.payments for each in course.rounds] == plain.paid
    assert course.wallets == plain.purse


@pytest.mark.parametrize("seed", range(6))
def test_equals_the_plain_reading_in_a_whole_quarter(seed: int) -> None:
    instance = large_cycle(40, 6, seed)
    top = off_the_top(instance)
    plain = PlainCycle(instance, set(), dict(top.left), wallets(instance, top.pool))
    assert [each.items for each in equal_shares(open_market(instance)).rounds] == plain.bought


@settings(max_examples=100, deadline=None)
@given(instance=cycles(requests=8))
def test_keeps_its_promises(instance: Instance) -> None:
    market = open_market(instance)
    course = equal_shares(market)
    funded = course.funded | market.funded
    assert all(amount >= 0 for amount in course.wallets.values())
    assert all(weeks >= 0 for weeks in course.room.values())
    for each in course.rounds:
        assert (
            sum(each.payments.values())
            == each.offer.cost
            == sum(instance.request(key).cost for key in each.items)
        )
        assert all(0 < paid <= each.wallets[unit] for unit, paid in each.payments.items())
        assert each.payments.keys() <= each.offer.utility.keys()
    for key in funded:
        assert instance.request(key).needs <= funded
        assert not instance.request(key).excludes & funded
    spent = sum(each.offer.cost for each in course.rounds)
    assert sum(market.wallets.values()) - sum(course.wallets.values()) == spent


@settings(max_examples=100, deadline=None)
@given(instance=cycles(requests=8))
def test_stops_only_where_nothing_that_fits_can_be_paid(instance: Instance) -> None:
    market = open_market(instance)
    course = equal_shares(market)
    funded = course.funded | market.funded
    for key in market.offers.keys() - course.funded - course.left.keys():
        items = market.ties.bundle(key, funded)
        rest = market.bundle(items)
        payable = sum(course.wallets[unit] for unit in rest.utility)
        assert not rest.fits(course.room) or payable < rest.cost or market.ties.quarrels(items)


@settings(max_examples=60, deadline=None)
@given(instance=cycles(requests=8))
def test_does_not_depend_on_the_order_of_the_input(instance: Instance) -> None:
    again = shuffled(instance, 5)
    assert again == instance
    assert equal_shares(open_market(again)) == equal_shares(open_market(instance))


@pytest.mark.parametrize("seed", range(60))
def test_unequal_wallets_equal_cloned_voters(seed: int) -> None:
    """A unit of share s is s voters with a wallet of one and the same points."""
    chance = random.Random(seed)
    shares = {f"u{number}": chance.randint(1, 5) for number in range(4)}
    points = {unit: {f"r{number}": chance.randint(0, 30) for number in range(8)} for unit in shares}
    costs = {f"r{number}": chance.randint(10**8, 10**9) for number in range(8)}
    one = chance.randint(10**8, 4 * 10**8)
    united = _market(costs, {unit: share * one for unit, share in shares.items()}, points, shares)
    clones = [f"{unit}.{number}" for unit, share in shares.items() for number in range(share)]
    cloned_points = {clone: points[clone.partition(".")[0]] for clone in clones}
    cloned = _market(costs, dict.fromkeys(clones, one), cloned_points, dict.fromkeys(clones, 1))
    bought = [each.items for each in equal_shares(united).rounds]
    assert bought == [each.items for each in equal_shares(cloned).rounds]
    assert bought


def _market(
    costs: dict[str, int], purse: dict[str, int], points: dict[str, dict[str, int]], shares: dict[str, int]
) -> Market:
    offers = {
        key: Offer(cost, {}, {unit: own[key] * shares[unit] for unit, own in points.items() if own[key]})
        for key, cost in costs.items()
    }
    return Market(offers, purse, {}, Ties.of(Request(key, {"any": cost}) for key, cost in costs.items()))


def _committee(ballots: list[str], seats: int, parts: int) -> Market:
    """A committee election as a market: seats x parts / voters for everybody, a candidate costs `parts`."""
    purse = {f"v{number:02}": seats * parts // len(ballots) for number in range(len(ballots))}
    names = sorted(set("".join(ballots)))
    points = {
        voter: {name: int(name in ballot) for name in names}
        for voter, ballot in zip(purse, ballots, strict=True)
    }
    return _market(dict.fromkeys(names, parts), purse, points, dict.fromkeys(purse, 1))


def test_example_11_of_the_book_on_approval_voting() -> None:
    """Lackner and Skowron, "Multi-Winner Voting with Approval Preferences", example 11: only a, at 1/8 each."""
    ballots = ["ab"] * 3 + ["ac"] * 3 + ["ad"] * 2 + ["bcf", "e", "f", "g"]
    course = equal_shares(_committee(ballots, seats=4, parts=24))
    assert [each.items for each in course.rounds] == [("a",)]
    assert list(course.wallets.values()) == [5] * 8 + [8] * 4


def test_example_12_of_the_book_on_approval_voting() -> None:
    """The same, example 12: c at 1/5, then a at 13/40, for which two voters give all they have."""
    ballots = ["cd"] * 3 + ["ab"] * 2 + ["ac"] * 2 + ["bd"]
    course = equal_shares(_committee(ballots, seats=3, parts=40))
    assert [each.items for each in course.rounds] == [("c",), ("a",)]
    assert [each.price.numerator / each.price.denominator for each in course.rounds] == [8, 13]
    assert list(course.wallets.values()) == [7] * 3 + [2] * 2 + [0] * 2 + [15]


def test_ties_go_to_the_cheaper_then_the_more_supported_then_the_lower_id() -> None:
    purse = {"u1": 6, "u2": 6}
    cheaper = _market(
        {"a": 4, "b": 2}, purse, {"u1": {"a": 2, "b": 1}, "u2": {"a": 0, "b": 0}}, {"u1": 1, "u2": 1}
    )
    assert [each.head for each in equal_shares(cheaper).rounds] == ["b", "a"]
    wider = _market(
        {"a": 2, "b": 2}, purse, {"u1": {"a": 2, "b": 1}, "u2": {"a": 0, "b": 1}}, {"u1": 1, "u2": 1}
    )
    assert [each.head for each in equal_shares(wider).rounds] == ["b", "a"]
    same = _market({"b": 2, "a": 2}, purse, {"u1": {"a": 1, "b": 1}}, {"u1": 1})
    assert [each.head for each in equal_shares(same).rounds] == ["a", "b"]


def test_a_remainder_goes_by_largest_fraction_then_lowest_id() -> None:
    market = _market(
        {"a": 10},
        {"u1": 9, "u2": 9, "u3": 9},
        {f"u{n}": {"a": 1} for n in (1, 2, 3)},
        {"u1": 1, "u2": 1, "u3": 1},
    )
    assert equal_shares(market).rounds[0].payments == {"u1": 4, "u2": 3, "u3": 3}


def test_what_a_prerequisite_makes_cheaper_is_bought_after_it() -> None:
    """b needs a; together they are dearer than a alone, which u1 buys; what is left of the bundle, u2 can pay."""
    requests = (Request("a", {"ml": 6}), Request("b", {"ml": 3}, needs=frozenset({"a"})))
    units = (Unit("u1", 6000, {"a": 100}), Unit("u2", 4000, {"b": 30}))
    course = equal_shares(open_market(Instance({"ml": 10}, requests, units)))
    assert [(each.head, each.payments) for each in course.rounds] == [("a", {"u1": 6}), ("b", {"u2": 3})]


def test_what_excludes_a_winner_leaves_with_all_that_needs_it() -> None:
    requests = (
        Request("a", {"ml": 2}, excludes=frozenset({"b"})),
        Request("b", {"ml": 2}),
        Request("c", {"ml": 1}, needs=frozenset({"b"})),
    )
    units = (Unit("u1", 10_000, {"a": 60, "b": 20, "c": 20}),)
    course = equal_shares(open_market(Instance({"ml": 10}, requests, units)))
    assert course.funded == {"a"}
    assert course.left == {"b": "a", "c": "a"}
