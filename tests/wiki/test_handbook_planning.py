"""The numbers of the handbook's chapters on the roadmap are those that the product computes."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from apps.roadmap.management.commands.plan import Command as PlanCommand
from apps.roadmap.management.commands.recompute_election import Command as RecomputeElection
from apps.roadmap.management.plan_file import is_file
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance, Request, Unit
from apps.roadmap.planning.plans import Plan, Plans, make_plans
from apps.roadmap.queries.scores import rates_of
from apps.roadmap.valuing import Expectation, Opinion, value_of
from apps.roadmap.workflow import LADDER, CycleState
from tests.wiki.test_handbook_text import chapters

UNITS = ("Retail", "Insurance")


def table(chapter: str, first: str) -> list[list[str]]:
    """The rows of the table whose head begins with `first`, without the head."""
    text = chapters()[chapter].body
    found = re.search(rf"^\| {re.escape(first)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found, first
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]


def instance() -> Instance:
    """The example as its tables say."""
    rows = table("planning", "Request | Weeks")
    requests = tuple(
        Request(name, {"ml": int(weeks) * MICRO_WEEKS}, int(value)) for name, weeks, value, _, _ in rows
    )
    ballots = [{row[0]: int(row[place]) for row in rows} for place in (3, 4)]
    shares = [int(each) * 100 for each in re.findall(r"(?:a share of|Insurance has) (\d+) per cent", body())]
    units = tuple(Unit(*each) for each in zip(UNITS, shares, ballots, strict=True))
    return Instance({"ml": 10 * MICRO_WEEKS}, requests, units)


def body() -> str:
    return chapters()["planning"].body


@cache
def plans() -> Plans:
    return make_plans(instance())


def test_the_rounds_of_the_example() -> None:
    told = [
        [row[0], row[1], *(int(each) * MICRO_WEEKS for each in row[2:])]
        for row in table("planning", "Round | Bought")
    ]
    rounds = plans().course.rounds
    after = [*(each.wallets for each in rounds[1:]), plans().course.wallets]
    computed: list[list[Any]] = [
        [
            str(each.number),
            *each.items,
            *(each.payments.get(unit, 0) for unit in UNITS),
            *(left[unit] for unit in UNITS),
        ]
        for each, left in zip(rounds, after, strict=True)
    ]
    assert told == computed


def test_the_three_plans_of_the_example() -> None:
    told = {row[0]: row[1:] for row in table("planning", "Plan | Requests")}
    found = plans()
    assert told["Equal shares with fill"] == _row(found.default)
    assert told["Value maximum"] == _row(found.maximum)
    assert told["Score ranking"] == _row(found.ranking)
    assert f"1 − {found.default.value} / {found.maximum.value} = {found.price_of_fairness * 100}%" in body()


def _row(plan: Plan) -> list[str]:
    received = [f"{(plan.received[unit] or 0) * 100}%" for unit in UNITS]
    return [", ".join(plan.requests), str(plan.value), *received]


def test_the_why_not_of_the_example() -> None:
    why = plans().why_not["Calls"]
    text = chapters()["planning"].section("Receipts and why-nots")
    assert f"less than {(why.cost_at_most or 0) / MICRO_WEEKS:g} weeks" in text
    told = {unit: int(points) for points, unit in re.findall(r"with (\d+) points from (\w+)", text)}
    assert told == dict(why.points_at_least)
    assert set(plans().why_not) == {"Calls"}


def test_the_worked_value() -> None:
    text = chapters()["roadmap"].section("Scoring in plain words")
    ladder = {row[0]: Decimal(row[1]) for row in table("roadmap", "Evidence | Counts")}
    assert ladder == {str(key): value for key, value in LADDER.items()}
    views = re.findall(r"\| (\d+) hours a week \| (\w+), [\d.]+ \| .* = ([\d,]+) \|", text)
    assert len(views) == 2
    found = [_value([view[:2]]) for view in views]
    assert [f"{each:,.0f}" for each in found] == [view[2] for view in views]
    middle = _value([view[:2] for view in views])
    assert f"**{middle:,.0f} points**" in text and f"here {middle / 4:,.0f}." in text
    assert f"bring {_value([('40', 'pilot')]):,.0f}:" in text


def _value(views: list[tuple[str, ...]]) -> Decimal:
    priced = replace(rates_of(None), per_unit={("cost", "hours a week"): Decimal(2080)})
    opinions = [
        Opinion(
            str(number),
            [Expectation("Hours", "cost", "hours a week", Decimal(hours), evidence)],
            Decimal(1),
            "steady",
        )
        for number, (hours, evidence) in enumerate(views)
    ]
    found = value_of(opinions, priced)
    assert found is not None and found.delay == found.value / 4 and not found.is_wide
    return found.value


def test_states_and_commands_are_those_of_the_product() -> None:
    assert [row[0] for row in table("planning", "State | What happens")] == CycleState.labels
    plan, file, election = (fence.split() for fence in chapters()["planning"].fences("sh"))
    given = vars(PlanCommand().create_parser(*plan[1:3]).parse_args(plan[3:]))
    assert given["recompute"] is True and given["source"] == "first-cycle"
    given = vars(PlanCommand().create_parser(*file[1:3]).parse_args(file[3:-2]))
    assert given["recompute"] is True and is_file(given["source"]) and given["sha256"] == "HASH"
    chosen = RecomputeElection().create_parser(*election[1:3]).parse_args(election[3:])
    assert vars(chosen)["rule"] == "equal_shares"
