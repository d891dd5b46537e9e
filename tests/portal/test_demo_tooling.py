"""The demo world's tooling holds together: names that exist, people who may, no hidden thing told, every state shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

from portal.demo_requests import STEPS
from portal.demo_tooling import files
from tests.portal import demo_files as demo

CAPABILITIES = [row for content in files("standards") for row in content["capabilities"]]
REQUESTS = {row["key"]: row for content in files("requests") for row in content["requests"]}
PROPOSALS = [row for content in files("proposals") for row in content["proposals"]]
TOOLS = files("tools")[0]["tools"]


def rules() -> Iterator[dict[str, Any]]:
    for row in CAPABILITIES:
        for revision in row["revisions"]:
            yield from revision["rules"]
    for proposal in PROPOSALS:
        yield from proposal["rules"]


def people() -> Iterator[str]:
    """Everybody who does something."""
    for row in (*TOOLS, *REQUESTS.values(), *PROPOSALS):
        yield row["by"]
        yield from (step["by"] for step in row.get("steps") or () if "by" in step)
    yield from (revision["by"] for row in CAPABILITIES for revision in row["revisions"])


def test_tools_and_people_exist() -> None:
    named = {row["tool"] for row in (*rules(), *TOOLS, *REQUESTS.values()) if "tool" in row}
    named |= {
        step["instead"] for row in REQUESTS.values() for step in row.get("steps") or () if "instead" in step
    }
    assert {f"tool:coe/{name}" for name in named} <= demo.entities().keys()
    assert {ref for ref in demo.entities() if ref.startswith("tool:")} == {
        f"tool:coe/{row['tool']}" for row in TOOLS
    }
    assert set(people()) <= demo.usernames()


def test_a_request_is_of_its_authors_team_and_steps_are_known() -> None:
    for key, row in REQUESTS.items():
        team = REQUESTS[row["renews"]]["team"] if "renews" in row else row["team"]
        assert row["by"] in demo.members()[team], key
        assert {step["do"] for step in row.get("steps") or ()} <= STEPS.keys(), key
        deciding = {step["by"] for step in row.get("steps") or () if step["do"] == "verdict"}
        assert not deciding & demo.members()[team].keys(), key


def test_package_names_stand_for_one_tool() -> None:
    names = Counter(
        (ecosystem, name)
        for row in TOOLS
        for ecosystem in ("pypi", "conda", "npm", "image")
        for name in row.get(ecosystem) or ()
    )
    assert set(names.values()) == {1}


def test_nothing_hidden_is_named_where_everybody_reads() -> None:
    hidden = {ref for ref, row in demo.entities().items() if row["visibility"] != "company"}
    text = yaml.safe_dump([CAPABILITIES, list(REQUESTS.values()), PROPOSALS, TOOLS], width=10**6)
    plain = re.sub(r"\s+", " ", text.replace("\\n", " ")).lower()
    words = {name for ref in hidden for name in (ref.lower(), ref.partition(":")[2].lower())}
    assert [name for name in words if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain)] == []
    assert not demo.FILLER.search(text)
