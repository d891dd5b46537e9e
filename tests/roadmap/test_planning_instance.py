"""What is wrong with an instance is said with its items; the same instance is the same bytes everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from apps.roadmap.planning.canonical import canonical_json, instance_hash, instance_json, read_instance
from apps.roadmap.planning.checks import check, dependency_cycle
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import Instance, Request, Standing, Unit
from apps.roadmap.planning.off_the_top import in_weeks, off_the_top, wallets
from apps.roadmap.planning.plans import make_plans
from tests.roadmap.cycles import cycles, large_cycle, shuffled

GOOD = Instance(
    capacities={"data": 20, "ml": 10},
    requests=(
        Request("a", {"ml": 4}, 7),
        Request("b", {"ml": 2, "data": 3}, 5, needs=frozenset({"a"})),
        Request("c", {"data": 9}, 2),
    ),
    units=(Unit("u1", 6000, {"a": 60, "b": 40}), Unit("u2", 4000, {"c": 100})),
)


def refused(instance: Instance) -> PlanningError:
    with pytest.raises(PlanningError) as refusal:
        make_plans(instance)
    return refusal.value


def with_request(**changes: Any) -> Instance:
    first, *others = GOOD.requests
    return replace(GOOD, requests=(replace(first, **changes), *others))


def with_unit(**changes: Any) -> Instance:
    first, *others = GOOD.units
    return replace(GOOD, units=(replace(first, **changes), *others))


def test_a_good_one_passes() -> None:
    check(GOOD)


@pytest.mark.parametrize(
    ("instance", "sentence", "items"),
    [
        (with_request(needs=frozenset({"b"})), "need each other in a circle: a needs b needs a", ("a", "b")),
        (with_request(needs=frozenset({"a"})), "in a circle: a needs a", ("a",)),
        (with_request(needs=frozenset({"x"})), "needs x, which is not in the cycle", ("a", "x")),
        (with_request(excludes=frozenset({"x"})), "excludes x, which is not in the cycle", ("a", "x")),
        (with_request(excludes=frozenset({"a"})), "a excludes itself", ("a",)),
        (with_request(weeks={}), "a needs no capacity at all", ("a",)),
        (with_request(weeks={"ml": -1}), "a needs -1 of ml", ("a",)),
        (with_request(weeks={"ml": 1.5}), "a needs 1.5 of ml", ("a",)),
        (with_request(weeks={"law": 1}), "needs the role law, for which", ("a",)),
        (with_request(value=-1), "The value of a is -1", ("a",)),
        (with_request(value=10**13), "The value of a is", ("a",)),
        (with_request(id="b", needs=frozenset()), "The request b is there 2 times", ("b",)),
        (with_unit(id="u2"), "The unit u2 is there 2 times", ("u2",)),
        (with_unit(share=5999), "The shares add up to 9,999 basis points", ()),
        (with_unit(share=-1), "The share of u1 is -1", ("u1",)),
        (with_unit(ballot={"a": 101}), "gives 101 points, 100 at most", ("u1",)),
        (with_unit(ballot={"a": -1}), "something else than whole points", ("u1", "a")),
        (with_unit(ballot={"x": 1}), "gives points to x, which is not in the cycle", ("u1", "x")),
        (replace(GOOD, units=()), "The shares add up to 0 basis points", ()),
        (replace(GOOD, capacities={"data": 0, "ml": 0}), "no capacity in any role", ()),
        (replace(GOOD, capacities={"data": 20, "ml": -1}), "The capacity of ml is -1", ("ml",)),
        (replace(GOOD, reserve={"law": 1}), "The reserve of law is 1", ("law",)),
    ],
)
def test_what_is_wrong_is_said(instance: Instance, sentence: str, items: tuple[str, ...]) -> None:
    refusal = refused(instance)
    assert sentence in str(refusal)
    assert set(items) <= set(refusal.items)


def test_everything_wrong_is_said_at_once() -> None:
    refusal = refused(replace(with_request(weeks={}), reserve={"law": 1}, units=()))
    assert len(refusal.problems) == 3


def test_a_long_chain_of_needs_is_no_circle() -> None:
    chain = {f"r{number:05}": {f"r{number + 1:05}"} for number in range(20_000)}
    assert dependency_cycle(chain) == []
    assert len(dependency_cycle({**chain, "r20000": {"r00000"}})) == 20_001


def mandatory(*keys: str) -> Instance:
    return replace(
        GOOD,
        requests=tuple(
            replace(each, standing=Standing.MANDATORY) if each.id in keys else each for each in GOOD.requests
        ),
    )


def test_mandatory_items_bring_what_they_need() -> None:
    top = off_the_top(mandatory("b"))
    assert top.requests == ("a", "b")
    assert top.left == {"data": 17, "ml": 4}
    assert wallets(GOOD, top.pool) == {"u1": 13, "u2": 8}


def test_an_infeasible_mandatory_set_names_its_items() -> None:
    refusal = refused(replace(mandatory("b"), capacities={"data": 20, "ml": 6}, reserve={"ml": 1}))
    assert refusal.items == ("ml", "a", "b")
    assert "a (0.000004), b (0.000002)" in str(refusal)


def test_mandatory_items_that_exclude_each_other_are_named() -> None:
    asking = mandatory("a", "c")
    first, *others = asking.requests
    refusal = refused(replace(asking, requests=(replace(first, excludes=frozenset({"c"})), *others)))
    assert refusal.items == ("a", "c")


def test_a_reserve_above_the_capacity_is_said() -> None:
    assert "no item" in str(refused(replace(GOOD, reserve={"ml": 11})))


def test_a_role_without_capacity_is_a_reason_and_no_error() -> None:
    plans = make_plans(replace(GOOD, capacities={"data": 20, "ml": 0}))
    assert plans.default.requests == ("c",)
    assert plans.why_not["a"].lacking == {"ml": 4}


def test_all_capacity_off_the_top_leaves_empty_wallets() -> None:
    plans = make_plans(replace(mandatory("a", "b", "c"), capacities={"data": 12, "ml": 6}))
    assert plans.default.requests == ("a", "b", "c")
    assert plans.wallets == {"u1": 0, "u2": 0}


@settings(max_examples=60, deadline=None)
@given(instance=cycles())
def test_wallets_share_the_pool_to_the_last_micro_week(instance: Instance) -> None:
    for pool in (0, 1, 7, 1_000_003):
        assert sum(wallets(instance, pool).values()) == pool


@settings(max_examples=60, deadline=None)
@given(instance=cycles())
def test_the_json_reads_back_and_does_not_depend_on_the_order(instance: Instance) -> None:
    text = instance_json(instance)
    assert read_instance(text) == instance
    assert instance_json(read_instance(text)) == text == instance_json(shuffled(instance, 3))


def test_another_number_is_another_hash() -> None:
    assert instance_hash(GOOD) != instance_hash(with_request(value=8))
    assert instance_hash(GOOD) != instance_hash(with_unit(ballot=None))


def test_floats_have_no_canonical_form() -> None:
    with pytest.raises(TypeError):
        canonical_json({"a": 0.5})


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.update(format="else"),
        lambda data: data.update(requests={}),
        lambda data: data.update(capacities=[1]),
        lambda data: data["requests"].append("a"),
        lambda data: data["requests"][0].update(id=None),
        lambda data: data["requests"][0].update(weeks={"ml": 1.0}),
        lambda data: data["requests"][0].update(standing="royal"),
        lambda data: data["requests"][0].update(needs=[1]),
        lambda data: data["requests"][0].update(secret=1),
        lambda data: data["units"][0].update(share=True),
        lambda data: data["units"][0].update(ballot=[]),
    ],
)
def test_a_damaged_file_is_refused(damage: Any) -> None:
    data = json.loads(instance_json(GOOD))
    damage(data)
    with pytest.raises(PlanningError):
        read_instance(json.dumps(data))


@pytest.mark.parametrize("text", [b"", b"[1", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(PlanningError):
        read_instance(text)


def test_weeks_are_written_exactly() -> None:
    assert [in_weeks(each) for each in (0, 1, 1_500_000, 2_000_000_000)] == ["0", "0.000001", "1.5", "2,000"]


PLANNED = """
import hashlib, sys
from apps.roadmap.planning.canonical import canonical_json
from apps.roadmap.planning.plans import make_plans
from tests.roadmap.cycles import large_cycle, shuffled
plans = make_plans(shuffled(large_cycle(16, 3, 3), int(sys.argv[1])))
assert plans.reproducible
print("plans", plans.inputs, hashlib.sha256(canonical_json(plans)).hexdigest())
"""


def test_two_processes_with_other_hash_seeds_and_orders_give_the_same_bytes() -> None:
    printed = {
        subprocess.run(
            [sys.executable, "-c", PLANNED, seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.partition("plans")[2]
        for seed in ("1", "2")
    }
    assert len(printed) == 1
    assert instance_hash(large_cycle(16, 3, 3)) in printed.pop()


def test_no_solver_is_loaded_before_it_is_needed() -> None:
    script = (
        "import sys\n"
        "import apps.roadmap.planning.plans, apps.roadmap.planning.recompute, apps.roadmap.planning.exported\n"
        "print(sorted({'scipy', 'numpy', 'django'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
