"""The demo world's roadmap holds together: names that exist, people who may, no hidden thing told, every state shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import yaml

from portal.demo_roadmap import STEPS, request_rows
from tests.portal import demo_files as demo

REQUESTS = {row["key"]: row for row in request_rows()}
CYCLES = demo.read("roadmap/cycles.yaml")["cycles"]
POLICIES = demo.read("roadmap/policies.yaml")["policies"]
CENTRAL = {"ml-platform", "data-foundation", "coe-office"}
SPONSORS = {
    "retail-banking": "farid",
    "cards-payments": "farid",
    "insurance": "jo",
    "wealth-management": "lena",
}


def unit_of(row: dict[str, str]) -> str:
    units = {each["slug"]: each["business_unit"] for each in demo.read("people.yaml")["teams"]}
    return row.get("unit") or units[row["team"]]


def people() -> Iterator[str]:
    """Everybody who does something."""
    for row in REQUESTS.values():
        yield row["by"]
        for step in row.get("steps") or ():
            yield from (step[name] for name in ("by", "owner") if name in step)
            yield from step.get("give") or ()
    for cycle in CYCLES:
        for part in ("delegates", "advice", "ballots"):
            yield from (each["by"] for each in cycle.get(part) or ())
        yield from (cycle.get("meeting") or {}).get("there") or ()


def test_people_and_entities_exist() -> None:
    assert set(people()) <= demo.usernames()
    links = {ref for row in REQUESTS.values() for ref in row.get("links") or ()}
    entities = {
        step["entity"] for row in REQUESTS.values() for step in row.get("steps") or () if "entity" in step
    }
    assert links | entities <= demo.entities().keys()
    assert len(REQUESTS) == len(request_rows()) >= 30


def test_a_request_is_of_its_requesters_team_and_its_steps_go_forward() -> None:
    for key, row in REQUESTS.items():
        steps = row.get("steps") or ()
        assert row["by"] in demo.members()[row["team"]], key
        assert {step["do"] for step in steps} <= STEPS.keys(), key
        days = [row["begun"], *(step["at"] for step in steps)]
        assert all(earlier >= later for earlier, later in pairwise(days)), key


def test_the_center_answers_and_nobody_what_is_their_own() -> None:
    center = {user for team in CENTRAL for user in demo.members()[team]}
    for key, row in REQUESTS.items():
        for step in row.get("steps") or ():
            judging = (
                {step["by"]} if step["do"] in {"triage", "accept", "decline", "defer", "merge"} else set()
            )
            judging |= set(step.get("give") or ())
            assert judging <= center - demo.members()[row["team"]].keys(), (key, step)
            assert step["do"] != "sponsor" or step["by"] == SPONSORS[unit_of(row)], key


def test_shares_are_whole_and_no_unit_contains_another() -> None:
    parents = {row["slug"]: row["parent"] for row in demo.read("people.yaml")["business_units"]}
    for cycle in CYCLES:
        units = cycle["shares"].keys() - {"strategic"}
        assert sum(cycle["shares"].values()) == 10_000 and "strategic" in cycle["shares"]
        assert not {parents[unit] for unit in units} & units
        assert all(sum(ballot["points"].values()) <= 100 for ballot in cycle["ballots"])


def test_nothing_hidden_is_named_where_others_read() -> None:
    hidden = {ref for ref, row in demo.entities().items() if row["visibility"] != "company"}
    text = yaml.safe_dump([list(REQUESTS.values()), CYCLES, POLICIES], width=10**6)
    plain = re.sub(r"\s+", " ", text.replace("\\n", " ")).lower()
    words = {name for ref in hidden for name in (ref.lower(), ref.partition(":")[2].lower())}
    words |= {
        demo.entities()[ref]["title"].lower()
        for ref in hidden
        if len(demo.entities()[ref].get("title") or "") > 12
    }
    assert [name for name in words if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain)] == []
    assert not demo.FILLER.search(text)
