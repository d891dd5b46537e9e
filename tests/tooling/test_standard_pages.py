"""Pages of a capability: reading and comparing for all, publishing for CoE leads, and no word is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.tooling.models import Capability, Standard
from apps.tooling.queries import clock
from tests.personas import ALL, People
from tests.tooling import making
from tests.traces import nothing_changes

SignedIn = Callable[[str], Client]
HOME = "/tooling/capabilities/tracking/"
PUBLISH = HOME + "publish/"


@pytest.fixture
def tools(people: People) -> dict[str, Entity]:
    return {name: making.tool(people, name, title=name.capitalize()) for name in ("mlflow", "wandb")}


@pytest.fixture
def tracking(people: People, tools: dict[str, Entity]) -> Capability:
    """Revision 1 is superseded, 2 in force, 3 upcoming."""
    where = making.capability(people)
    making.standard(people, where, (tools["mlflow"], "trial"), exit_criteria="A better one.", summary="First")
    making.standard(people, where, (tools["mlflow"], "mandatory"), (tools["wandb"], "hold"), summary="Second")
    later = clock.now() + timedelta(days=30)
    making.standard(people, where, (tools["wandb"], "banned"), effective_from=later, summary="Third")
    return where


def get(client: Client, address: str, **params: str) -> str:
    answer = client.get(address, params)
    assert answer.status_code == 200
    return answer.content.decode()


def sent(*rules: dict[str, str], **fields: str) -> dict[str, Any]:
    data: dict[str, Any] = {"rationale": "Because.", "base_revision": "3", "row": [], **fields}
    for number, rule in enumerate(rules):
        data["row"].append(str(number))
        data |= {f"rule-{number}-{name}": value for name, value in rule.items()}
    return data


MLFLOW = {"tool": "tool:coe/mlflow", "ring": "recommended", "versions": ">=2"}


# -- reading


@pytest.mark.parametrize("name", ["kim", "ben", "ci-risk", "esther", "root"])
def test_everybody_reads_the_standard(signed_in: SignedIn, tracking: Capability, name: str) -> None:
    body = get(signed_in(name), HOME)
    assert "Mandatory" in body and "One place for runs." in body and "Revision 3 takes effect" in body
    assert [word in body for word in ("In force", "Upcoming", "Superseded")] == [True, True, True]


@pytest.mark.parametrize("name", ALL)
def test_buttons_are_for_those_who_may(signed_in: SignedIn, tracking: Capability, name: str) -> None:
    body = get(signed_in(name), HOME)
    assert (PUBLISH in body) == (name == "esther")
    assert (HOME + "propose/" in body) == (name != "ci-risk")


def test_a_capability_without_a_standard_says_so(people: People, signed_in: SignedIn) -> None:
    making.capability(people)
    assert "No standard is in force" in get(signed_in("kim"), HOME)


def test_requests_for_something_else_stand_there_as_they_are_now(
    people: People, signed_in: SignedIn, tracking: Capability, tools: dict[str, Entity]
) -> None:
    making.sent(people, tools["wandb"])
    body = get(signed_in("kim"), HOME)
    assert "Wandb for Risk ML" in body and "Active" in body


def test_a_rule_of_a_hidden_tool_is_not_shown(
    people: People, signed_in: SignedIn, tracking: Capability, tools: dict[str, Entity]
) -> None:
    set_visibility(actor=people.esther, entity=tools["wandb"], visibility="restricted")
    for address in (HOME, HOME + "2/", HOME + "compare/?left=1&right=2"):
        assert "wandb" not in get(signed_in("kim"), address).lower()


@pytest.mark.parametrize(
    ("address", "word"), [("1/", "superseded"), ("2/", "In force"), ("3/", "not in force yet")]
)
def test_a_revision_says_what_it_is(
    signed_in: SignedIn, tracking: Capability, address: str, word: str
) -> None:
    assert word in get(signed_in("kim"), HOME + address)


def test_two_revisions_are_compared_by_rule_and_by_word(signed_in: SignedIn, tracking: Capability) -> None:
    body = get(signed_in("kim"), HOME + "compare/", left="2", right="1")
    assert "Tracking, revisions 1 and 2" in body
    assert "rule-added" in body and "rule-changed" in body and "rule-removed" not in body
    assert "A better one." in body and "Not a word differs." in body
    assert "rule-removed" in get(signed_in("kim"), HOME + "compare/")


@pytest.mark.parametrize(
    "address",
    [
        "/tooling/capabilities/nothing/",
        "/tooling/capabilities/nothing/publish/",
        HOME + "4/",
        HOME + "0/",
        HOME + "99999999999999999999/",
        HOME + "compare/?left=9&right=1",
    ],
)
def test_what_is_not_there_is_not_found(signed_in: SignedIn, tracking: Capability, address: str) -> None:
    assert signed_in("esther").get(address).status_code == 404


def test_odd_numbers_to_compare_fall_back(signed_in: SignedIn, tracking: Capability) -> None:
    body = get(signed_in("kim"), HOME + "compare/", left="x", right="9" * 30)
    assert "revisions 2 and 3" in body


def test_statements_do_not_grow_with_revisions(
    people: People, signed_in: SignedIn, tracking: Capability, tools: dict[str, Entity]
) -> None:
    client = signed_in("ben")

    def statements() -> int:
        get(client, HOME)
        with CaptureQueriesContext(connection) as found:
            get(client, HOME)
        return len(found)

    before = statements()
    for turn in range(4):
        making.standard(
            people,
            tracking,
            *((making.tool(people, f"more-{turn}-{number}"), "trial") for number in range(3)),
        )
    assert statements() == before


# -- publishing


@pytest.mark.parametrize("name", sorted(set(ALL) - {"esther"}))
def test_only_coe_leads_publish(signed_in: SignedIn, tracking: Capability, name: str) -> None:
    client = signed_in(name)
    with nothing_changes():
        assert client.get(PUBLISH).status_code == 403
        assert client.post(PUBLISH, sent(MLFLOW)).status_code == 403


def test_the_form_begins_with_the_last_revision(signed_in: SignedIn, tracking: Capability) -> None:
    body = get(signed_in("esther"), PUBLISH)
    assert "Written on revision 3" in body and 'name="base_revision" value="3"' in body
    assert '<option value="tool:coe/wandb" selected>' in body and '<option value="banned" selected>' in body


def test_a_whole_revision_is_published(people: People, signed_in: SignedIn, tracking: Capability) -> None:
    answer = signed_in("esther").post(PUBLISH, sent(MLFLOW, summary="Fourth", exit_criteria="None."))
    assert (answer.status_code, answer["Location"]) == (302, HOME + "4/")
    made = Standard.objects.get(revision=4)
    assert (made.author, made.summary, made.exit_criteria) == (people.esther, "Fourth", "None.")
    assert [(rule.tool.name, rule.versions, rule.ring) for rule in made.rules.all()] == [
        ("mlflow", ">=2", "recommended")
    ]


@pytest.mark.parametrize(("rows", "count"), [("add", 2), ("remove-0", 1)])
def test_rows_come_and_go_without_a_script(
    signed_in: SignedIn, tracking: Capability, rows: str, count: int
) -> None:
    client = signed_in("esther")
    with nothing_changes():
        answer = client.post(PUBLISH, sent(MLFLOW, rationale="Half a sentence", rows=rows))
    body = answer.content.decode()
    assert answer.status_code == 200 and body.count('name="row"') == count
    assert "Half a sentence" in body and 'role="alert"' not in body


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"rationale": ""}, "Say why"),
        ({"effective_from": "2020-01-01T00:00"}, "cannot begin in the past"),
        ({"effective_from": "soon"}, "Give a day and a time"),
        ({"effective_from": "9999-12-31T23:59"}, ""),
        ({"effective_from": "0001-01-01T00:00"}, "cannot begin in the past"),
        ({"base_revision": "x"}, "lost the revision"),
        ({"summary": "a\u202eb"}, "invisible"),
    ],
)
def test_what_is_refused_stays_typed(
    signed_in: SignedIn, tracking: Capability, fields: dict[str, str], word: str
) -> None:
    answer = signed_in("esther").post(PUBLISH, sent(MLFLOW, exit_criteria="Typed with care.", **fields))
    body = answer.content.decode()
    if not word:
        assert answer.status_code == 302
        return
    assert answer.status_code == 400 and word in body
    assert "Typed with care." in body and 'value="&gt;=2"' in body
    assert Standard.objects.count() == 3


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({**MLFLOW, "versions": ">>2"}, "version"),
        ({**MLFLOW, "tool": "tool:coe/nothing"}, "nothing of this name"),
        ({**MLFLOW, "ring": "adopt"}, "adopt"),
        ({**MLFLOW, "environment": "moon"}, "moon"),
    ],
)
def test_a_wrong_rule_is_named(
    signed_in: SignedIn, tracking: Capability, rule: dict[str, str], word: str
) -> None:
    client = signed_in("esther")
    with nothing_changes():
        answer = client.post(PUBLISH, sent(rule))
    body = answer.content.decode()
    assert answer.status_code == 400 and word in body and "Because." in body


def test_no_rule_at_all_is_refused(signed_in: SignedIn, tracking: Capability) -> None:
    client = signed_in("esther")
    with nothing_changes():
        answer = client.post(PUBLISH, sent())
    assert answer.status_code == 400 and "at least one rule" in answer.content.decode()


def test_who_was_overtaken_keeps_what_they_wrote_and_may_go_on(
    people: People, signed_in: SignedIn, tracking: Capability, tools: dict[str, Entity]
) -> None:
    making.standard(people, tracking, (tools["mlflow"], "hold"))
    client = signed_in("esther")
    with nothing_changes():
        answer = client.post(PUBLISH, sent(MLFLOW, rationale="My own words."))
    body = answer.content.decode()
    assert answer.status_code == 409 and "Revision 4 was published meanwhile by Esther" in body
    assert "My own words." in body and f"{HOME}compare/?left=3&amp;right=4" in body
    assert 'name="base_revision" value="4"' in body
    assert client.post(PUBLISH, sent(MLFLOW, base_revision="4")).status_code == 302


def test_a_tool_that_left_the_companys_sight_is_named_at_its_rule(
    people: People, signed_in: SignedIn, tracking: Capability, tools: dict[str, Entity]
) -> None:
    set_visibility(actor=people.esther, entity=tools["wandb"], visibility="restricted")
    client = signed_in("esther")
    assert "tool:coe/wandb" in get(client, PUBLISH)
    rules = (MLFLOW, {"tool": "tool:coe/wandb", "ring": "hold", "versions": "*"})
    with nothing_changes():
        answer = client.post(PUBLISH, sent(*rules, rationale="My own words."))
    body = answer.content.decode()
    assert (
        answer.status_code == 400 and "not visible to the whole company" in body and "My own words." in body
    )
