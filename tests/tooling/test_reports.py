"""One report as text, JSON and SARIF: the same findings, each with its line."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tooling.book import Book, Condition
from apps.tooling.decide import decide
from apps.tooling.manifests import read_manifest
from apps.tooling.manifests.requirement import Requirement
from apps.tooling.reports import Report, as_json, as_sarif, as_text, check, decision_json
from apps.tooling.vocabulary import MEANINGS, NEXT_STEPS, DataClass, Reason, Ring
from tests.tooling.books import books, day, grant, rule, standard, uses

FILE = b"""-r base.txt
mlflow==2.9.0
wandb==0.17.0
pandas==2.2.2
neptune==1.10
wandb
"""
BOOK = Book(
    (standard(rule("mlflow", Ring.RECOMMENDED), rule("wandb", Ring.HOLD), rule("neptune", Ring.BANNED)),),
    (grant(versions="<1"),),
    (Condition(1, due=day(18), text="Publish the exit plan"),),
)
TOOLS = {"mlflow", "wandb", "neptune"}


def tool_of(requirement: Requirement) -> str | None:
    return requirement.name if requirement.name in TOOLS else None


def report(content: bytes = FILE, file: str = "service/requirements.txt") -> Report:
    return check(
        BOOK,
        read_manifest(content, file),
        file=file,
        team="risk",
        environment="production",
        data_class=DataClass.INTERNAL,
        at=day(15),
        tool_of=tool_of,
    )


def test_each_requirement_is_decided_and_the_rest_counted() -> None:
    found = report()
    reasons = [(each.requirement.line, each.decision.reason, each.level) for each in found.findings]
    assert reasons == [
        (2, "recommended", "none"),
        (3, "excepted", "note"),
        (5, "banned", "error"),
        (6, "hold", "error"),
    ]
    assert (found.allowed, found.unlisted) == (False, 1)
    assert report(b"mlflow==2.9.0\nwandb==0.17.0\n").allowed


def test_as_text_each_line_is_named_and_the_verdict_stands_last() -> None:
    lines = as_text(report()).splitlines()
    assert [line.split(": ")[:3] for line in lines[:-1]] == [
        ["service/requirements.txt:3", "note", "excepted"],
        ["service/requirements.txt:5", "error", "banned"],
        ["service/requirements.txt:6", "error", "hold"],
        ["service/requirements.txt:1", "warning", "not_followed"],
    ]
    assert "Exception 1, until 2026-01-21T00:00:00+00:00" in lines[0] and "Open conditions: 1." in lines[0]
    assert "Alternatives: mlflow." in lines[1]
    assert lines[-1].startswith("refused: 4 checked, 2 denied, 1 excepted, 1 not under any standard, 1 lines")


def test_as_json_it_holds_every_finding() -> None:
    document = json.loads(json.dumps(as_json(report())))
    assert document["counts"] == {"banned": 1, "excepted": 1, "hold": 1, "recommended": 1}
    assert [each["decision"]["reason"] for each in document["findings"]] == [
        "recommended",
        "excepted",
        "banned",
        "hold",
    ]
    excepted = document["findings"][1]["decision"]
    assert excepted["excepted"] and excepted["ring"] == "hold" and excepted["grant"]["id"] == 1
    assert excepted["cache_until"] == "2026-01-19T00:00:00+00:00"
    assert document["problems"][0]["line"] == 1


def assert_is_sarif(log: dict[str, Any]) -> None:
    """What SARIF 2.1.0 requires of the parts that are used here, by its sections 3.13, 3.14, 3.19, 3.27 and 3.49."""
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    identities = [each["id"] for each in driver["rules"]]
    assert len(set(identities)) == len(identities)
    for each in driver["rules"]:
        assert each["shortDescription"]["text"] and each["help"]["text"]
        assert each["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
    for invocation in run["invocations"]:
        assert isinstance(invocation["executionSuccessful"], bool)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", invocation["endTimeUtc"])
    prints = [tuple(each["partialFingerprints"].values()) for each in run["results"]]
    assert len(set(prints)) == len(prints)
    for result in run["results"]:
        assert identities[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"note", "warning", "error"} and result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", place["artifactLocation"]["uri"])
        assert not place["artifactLocation"]["uri"].startswith("/")
    json.dumps(log, allow_nan=False)


def test_as_sarif_each_denied_and_each_excepted_line_is_a_result() -> None:
    log = as_sarif(report())
    assert_is_sarif(log)
    results = log["runs"][0]["results"]
    lines = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results]
    assert list(zip(lines, [each["ruleId"] for each in results], strict=True)) == [
        (3, "excepted"),
        (5, "banned"),
        (6, "hold"),
        (1, "not_followed"),
    ]
    assert [each["level"] for each in results] == ["note", "error", "error", "warning"]
    assert "suppressions" not in results[0]


def test_a_fingerprint_stays_when_lines_move() -> None:
    def prints(content: bytes) -> list[Any]:
        return [each["partialFingerprints"] for each in as_sarif(report(content))["runs"][0]["results"]]

    assert prints(b"wandb==0.17.0\nneptune==1.10\n") == prints(b"\n\nwandb==0.17.1\n# x\nneptune==1.10\n")


@pytest.mark.parametrize(
    "file", ["/etc/req.txt", "a b/ü.txt", "C:\\x.txt", "\x1b[2J\n\ud800", "", "x" * 5000]
)
def test_a_hostile_file_name_stays_a_name(file: str) -> None:
    found = report(b"wandb==9\n", file)
    assert as_text(found).isprintable() or as_text(found).count("\n") == 2
    as_text(found).encode()
    assert_is_sarif(as_sarif(found))


def test_an_empty_file_gives_an_empty_allowed_report() -> None:
    found = report(b"")
    assert found.allowed
    assert_is_sarif(as_sarif(found))
    assert as_text(found).startswith("allowed: 0 checked")


def test_every_reason_has_its_sentence_and_its_next_step() -> None:
    assert set(MEANINGS) == set(NEXT_STEPS) == set(Reason)


@settings(max_examples=150, deadline=None)
@given(book=books(), use=uses, number=st.integers(0, 12))
def test_every_decision_has_a_form_in_json(book: Book, use: tuple[Any, ...], number: int) -> None:
    decision = decide(book, *use, day(number))
    document = json.loads(json.dumps(decision_json(decision)))
    assert document["allowed"] == decision.allowed and document["reason"] == decision.reason.value
