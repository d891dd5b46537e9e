"""Winners of elections: against the plain reading run after run, against published outcomes, and from the command."""

from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.roadmap.management.commands.recompute_election import Command
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.pabulib import Election, Project, Vote, VoteType, write_election
from apps.roadmap.planning.profile import Utility, profile_of
from apps.roadmap.planning.recompute import Completion, Rule, recompute
from tests.roadmap.plain_shares import plain_completion

Number = int | Fraction
Costs = dict[str, Number]
Ballots = list[dict[str, int]]


def election(costs: Costs, ballots: Ballots, budget: Number, kind: VoteType) -> bytes:
    projects = tuple(Project(key, Fraction(cost)) for key, cost in costs.items())
    votes = tuple(
        Vote(
            str(number),
            tuple(ballot),
            tuple(Fraction(points) for points in ballot.values()) if kind.has_points else (),
        )
        for number, ballot in enumerate(ballots)
    )
    return write_election(Election({}, Fraction(budget), kind, projects, votes))


def approvals(costs: Costs, ballots: list[str], budget: Number) -> bytes:
    return election(costs, [dict.fromkeys(ballot, 1) for ballot in ballots], budget, VoteType.APPROVAL)


def generated(seed: int) -> tuple[Costs, Ballots, int, VoteType]:
    """Small numbers, so that ties and exactly emptied wallets are common."""
    chance = random.Random(seed)
    dearest = chance.choice((3, 10, 60))
    costs: Costs = {str(number): chance.randint(1, dearest) for number in range(chance.randint(1, 7))}
    kind = chance.choice((VoteType.APPROVAL, VoteType.CUMULATIVE, VoteType.SCORING))
    longest = min(4, len(costs))
    chosen = [chance.sample(list(costs), chance.randint(0, longest)) for _ in range(chance.randint(1, 9))]
    ballots = [{key: chance.randint(0, 5) if kind.has_points else 1 for key in each} for each in chosen]
    return costs, ballots, chance.randint(1, 4 * dearest), kind


@pytest.mark.parametrize("completion", Completion)
@pytest.mark.parametrize(
    "seeds", [range(start, start + 40) for start in range(0, 160, 40)], ids=lambda each: each.start
)
def test_equals_the_plain_reading(seeds: range, completion: Completion) -> None:
    for seed in seeds:
        costs, ballots, budget, kind = generated(seed)
        content = election(costs, ballots, budget, kind)
        for utility in Utility:
            by_cost = utility is Utility.COST and not kind.has_points
            worth = [
                {key: Fraction(costs[key] if by_cost else points) for key, points in ballot.items()}
                for ballot in ballots
            ]
            exact = {key: Fraction(costs[key]) for key in sorted(costs)}
            wanted = sorted(plain_completion(exact, worth, Fraction(budget), completion))
            assert recompute(content, utility=utility, completion=completion) == wanted, seed


def test_the_book_on_approval_voting() -> None:
    """Lackner and Skowron, examples 11 and 12: committees of four and of three."""
    eleven = ["ab"] * 3 + ["ac"] * 3 + ["ad"] * 2 + ["bcf", "e", "f", "g"]
    assert recompute(approvals(dict.fromkeys("abcdefg", 1), eleven, 4), utility=Utility.CARDINALITY) == ["a"]
    twelve = ["cd"] * 3 + ["ab"] * 2 + ["ac"] * 2 + ["bd"]
    assert recompute(approvals(dict.fromkeys("abcd", 1), twelve, 3), utility=Utility.CARDINALITY) == [
        "a",
        "c",
    ]


def test_fifty_one_percent_do_not_take_everything() -> None:
    """The first example of the method: 51 of 100 want ten red projects, 49 ten blue ones, and ten can be paid."""
    costs: Costs = {f"{side}{number}": 1000 for side in "br" for number in range(10)}
    red, blue = ({key: 1 for key in costs if key.startswith(side)} for side in "rb")
    content = election(costs, [red] * 51 + [blue] * 49, 10_000, VoteType.APPROVAL)
    assert recompute(content, Rule.GREEDY) == [f"r{number}" for number in range(10)]
    assert recompute(content) == [f"b{number}" for number in range(4)] + [f"r{number}" for number in range(5)]
    halves = [f"b{number}" for number in range(5)] + [f"r{number}" for number in range(5)]
    assert recompute(content, completion=Completion.ADD1_EXHAUSTIVE) == halves
    assert recompute(content, completion=Completion.ADD1_UNTIL_OVERSPENDING) == halves


def test_the_two_stops_of_add1_differ() -> None:
    """The first voter can pay c at 4.67 and nothing can be added; from 6.67 on a wins the tie against c instead."""
    content = approvals({"a": 6, "b": 5, "c": 4}, ["ac", "b", "b"], 11)
    assert recompute(content) == ["b"]
    assert recompute(content, completion=Completion.ADD1_EXHAUSTIVE) == ["b", "c"]
    assert recompute(content, completion=Completion.ADD1_UNTIL_OVERSPENDING) == ["a", "b"]


def test_greedy_counts_votes_or_votes_per_cost() -> None:
    costs: Costs = {"a": 6, "b": 2, "c": 5, "d": 1}
    content = approvals(costs, ["ab", "ab", "ac", "c"], 8)
    assert recompute(content, Rule.GREEDY) == ["a", "b"]
    assert recompute(content, Rule.GREEDY, Utility.CARDINALITY) == ["a", "b"]
    assert recompute(approvals(costs, ["ab", "ab", "ac", "c"], 7), Rule.GREEDY, Utility.CARDINALITY) == [
        "b",
        "c",
    ]


def test_ranks_count_by_borda() -> None:
    content = election({"a": 2, "b": 2}, [{"b": 0, "a": 0}, {"b": 0, "a": 0}], 2, VoteType.ORDINAL)
    assert recompute(content) == ["b"]


def test_ties_go_to_the_lower_id_as_bytes() -> None:
    content = election({"9": 2, "10": 2}, [{"9": 1, "10": 1}], 2, VoteType.APPROVAL)
    assert recompute(content) == recompute(content, Rule.GREEDY) == ["10"]


def test_fractions_of_the_currency_are_exact() -> None:
    content = approvals({"a": Fraction("0.3"), "b": Fraction("0.1")}, ["a", "a", "ab"], Fraction("0.3"))
    assert recompute(content) == ["a"]
    content = approvals({"a": Fraction("0.3")}, ["a", "a", "a"], Fraction("0.299999999"))
    assert recompute(content) == []


def test_a_rich_town_of_few_voters_ends() -> None:
    """A billion runs would lie between the wallets of today and those that pay for b; nearly all are leapt over."""
    content = approvals({"a": 900, "b": 10**9, "c": 2 * 10**9}, ["ab", "a", "c"], 2 * 10**9 + 1)
    assert recompute(content, completion=Completion.ADD1_UNTIL_OVERSPENDING) == ["a", "b"]


def test_a_leap_lands_where_single_steps_do() -> None:
    for seed in range(6):
        chance = random.Random(seed)
        costs: Costs = {str(number): chance.randint(50, 900) for number in range(6)}
        ballots = [dict.fromkeys(chance.sample(list(costs), 3), 1) for _ in range(6)]
        exact = {key: Fraction(costs[key]) for key in sorted(costs)}
        worth = [{key: exact[key] for key in ballot} for ballot in ballots]
        wanted = sorted(plain_completion(exact, worth, Fraction(1200), "add1_until_overspending"))
        content = election(costs, ballots, 1200, VoteType.APPROVAL)
        assert recompute(content, completion=Completion.ADD1_UNTIL_OVERSPENDING) == wanted, seed


def test_close_prices_are_told_apart_by_whole_numbers() -> None:
    """Costs that floats cannot tell apart: b is cheaper by one part in 10^18."""
    content = approvals({"a": 10**18 + 1, "b": 10**18}, ["ab"], 10**18 + 1)
    assert recompute(content, utility=Utility.CARDINALITY) == ["b"]
    assert recompute(content) == ["a"]  # by cost both are worth what they cost: a tie


def test_all_rest_is_spent_to_the_last_coin() -> None:
    content = approvals({"a": 7, "b": 7, "c": 7}, ["ab", "bc", "ca"], 21)
    assert recompute(content) == ["a", "b", "c"]


def test_points_too_large_to_count_are_refused() -> None:
    with pytest.raises(PlanningError, match="more than can be counted"):
        recompute(election({"a": 1}, [{"a": 10**17}, {"a": 10**17 + 1}], 5, VoteType.SCORING))


def test_an_election_without_votes_is_refused() -> None:
    content = b"META\nkey;value\nbudget;5\nvote_type;approval\nPROJECTS\nproject_id;cost\na;1\nVOTES\nvoter_id;vote\n"
    with pytest.raises(PlanningError, match="no votes"):
        recompute(content)


def test_equal_ballots_are_counted_together() -> None:
    costs, ballots, budget, kind = generated(3)
    sevenfold: Costs = {key: cost * 7 for key, cost in costs.items()}
    assert recompute(election(costs, ballots, budget, kind))
    assert recompute(election(costs, ballots, budget, kind)) == recompute(
        election(sevenfold, ballots * 7, budget * 7, kind)
    )
    one = Project("a", Fraction(1))
    profile = profile_of(Election({}, Fraction(9), VoteType.APPROVAL, (one,), (Vote("1", ("a",)),) * 5))
    assert profile.ballots == ((((0, 1),), 5),)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    path = tmp_path / "town.pb"
    path.write_bytes(approvals({"9": 6, "10": 2, "2": 5}, [["9", "10"], ["9", "2"]], 8))  # type: ignore[list-item]
    return path


def test_the_command_prints_ids_in_byte_order(town: Path) -> None:
    shown = StringIO()
    call_command(Command(), str(town), rule="greedy", utility="cost", stdout=shown)
    assert shown.getvalue() == "10\n9\n"
    shown = StringIO()
    call_command(Command(), str(town), completion="add1_exhaustive", stdout=shown)
    assert shown.getvalue() == "10\n9\n"


@pytest.mark.parametrize(("name", "sentence"), [("none.pb", "cannot be read"), ("broken.pb", "Line 1: ")])
def test_the_command_says_what_is_wrong_with_the_file(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "broken.pb").write_text("nothing")
    with pytest.raises(CommandError, match=sentence):
        call_command(Command(), str(tmp_path / name), stdout=StringIO())


def test_it_needs_no_database_and_no_locale(tmp_path: Path) -> None:
    """As somebody from outside runs it: nothing set, and ids that the locale cannot write."""
    file = tmp_path / "town.pb"
    file.write_bytes(approvals({"é1": 1, "z": 1, "Z": 1, "10": 1, "9": 1}, [("é1", "z", "Z", "10", "9")], 5))
    base = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, str(base / "manage.py"), "recompute_election", str(file)],
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii"}, cwd=base, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.decode() == "10\n9\nZ\nz\né1\n"
