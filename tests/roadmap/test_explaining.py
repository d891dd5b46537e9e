"""Receipts and reasons in words: every figure that is told holds when the method is run again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from apps.roadmap.actions import planning
from apps.roadmap.models import Cycle, PlanRun, Request
from apps.roadmap.planning.audit import bought_alone
from apps.roadmap.planning.canonical import canonical_json
from apps.roadmap.planning.equal_shares import buys
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance, Unit
from apps.roadmap.planning.instance import Request as Wanted
from apps.roadmap.planning.market import open_market
from apps.roadmap.planning.plans import STAGES, make_plans
from apps.roadmap.queries.explaining import Explained, Way
from apps.roadmap.queries.instance import key
from apps.roadmap.queries.naming import UNSEEN, Names
from apps.roadmap.queries.plan_totals import price_in_words, role_totals, unit_totals
from apps.roadmap.queries.planner_words import (
    apart,
    exactly,
    figure,
    higher,
    lower,
    percent,
    role_people,
    weeks,
)
from apps.roadmap.queries.plans_told import _why_not as why_of_one
from apps.roadmap.queries.why_words import Change, no_of, reason_of
from apps.roadmap.workflow import PlanKind
from tests.roadmap import making
from tests.roadmap.cycles import cycles, large_cycle
from tests.roadmap.test_cycle_story import planned

WEEK = MICRO_WEEKS


class Told(Explained):
    """An instance planned and explained without tables; the reader sees everything but `hidden`."""

    def __init__(self, instance: Instance, hidden: tuple[str, ...] = ()) -> None:
        self.run = SimpleNamespace(sandbox={})  # type: ignore[assignment]
        self.instance = instance
        self.result = json.loads(canonical_json(make_plans(instance)))
        shown = {each.id: each.id for each in instance.requests if each.id not in hidden}
        self.names = Names(shown, {})  # type: ignore[arg-type]


def with_points(instance: Instance, unit: str, request: str, number: int) -> Instance:
    units = tuple(
        replace(each, ballot={**(each.ballot or {}), request: number}) if each.id == unit else each
        for each in instance.units
    )
    return replace(instance, units=units)


def suffices(read: Explained, request: str, change: Change) -> bool:
    """The method, run again with the change that the words tell."""
    if change.kind == "cost":
        return buys(read.market.with_cost(request, change.amount), request)
    if change.kind == "room":
        return buys(read.market.with_room(change.of, change.amount), request)
    return buys(open_market(with_points(read.instance, change.of, request, change.amount)), request)


def told_figure(change: Change) -> int:
    found = re.search(r"([\d,]+(?:\.\d+)?)", change.sentence)
    assert found
    number = found.group(1).replace(",", "")
    whole, _, rest = number.partition(".")
    return int(whole) * WEEK + int(rest.ljust(6, "0") or 0)


def assert_words_hold(read: Explained) -> int:
    told = 0
    for name in read.result["why_not"]:
        no = no_of(read, name)
        assert no is not None and no.reason
        for change in no.changes:
            assert suffices(read, name, change), (name, change)
            if change.kind == "cost":
                assert "or less, instead of" in change.sentence
                assert suffices(read, name, replace(change, amount=change.amount // 2 or 1)), (name, change)
            if change.kind != "points":
                assert told_figure(change) == change.amount
            told += 1
    return told


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cycles())
def test_every_figure_of_a_small_cycle_holds(instance):
    assert_words_hold(Told(instance))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_figure_of_a_quarter_holds_though_rounded(seed):
    read = Told(large_cycle(40, 5, seed))
    assert assert_words_hold(read) > 10


def test_thresholds_are_rounded_to_the_safe_side():
    assert lower(3_274_999, lambda cost: True) == 3_200_000
    assert lower(3_274_999, lambda cost: cost <= 3_150_000 or cost == 3_274_999) == 3_274_999
    assert higher(1_410_001, lambda more: True) == 1_420_000
    assert lower(7, lambda cost: True) == 7
    assert exactly(3_200_000) == "3.2 person-weeks" and exactly(WEEK) == "1 person-week"
    assert weeks(12_345_678) == "12.3 person-weeks" and figure(40_000) == "0.04" and figure(0) == "0"
    assert role_people("ml-engineer") == "ML engineers"
    assert role_people("data-scientist") == "data scientists"


def three(**fields: Any) -> Instance:
    requests = (
        Wanted("a", {"ml-engineer": 4 * WEEK}, 90),
        Wanted("b", {"ml-engineer": 4 * WEEK}, 50),
        Wanted("c", {"ml-engineer": 4 * WEEK}, 10),
    )
    units = (
        Unit("unit:retail", 6_000, {"a": 60, "b": 40}),
        Unit("unit:insurance", 4_000, {"c": 100}),
    )
    return replace(Instance({"ml-engineer": 10 * WEEK}, requests, units), **fields)


def test_a_no_is_told_in_words():
    no = no_of(Told(three()), "b")
    assert no is not None
    assert no.reason == (
        "It costs 4 person-weeks; after the last round unit:retail, which gave it points, had 2 person-weeks left, "
        "and the roles lacked 2 person-weeks of ML engineers."
    )
    sentences = [change.sentence for change in no.changes]
    assert sentences == [
        "a cost of 2.6 person-weeks or less, instead of 4 person-weeks, to be bought while the roles still had room",
        "40 points from unit:insurance instead of none, with 40 taken from other requests on its ballot",
        "61 points from unit:retail instead of 40, with 21 taken from other requests on its ballot",
    ]


def test_a_no_says_which_roles_lacked_too():
    """b had the money for less than it costs at the end, and no room then either: a lower cost has to come in before."""
    both = {"ml-engineer": 4 * WEEK, "analyst": 2 * WEEK}
    requests = (Wanted("a", both, 90), Wanted("b", both, 50), Wanted("c", {"ml-engineer": 4 * WEEK}, 10))
    instance = three(requests=requests, capacities={"ml-engineer": 11 * WEEK, "analyst": 3 * WEEK})
    no = no_of(Told(instance), "b")
    assert no is not None
    assert no.reason == (
        "It costs 6 person-weeks; after the last round unit:retail, which gave it points, had 2.4 person-weeks left, "
        "and the roles lacked 1 person-week of analysts and 1 person-week of ML engineers."
    )
    assert no.changes[0].sentence.endswith(
        "person-weeks or less, instead of 6 person-weeks, to be bought while the roles still had room"
    )


def test_two_amounts_in_one_sentence_do_not_read_alike():
    assert apart(4_040_000, 3_960_000) == ("4.04 person-weeks", "3.96 person-weeks")
    assert apart(4_040_000, 3_900_000) == ("4 person-weeks", "3.9 person-weeks")


def test_a_request_without_points_and_one_that_is_excluded_say_so():
    silent = three(units=(Unit("unit:retail", 6_000, {"a": 100}), Unit("unit:insurance", 4_000, None)))
    read = Told(silent)
    assert reason_of(read, "b") == "No unit gave points to it."
    change = next(each for each in no_of(read, "b").changes if each.of == "unit:insurance")
    assert change.sentence.endswith("from unit:insurance, which cast no ballot")
    rivals = three()
    first, second, third = rivals.requests
    read = Told(replace(rivals, requests=(first, replace(second, excludes={"a"}), third)))
    assert reason_of(read, "b") == "It cannot be done beside “a”, which is in the plan."
    assert no_of(read, "b").changes == ()


def test_what_is_not_shown_has_no_title_and_no_figure_of_its_own():
    first, second, third = three().requests
    tied = three(
        requests=(first, replace(second, needs={"a"}), replace(third, weeks={"ml-engineer": 9 * WEEK}))
    )
    read = Told(tied, hidden=("a",))
    text = str(no_of(read, "b")) + str(read.receipt("b"))
    assert "“a”" not in text
    receipt = Told(three(), hidden=("a",)).receipt("a")
    assert receipt is not None and not receipt.complete and receipt.payments == ()
    assert Names({}, {}).titles(["a"]) == [UNSEEN]


def test_with_a_hidden_need_no_figure_is_told_from_which_its_cost_would_follow():
    """What units have left is public: with one threshold the cost of the bundle, and so the hidden one's, is known."""
    first, second, third = three().requests
    tied = three(
        requests=(first, replace(second, needs={"a"}), third),
        units=(Unit("unit:retail", 6_000, {"b": 100}), Unit("unit:insurance", 4_000, {"c": 100})),
    )
    seen, unseen = Told(tied), Told(tied, hidden=("a",))
    assert set(seen.result["why_not"]["b"]["bundle"]) == {"a", "b"}
    assert no_of(seen, "b").changes and no_of(unseen, "b").changes == ()
    assert "not shown to you" in no_of(unseen, "b").limits[0]
    figures = ("cost", "cost_at_most", "points_at_least", "unreachable", "lacking", "more_room")
    told = [why_of_one(read, "b", read.result["why_not"]["b"]) for read in (seen, unseen)]
    assert [any(each[name] for name in figures) for each in told] == [True, False]


def test_receipts_and_totals_add_up():
    read = Told(large_cycle(40, 5, 7), hidden=("r001", "r002"))
    totals = unit_totals(read)
    for each in totals:
        assert each.wallet == each.spent + each.left
        assert each.spent == each.elsewhere + sum(paid for _, paid in each.purchases)
    for role in role_totals(read):
        assert role.top + role.bought + role.filled == role.used[PlanKind.EQUAL_SHARES]
        assert all(role.free(kind) >= 0 for kind in PlanKind)
    for name in read.rounds:
        receipt = read.receipt(name)
        assert not receipt.complete or sum(each.paid for each in receipt.payments) == receipt.cost


def test_the_audit_names_what_a_share_buys_alone():
    instance = three()
    assert bought_alone(instance) == {"unit:retail": {"a"}, "unit:insurance": {"c"}}
    totals = {each.unit: each for each in unit_totals(Told(instance))}
    small = totals["unit:insurance"]
    assert small.passes and small.alone == 1 and small.shortfall(PlanKind.VALUE_MAXIMUM)
    assert percent(totals["unit:retail"].default) == "60%"


def test_the_price_of_fairness_is_said():
    read = Told(three())
    assert percent(read.price_of_fairness) == "29%"
    assert "71% of the highest value" in price_in_words(read)


def test_each_stage_is_told_once_and_in_order():
    heard: list[str] = []
    make_plans(three(), told=heard.append)
    assert heard == list(STAGES)


def test_the_reader_sees_titles_of_what_they_may_see(people):
    requests, _ = planned(people)
    run = PlanRun.objects.get()
    Request.objects.filter(pk=requests[0].pk).update(visibility="restricted")
    bought, out, small = (key(each.pk) for each in requests)
    for name, title in (("ben", "“Sort the alerts”"), ("chloe", UNSEEN)):
        read = Explained(run, people[name])
        assert read.names.title(bought) == title
        assert (bought in read.hidden) == (name == "chloe")
        assert no_of(read, out) is not None
    read = Explained(run, people.ben)
    fates = [read.fate(each) for each in (bought, out, small)]
    assert [each.way for each in fates] == [Way.BOUGHT, Way.OUT, Way.BOUGHT]
    assert fates[1].plans == {PlanKind.VALUE_MAXIMUM, PlanKind.SCORE_RANKING}
    payments = read.receipt(bought).payments
    assert [(each.unit, each.paid, each.points) for each in payments] == [
        ("unit:retail-banking", 4 * WEEK, 60)
    ]
    assert read.names.unit("unit:retail-banking") == "Retail Banking"


def test_a_run_tells_its_stages(people):
    making.policy(people)
    row = making.voting_cycle(people, making.ready(people))
    planning.freeze(actor=people.esther, cycle=row)
    run = PlanRun.objects.get()
    assert (run.done, run.of) == (0, len(STAGES))
    run = planning.carry_out(run)
    assert (run.done, run.of, run.stage, run.state) == (len(STAGES), len(STAGES), "", "done")
    assert Cycle.objects.get().state == "proposed"
