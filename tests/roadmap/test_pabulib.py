"""Files of elections: what is read, what is written, and one sentence with a line number for what is no election."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.exported import election_of
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance, Request, Standing, Unit
from apps.roadmap.planning.pabulib import (
    Election,
    Project,
    UnreadableElection,
    Vote,
    VoteType,
    read_election,
    write_election,
)

FILE = """META
key; value
description; A small; town
budget; 2500,50
vote_type; cumulative

PROJECTS
project_id; cost; name
7; 600; "Trees; and shade"
4; 800.25; Benches
VOTES
voter_id; age; vote; points
1; 34; 7,4; 3,2
2; ; ;
"""


def test_reads_fields_decimals_quotes_and_empty_ballots() -> None:
    election = read_election(FILE.encode())
    assert election.budget == Fraction(5001, 2)
    assert election.vote_type is VoteType.CUMULATIVE
    assert election.meta["description"] == "A small;town"
    assert election.projects == (
        Project("7", Fraction(600), {"name": "Trees; and shade"}),
        Project("4", Fraction(3201, 4), {"name": "Benches"}),
    )
    assert election.votes == (
        Vote("1", ("7", "4"), (Fraction(3), Fraction(2)), {"age": "34"}),
        Vote("2", (), (), {"age": ""}),
    )


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("META", "\ufeffMETA"), ("PROJECTS\n", "projects;;\n")])
def test_reads_the_same_in_other_clothes(change: tuple[str, str]) -> None:
    assert read_election(FILE.replace(*change).encode()) == read_election(FILE.encode())


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("META\n", "", 1, "begins with the line META"),
        ("META\nkey; value\n", "META\n", 2, "the line after META is key;value"),
        ("budget; 2500,50\n", "", 2, "The budget is missing"),
        ("2500,50", "-1", 2, "The budget is '-1'"),
        ("2500,50", "1 000", 2, "The budget is '1 000'"),
        ("2500,50", "1e9", 2, "The budget is '1e9'"),
        ("2500,50", "9" * 30, 2, "The budget is"),
        ("cumulative", "guess", 2, "the vote_type in META is guess"),
        ("vote_type; cumulative\n", "", 2, "vote_type in META is missing"),
        ("vote_type; cumulative", "vote_type", 5, "a key, a semicolon and a value"),
        ("vote_type; cumulative\n", "budget; 1\n", 5, "budget is there twice"),
        ("PROJECTS\n", "", 13, "without a section PROJECTS"),
        ("project_id; cost; name", "project; cost; name", 8, "lack project_id"),
        ("project_id; cost; name", "project_id; cost; cost", 8, "a column of PROJECTS is there twice"),
        ("600;", ";", 9, "The cost of 7 is missing"),
        ("600;", "nan;", 9, "The cost of 7 is 'nan'"),
        ("4; 800.25", "7; 800.25", 10, "the project 7 is there twice"),
        ("4; 800.25", "; 800.25", 10, "nothing is no id"),
        ("; Benches", "", 10, "2 fields stand under the 3 columns"),
        ("; Benches", "; Benches; more", 10, "4 fields stand under the 3 columns"),
        ("7,4; 3,2", "7,9; 3,2", 13, "names the project 9, which"),
        ("7,4; 3,2", "7,7; 3,2", 13, "names a project twice"),
        ("7,4; 3,2", "7,4; 3", 13, "1 points are given to 2 projects"),
        ("7,4; 3,2", "7,4; 3,-2", 13, "A number of points is '-2'"),
        ("vote; points", "vote; score", 12, "lack points"),
        ("2; ; ;\n", "VOTES\n", 14, "VOTES begins a second time"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, sentence: str) -> None:
    with pytest.raises(UnreadableElection) as refusal:
        read_election(FILE.replace(old, new, 1).encode())
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith(f"Line {refusal.value.line}: ")
    assert abs(refusal.value.line - line) <= 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\xff\xfe",
        b"META\xff",
        b"<html>",
        b'META\n"' + b"a" * 200_000,
        b"\x00" * 99,
        b";" * 1000,
    ],
)
def test_no_file_at_all_is_one_error(content: bytes) -> None:
    with pytest.raises(UnreadableElection):
        read_election(content)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200), place=st.integers(0, len(FILE)))
def test_noise_never_raises_anything_else(content: bytes, place: int) -> None:
    try:
        read_election(FILE[:place].encode() + content + FILE[place:].encode())
    except UnreadableElection as refusal:
        told = str(refusal)
    else:
        told = f"Line {place}"
    assert told.startswith("Line ")


words = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r\n", exclude_categories=("Cs", "Cc")), max_size=12
)
values = words.map(str.strip)
numbers = st.builds(
    lambda whole, part: Fraction(whole) + Fraction(part, 1000), st.integers(0, 10**9), st.integers(0, 999)
)


@st.composite
def elections(draw: st.DrawFn) -> Election:
    ids = draw(
        st.lists(
            st.from_regex(r"[A-Za-z0-9 ]*[A-Za-z0-9]", fullmatch=True).map(str.strip),
            unique=True,
            min_size=1,
            max_size=5,
        )
    )
    projects = tuple(Project(key, draw(numbers), {"name": draw(values)}) for key in ids)
    vote_type = draw(st.sampled_from(VoteType))
    votes = []
    for number in range(draw(st.integers(1, 5))):
        chosen = tuple(draw(st.lists(st.sampled_from(ids), unique=True)))
        points = tuple(draw(numbers) for _ in chosen) if vote_type.has_points else ()
        votes.append(Vote(str(number), chosen, points, {"age": draw(values)}))
    budget = str(draw(st.integers(0, 10**9)))
    description = draw(values.filter(lambda text: not text.endswith(";")))
    meta = {"description": description, "budget": budget, "vote_type": str(vote_type)}
    return Election(meta, Fraction(budget), vote_type, projects, tuple(votes))


@settings(max_examples=60, deadline=None)
@given(election=elections())
def test_what_is_written_reads_back(election: Election) -> None:
    assert read_election(write_election(election)) == election


def test_a_third_of_a_coin_cannot_be_written() -> None:
    election = Election({}, Fraction(1, 3), VoteType.APPROVAL, (), ())
    with pytest.raises(PlanningError):
        write_election(election)


def test_a_cycle_is_exported_as_an_election() -> None:
    instance = Instance(
        {"ml": 9 * MICRO_WEEKS},
        (
            Request("a", {"ml": 5 * MICRO_WEEKS // 2}, 7),
            Request("b", {"ml": MICRO_WEEKS}, 5, standing=Standing.MANDATORY),
        ),
        (Unit("u1", 7500, {"a": 60, "b": 40}), Unit("u2", 2500, None)),
    )
    election = read_election(write_election(election_of(instance, "Quarter 3")))
    assert election.budget == 8
    assert election.projects == (Project("a", Fraction(5, 2), {"value": "7", "weeks_ml": "2.5"}),)
    assert election.votes == (Vote("u1", ("a",), (Fraction(60),), {"share": "7500", "wallet": "6"}),)
