"""The pages of proposals: written without a script, shown with what changes, voted on; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity
from apps.core.policies import SYSTEM
from apps.people import actions as people_actions
from apps.people.models import Committee
from apps.tooling.actions import proposals
from apps.tooling.models import Capability, Proposal
from tests.personas import People
from tests.tooling import making
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
PROPOSE = "/tooling/capabilities/tracking/propose/"


@pytest.fixture
def mlflow(people: People) -> Entity:
    return making.tool(people, "mlflow")


@pytest.fixture
def tracking(people: People, mlflow: Entity) -> Capability:
    where = making.capability(people)
    making.standard(people, where, (mlflow, "recommended"), exit_criteria="Nobody runs it.")
    return where


@pytest.fixture
def committee(people: People) -> Committee:
    found = Committee.objects.get(slug="standards")
    for name, seat in (("dmitri", "central"), ("grace", "legal")):
        people_actions.seat_member(actor=SYSTEM, user=people[name], committee=found, seat=seat)
    return found


@pytest.fixture
def proposal(people: People, tracking: Capability, mlflow: Entity) -> Proposal:
    return propose(people, tracking, mlflow)


def propose(people: People, where: Capability, tool: Entity, name: str = "ben", **fields: Any) -> Proposal:
    written: dict[str, Any] = {
        "title": "MLflow for everybody",
        "reason": "Three teams keep runs in spreadsheets.",
        "rationale": "One place for all runs.",
        "rules": [{"tool": tool.ref, "ring": "mandatory"}],
    }
    return proposals.propose_standard(actor=people[name], capability=where, **written | fields)


def typed(tool: Entity, **fields: str) -> dict[str, str]:
    row = {"rule-0-tool": tool.ref, "rule-0-versions": ">=2.9", "rule-0-ring": "mandatory"}
    texts = {"title": "All on MLflow", "reason": "Why not", "rationale": "One place.", "base_revision": "1"}
    return texts | row | {"row": "0"} | fields


def act(client: Client, row: Proposal, do: str, **fields: str) -> Any:
    return client.post(f"/tooling/proposals/{row.pk}/act/", {"do": do} | fields)


def state(row: Proposal) -> str:
    return Proposal.objects.get(pk=row.pk).state


def test_a_proposal_begins_with_the_current_revision(
    people: People, tracking: Capability, mlflow: Entity, signed_in: SignedIn
) -> None:
    page = signed_in("kim").get(PROPOSE)
    form, rows = page.context["form"], page.context["rows"]
    assert form["rationale"].value() == "One place for runs."
    assert form["exit_criteria"].value() == "Nobody runs it."
    assert [(row["tool"].value(), row["ring"].value()) for row in rows.forms] == [(mlflow.ref, "recommended")]


def test_what_is_proposed_is_shown_with_what_changes(
    people: People, tracking: Capability, mlflow: Entity, signed_in: SignedIn
) -> None:
    answer = signed_in("kim").post(PROPOSE, typed(mlflow))
    row = Proposal.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, row.get_absolute_url())
    page = signed_in("chloe").get(row.get_absolute_url())
    kinds = [shown.change.kind for shown in page.context["rules"]]
    assert kinds == ["added", "removed"]  # the versions differ: another context
    assert "Compared with revision 1" in page.content.decode().replace("Rules, c", "C")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": ""}, "Give it a title"),
        ({"rule-0-versions": "~"}, "All on MLflow"),
        ({"rule-0-tool": "tool:coe/none"}, "There is nothing of this name"),
        ({"rule-0-tool": "", "rule-0-versions": "", "rule-0-ring": ""}, "Give at least one rule"),
        ({"effective_from": "2020-01-01T00:00"}, "cannot begin in the past"),
        ({"effective_from": "soon"}, "Give a day and a time"),
        ({"base_revision": "x"}, "load the page again"),
        ({"reason": "a\x00b"}, "Null characters"),
    ],
)
def test_bad_input_keeps_what_was_typed(
    people: People,
    tracking: Capability,
    mlflow: Entity,
    signed_in: SignedIn,
    fields: dict[str, str],
    said: str,
) -> None:
    client = signed_in("kim")
    with nothing_changes():
        answer = client.post(PROPOSE, typed(mlflow, **fields))
    assert answer.status_code == 400
    text = answer.content.decode()
    assert said in text and "One place." in text


def test_a_row_more_or_less_needs_no_script_and_keeps_the_texts(
    people: People, tracking: Capability, mlflow: Entity, signed_in: SignedIn
) -> None:
    client = signed_in("kim")
    with nothing_changes():
        answer = client.post(PROPOSE, typed(mlflow, rows="add", title=""))
    assert answer.status_code == 200
    assert len(answer.context["rows"].forms) == 2
    text = answer.content.decode()
    assert "One place." in text and "Give it a title" not in text


def test_who_writes_on_an_older_revision_is_told_and_may_save_on_top(
    people: People, tracking: Capability, mlflow: Entity, signed_in: SignedIn
) -> None:
    client = signed_in("kim")
    making.standard(people, tracking, (mlflow, "trial"))
    with nothing_changes():
        answer = client.post(PROPOSE, typed(mlflow))
    assert answer.status_code == 409
    assert "Revision 2 was published meanwhile" in answer.content.decode()
    assert answer.context["form"]["base_revision"].value() == "2"
    assert client.post(PROPOSE, typed(mlflow, base_revision="2")).status_code == 302


def test_editing_while_it_is_open(
    people: People, proposal: Proposal, mlflow: Entity, signed_in: SignedIn
) -> None:
    client, address = signed_in("ben"), f"/tooling/proposals/{proposal.pk}/edit/"
    page = client.get(address)
    assert page.context["form"]["title"].value() == proposal.title
    sent = typed(mlflow, version=str(proposal.version))
    assert client.post(address, sent).status_code == 302
    with nothing_changes():
        late = client.post(address, sent | {"title": "Mine"})
    assert late.status_code == 409 and "Mine" in late.content.decode()
    ada = signed_in("ada")
    with nothing_changes():
        assert ada.get(address).status_code == 403
        assert ada.post(address, sent).status_code == 403
    proposals.open_vote(actor=people.esther, proposal=Proposal.objects.get(pk=proposal.pk))
    assert client.get(address).status_code == 409


def test_a_vote_from_the_first_word_to_the_decision(
    people: People, proposal: Proposal, committee: Committee, signed_in: SignedIn
) -> None:
    assert act(signed_in("chloe"), proposal, "comment", text="We need it too").status_code == 302
    assert act(signed_in("esther"), proposal, "open_vote", version=str(proposal.version)).status_code == 302
    ivan = signed_in("ivan")
    with nothing_changes():
        refused = act(ivan, proposal, "vote", approves="no")
    assert refused.status_code == 400 and "Say why you are against it" in refused.content.decode()
    for name, approves, comment in (
        ("ivan", "no", "Too dear <b>"),
        ("dmitri", "yes", ""),
        ("grace", "yes", ""),
    ):
        assert act(signed_in(name), proposal, "vote", approves=approves, comment=comment).status_code == 302
    page = signed_in("kim").get(proposal.get_absolute_url()).content.decode()
    assert state(proposal) == "accepted"
    for said in (
        "Accepted and published",
        "revision 2",
        "We need it too",
        "Too dear &lt;b&gt;",
        "against it",
    ):
        assert said in page, said
    with nothing_changes():
        assert act(ivan, proposal, "vote", approves="yes").status_code == 409


@pytest.mark.parametrize("name", ["kim", "ada", "esther", "root"])
def test_acts_are_offered_and_done_by_right_only(
    people: People, proposal: Proposal, committee: Committee, signed_in: SignedIn, name: str
) -> None:
    proposals.open_vote(actor=people.ivan, proposal=proposal)
    client = signed_in(name)
    page = client.get(proposal.get_absolute_url()).content.decode()
    for do in ("vote", "withdraw", "open_vote"):
        assert f'value="{do}"' not in page
    with nothing_changes():
        assert act(client, proposal, "vote", approves="yes").status_code == 403
        assert act(client, proposal, "withdraw").status_code == 403
        assert act(client, proposal, "open_vote", version="1").status_code in {400, 403, 409}
        assert act(client, proposal, "nonsense").status_code == 400


def test_an_overtaken_vote_is_proposed_anew(
    people: People,
    proposal: Proposal,
    committee: Committee,
    tracking: Capability,
    mlflow: Entity,
    signed_in: SignedIn,
) -> None:
    proposals.open_vote(actor=people.ivan, proposal=proposal)
    making.standard(people, tracking, (mlflow, "trial"))
    again = f"{PROPOSE}?again={proposal.pk}"
    assert again in signed_in("ben").get(proposal.get_absolute_url()).content.decode()
    assert 'value="vote"' not in signed_in("ivan").get(proposal.get_absolute_url()).content.decode()
    assert signed_in("ada").get(again).status_code == 404
    assert signed_in("ben").get(f"{PROPOSE}?again=9e9").status_code == 404
    page = signed_in("ben").get(again)
    assert page.context["form"]["title"].value() == proposal.title
    answer = signed_in("ben").post(again, typed(mlflow, base_revision="2"))
    assert answer.status_code == 302
    assert state(proposal) == "withdrawn"
    assert answer["Location"] in Proposal.objects.get(pk=proposal.pk).comments.get().text


@pytest.mark.parametrize(
    ("query", "shown"),
    [("", 2), ("?state=open", 1), ("?state=voting", 1), ("?state=decided", 1), ("?state=any", 3),
     ("?state=nonsense", 0), ("?capability=tracking", 2), ("?capability=none", 0)],
)  # fmt: skip
def test_the_list_is_narrowed(
    people: People, tracking: Capability, mlflow: Entity, signed_in: SignedIn, query: str, shown: int
) -> None:
    _, voting, gone = [propose(people, tracking, mlflow) for _ in range(3)]
    proposals.open_vote(actor=people.ivan, proposal=voting)
    proposals.withdraw_proposal(actor=people.ben, proposal=gone)
    page = signed_in("kim").get(f"/tooling/proposals/{query}")
    assert (page.status_code, len(page.context["rows"])) == (200, shown)


def test_lists_and_pages_cost_no_more_with_more(
    people: People, tracking: Capability, mlflow: Entity, committee: Committee, signed_in: SignedIn
) -> None:
    client = signed_in("kim")
    first = propose(people, tracking, mlflow)
    proposals.open_vote(actor=people.ivan, proposal=first)
    proposals.cast_vote(actor=people.ivan, proposal=first, approves=True)
    before = [statements(client, "/tooling/proposals/"), statements(client, first.get_absolute_url())]
    others = [making.tool(people, f"tool-{number}") for number in range(4)]
    more = [{"tool": each.ref, "ring": "trial"} for each in (mlflow, *others)]
    for name in ("ada", "chloe", "jo"):
        propose(people, tracking, mlflow, name)
    rich = propose(people, tracking, mlflow, "farid", rules=more)
    for name in ("ada", "chloe", "jo"):
        proposals.comment_on_proposal(actor=people[name], proposal=rich, text="Well")
    proposals.open_vote(actor=people.ivan, proposal=rich)
    for name in ("ivan", "dmitri"):
        proposals.cast_vote(actor=people[name], proposal=rich, approves=True)
    after = [statements(client, "/tooling/proposals/"), statements(client, rich.get_absolute_url())]
    assert after == before, (before, after)


def statements(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
