"""Who may do what in the tooling room, written by hand: persona by state by action, and what is denied leaves no trace.

ben of `risk-ml` (Retail Banking) asks for a tool that the whole company sees. Nothing expected here is computed from a
policy: such an expectation could not fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.policies import abilities, can
from apps.people.models import BusinessUnit
from apps.tooling import models as tooling
from apps.tooling.actions import conditions, drafts, granting, proposals, reviewing, standards, tools
from apps.tooling.actions.submitting import submit_request
from apps.tooling.workflow import State, StepRole
from tests.personas import ALL, People
from tests.tooling import walked
from tests.traces import nothing_changes

ACTIONS = {
    "v": "view",
    "c": "change",
    "s": "submit",
    "w": "withdraw",
    "a": "appeal",
    "n": "renew",
    "l": "close",
    "t": "triage",
    "u": "recuse",
    "d": "decide",
    "r": "revoke",
    "k": "attach_condition",
    "m": "comment",
}
TEAM = ("ada", "ben", "ci-risk")
CENTER = ("dmitri", "esther")
TELLING = ("ben", "chloe", "dmitri", "esther", "farid", "ivan", "ci-risk", "root")  # one of each standing


def of(letters: str, *names: str) -> dict[str, str]:
    return dict.fromkeys(names, letters)


READERS = of("vm", *ALL)  # whatever was sent is read and spoken about by everybody
REVIEWED = READERS | of("vwm", *TEAM) | of("vudkm", "farid", "ivan")
HELD = READERS | {"esther": "vlrkm", "ivan": "vrm"}
RIGHTS: dict[str, dict[str, str]] = {
    State.DRAFT: of("", *ALL) | of("vcsw", *TEAM) | of("v", "esther", "root") | of("vcw", "ci-risk"),
    State.SUBMITTED: READERS | of("vwm", *TEAM) | of("vtm", *CENTER),
    State.TRIAGE: READERS | of("vwm", *TEAM) | of("vtm", *CENTER),
    State.NEEDS_INFO: READERS | of("vcwm", *TEAM),
    State.IN_REVIEW: REVIEWED | of("vtudkm", *CENTER),
    State.APPEALED: REVIEWED
    | of("vudkm", *CENTER, "jo"),  # an appeal goes to other people, another sponsor too
    State.REJECTED: READERS | of("vam", *TEAM) | of("vm", "ci-risk"),
    State.APPROVED: HELD | of("vlm", *TEAM),
    State.ACTIVE: HELD | of("vnlm", *TEAM) | of("vlm", "ci-risk"),  # a person asks, a machine fills in
    State.RENEWAL_PENDING: HELD | of("vlm", *TEAM),
    State.EXPIRED: READERS,
    State.REVOKED: READERS,
    State.CLOSED: READERS,
    State.PROMOTED: READERS,
    State.WITHDRAWN: READERS,
}


@pytest.fixture
def tool(people: People) -> Entity:
    owner = people.team("ml-platform")
    return Entity.objects.create(kind="tool", namespace="coe", name="wandb", owner=owner)


def a_request(tool: Entity, state: str, **fields: Any) -> tooling.ExceptionRequest:
    """In `state`, with a step of every kind open once it was sent, and with a grant where an exception holds."""
    if state == State.REJECTED:
        fields = {"alternative": tool, "decision": "No.", **fields}
    if state == State.APPEALED:
        fields = {"round": 2, **fields}
    if state == State.NEEDS_INFO:
        fields = {"paused_at": timezone.now(), "question": "Why?", **fields}
    request = walked.a_request(tool, state, **fields)
    if state != State.DRAFT:
        for role in StepRole:
            walked.a_step(tool, request=request, role=role, round=request.round)
    if state in (State.APPROVED, State.ACTIVE, State.RENEWAL_PENDING):
        walked.a_grant(tool, request=request)
    return request


def rights(people: People, row: Any, actions: dict[str, str] = ACTIONS) -> dict[str, str]:
    found = {name: abilities(people[name], row) for name in ALL}
    return {
        name: "".join(letter for letter, action in actions.items() if may[action])
        for name, may in found.items()
    }


def test_every_state_and_every_action_has_its_line() -> None:
    assert set(RIGHTS) == set(State.values)
    assert set(ACTIONS.values()) == set(tooling.ExceptionRequest.policy.rules)
    assert {name for line in RIGHTS.values() for name in line} == set(ALL)


@pytest.mark.parametrize("state", RIGHTS)
def test_the_table_of_rights(people: People, tool: Entity, state: str) -> None:
    assert rights(people, a_request(tool, state)) == RIGHTS[state]


def verdicts(actor: Any, request: tooling.ExceptionRequest) -> Iterator[Callable[[], Any]]:
    for step in request.steps.all():
        yield lambda step=step: reviewing.give_verdict(actor=actor, step=step, approves=True)


def calls(letter: str, people: People, name: str, row: tooling.ExceptionRequest) -> list[Callable[[], Any]]:
    """Every action that the right `letter` is for, with input that would be accepted."""
    who = {"actor": people[name], "request": row}
    due = datetime(2090, 1, 1, tzinfo=UTC)
    more = {"text": "Back up.", "owner": people.ada, "due": due}
    return {
        "v": [],
        "c": [
            lambda: drafts.save_draft(**who, changes={"objective": "Taken"}),
            lambda: reviewing.answer_info(**who, answer="So."),
        ],
        "s": [lambda: submit_request(**who)],
        "w": [lambda: reviewing.withdraw(**who)],
        "a": [lambda: reviewing.appeal(**who, reason="Look again.")],
        "n": [lambda: drafts.begin_renewal(**who)],
        "l": [lambda: granting.close(**who)],
        "t": [
            lambda: reviewing.take_triage(**who),
            lambda: reviewing.start_review(**who),
            lambda: reviewing.ask_info(**who, question="Why?"),
        ],
        "u": [lambda: reviewing.recuse(**who, reason="A friend.")],
        "d": list(verdicts(people[name], row)),
        "r": [lambda: granting.revoke(**who, reason="Mine.")],
        "k": [lambda: conditions.attach_condition(**who, **more)],
        "m": [lambda: reviewing.comment(**who, text="Mine.")],
    }[letter]


@pytest.mark.parametrize("state", RIGHTS)
def test_what_is_denied_changes_nothing(people: People, tool: Entity, state: str) -> None:
    """Invisible is not found; an action that looks at the state first says so, everything else is forbidden."""
    row = a_request(tool, state)
    with nothing_changes():
        for name in TELLING:
            for letter in set(ACTIONS) - set(RIGHTS[state][name]):
                for call in calls(letter, people, name, row):
                    with pytest.raises((Forbidden, NotFound, Conflict)) as refused:
                        call()
                    hidden = "v" not in RIGHTS[state][name]
                    assert isinstance(refused.value, NotFound) == hidden, (name, letter)


EYES = {
    "central": {"dmitri", "esther"},
    "business": {"farid"},
    "security": {"ivan"},
    "committee": {"ivan"},
}


def eyes(people: People, request: tooling.ExceptionRequest) -> dict[str, set[str]]:
    return {
        step.role: {name for name in ALL if can(people[name], "decide", step)} for step in request.steps.all()
    }


def test_whose_eyes_each_step_needs(people: People, tool: Entity) -> None:
    assert eyes(people, a_request(tool, State.IN_REVIEW)) == EYES


def test_the_business_side_is_the_units_sponsor_or_one_above(people: People, tool: Entity) -> None:
    BusinessUnit.objects.filter(slug="group").update(sponsor=people.hana)
    assert eyes(people, a_request(tool, State.IN_REVIEW)) == EYES | {"business": {"farid", "hana"}}
    claims = {"team": people.team("claims-ai"), "requester": people.chloe}
    assert eyes(people, a_request(tool, State.IN_REVIEW, **claims)) == EYES | {"business": {"jo", "hana"}}


def test_a_central_team_does_not_decide_for_itself(people: People, tool: Entity) -> None:
    """Any sponsor is the business side of the center; nobody of the asking team has any eyes."""
    row = a_request(tool, State.IN_REVIEW, team=people.team("ml-platform"), requester=people.dmitri)
    assert eyes(people, row) == EYES | {"central": {"esther"}, "business": {"farid", "jo"}}
    assert rights(people, row)["dmitri"] == "vwm"


def test_one_person_takes_one_step(people: People, tool: Entity) -> None:
    """ivan sits for security and on the committee: once he decided for one, the other is somebody else's."""
    row = a_request(tool, State.IN_REVIEW)
    walked.a_verdict(tool, by="ivan", step=row.steps.get(role="security"))
    assert eyes(people, row)["committee"] == set()
    assert "d" not in rights(people, row)["ivan"]
    with nothing_changes(), pytest.raises(Conflict, match="one person takes one step"):
        reviewing.give_verdict(actor=people.ivan, step=row.steps.get(role="committee"), approves=True)


def test_a_closed_step_is_nobodys(people: People, tool: Entity) -> None:
    row = a_request(tool, State.IN_REVIEW)
    row.steps.filter(role="central").update(closed_at=timezone.now(), approved=True)
    found = rights(people, row)
    assert (found["dmitri"], found["esther"], found["farid"]) == ("vtm", "vtm", "vudkm")


def test_whoever_is_recused_decides_nothing_more(people: People, tool: Entity) -> None:
    row = a_request(tool, State.IN_REVIEW)
    reviewing.recuse(actor=people.farid, request=row, reason="My brother asks.")
    assert rights(people, row)["farid"] == "vm"
    with nothing_changes(), pytest.raises(Forbidden, match="conflict of interest"):
        reviewing.give_verdict(actor=people.farid, step=row.steps.get(role="business"), approves=True)


def test_an_appeal_is_there_once(people: People, tool: Entity) -> None:
    row = a_request(tool, State.REJECTED, round=2)
    assert rights(people, row) == READERS
    with nothing_changes(), pytest.raises(Forbidden):
        reviewing.appeal(actor=people.ben, request=row, reason="Again.")


def test_a_draft_that_was_taken_back_stays_the_teams(people: People, tool: Entity) -> None:
    row = a_request(tool, State.DRAFT)
    reviewing.withdraw(actor=people.ben, request=row)
    assert rights(people, row) == of("", *ALL) | of("v", *TEAM, "esther", "root")


def test_nobody_asks_for_another_team(people: People) -> None:
    outsiders = set(ALL) - set(TEAM)
    with nothing_changes():
        for name in outsiders:
            with pytest.raises(Forbidden, match="your own teams"):
                drafts.begin_request(actor=people[name], team=people.team("risk-ml"))


CONDITION = {"v": "view", "p": "prove", "c": "confirm"}


def test_conditions_are_proved_by_the_team_and_confirmed_by_others(people: People, tool: Entity) -> None:
    row = walked.a_condition(tool)
    team = of("v", *ALL) | of("vp", *TEAM)
    assert rights(people, row, CONDITION) == team
    conditions.prove_condition(actor=people.ada, condition=row, evidence="Done.")
    assert rights(people, row, CONDITION) == team | of("vc", "dmitri", "esther", "ivan")
    row.refresh_from_db()
    with nothing_changes():
        for name in set(ALL) - {"dmitri", "esther", "ivan"}:
            with pytest.raises(Forbidden):
                conditions.confirm_condition(actor=people[name], condition=row)
            with pytest.raises(Forbidden):
                conditions.return_condition(actor=people[name], condition=row, reason="Mine.")
        for name in set(ALL) - set(TEAM):
            with pytest.raises(Forbidden):
                conditions.prove_condition(actor=people[name], condition=row, evidence="Mine.")
    conditions.confirm_condition(actor=people.dmitri, condition=row)
    assert rights(people, row, CONDITION) == of("v", *ALL)


def test_whoever_gave_the_evidence_does_not_confirm_it(people: People, tool: Entity) -> None:
    """Even where the person has left the team since."""
    now = timezone.now()
    row = walked.a_condition(tool, evidence="Done.", evidence_at=now, evidence_by=people.dmitri)
    assert rights(people, row, CONDITION)["dmitri"] == "v"
    with nothing_changes(), pytest.raises(Forbidden):
        conditions.confirm_condition(actor=people.dmitri, condition=row)


GRANT = {"v": "view", "r": "revoke", "l": "close"}


def test_who_ends_a_grant(people: People, tool: Entity) -> None:
    row = walked.a_grant(tool)
    expected = of("v", *ALL) | of("vl", *TEAM) | {"esther": "vrl", "ivan": "vr"}
    assert rights(people, row, GRANT) == expected


PROPOSAL = {"v": "view", "c": "change", "w": "withdraw", "m": "comment", "o": "open_vote", "b": "vote"}
PROPOSALS = {
    "open": of("vm", *ALL) | {"ben": "vcwm", "esther": "vmo", "ivan": "vmo"},
    "voting": of("vm", *ALL) | {"ben": "vwm", "ivan": "vmb"},
    "accepted": of("v", *ALL),
    "rejected": of("v", *ALL),
    "withdrawn": of("v", *ALL),
}


@pytest.mark.parametrize("state", PROPOSALS)
def test_the_rights_on_proposals(people: People, state: str) -> None:
    row = walked.a_proposal(state=state)
    assert rights(people, row, PROPOSAL) == PROPOSALS[state]
    acts: dict[str, Callable[[Any], Any]] = {
        "c": lambda who: proposals.update_proposal(actor=who, proposal=row, changes={"title": "Taken"}),
        "w": lambda who: proposals.withdraw_proposal(actor=who, proposal=row),
        "m": lambda who: proposals.comment_on_proposal(actor=who, proposal=row, text="Mine."),
        "o": lambda who: proposals.open_vote(actor=who, proposal=row),
        "b": lambda who: proposals.cast_vote(actor=who, proposal=row, approves=True),
    }
    with nothing_changes():
        for name in ALL:
            for letter in set(acts) - set(PROPOSALS[state][name]):
                with pytest.raises((Forbidden, Conflict)):
                    acts[letter](people[name])


def test_nobody_votes_on_what_they_proposed(people: People) -> None:
    row = walked.a_proposal(state="voting", proposer=people.ivan)
    assert rights(people, row, PROPOSAL) == of("vm", *ALL) | {"ivan": "vwm"}
    with nothing_changes(), pytest.raises(Forbidden):
        proposals.cast_vote(actor=people.ivan, proposal=row, approves=True)


def test_who_keeps_the_standards(people: People, tool: Entity) -> None:
    """CoE leads publish, everybody but service accounts proposes; a superuser is no lead."""
    row = walked.a_capability()
    keep = {"v": "view", "c": "change", "p": "propose"}
    expected = of("vp", *ALL) | {"esther": "vcp", "ci-risk": "v"}
    assert rights(people, row, keep) == expected
    rules = [{"tool": tool.ref, "ring": "hold"}]
    with nothing_changes():
        for name in set(ALL) - {"esther"}:
            for act in (
                lambda who: standards.publish_standard(
                    actor=who, capability=row, rationale="Mine.", rules=rules
                ),
                lambda who: standards.update_capability(actor=who, capability=row, changes={"name": "Mine"}),
                lambda who: standards.create_capability(actor=who, slug="mine", name="Mine", quadrant="data"),
            ):
                with pytest.raises(Forbidden):
                    act(people[name])


@pytest.mark.parametrize(
    "model", [tooling.Environment, tooling.Tier, tooling.TierRule, tooling.ClosedDay], ids=str
)
def test_who_keeps_the_frame(people: People, model: Any) -> None:
    row = walked.OF_THE_COMPANY[model](people)
    assert rights(people, row, {"v": "view", "c": "change"}) == of("v", *ALL) | {"esther": "vc"}


def test_who_keeps_what_is_known_of_a_tool(people: People, tool: Entity) -> None:
    """Those who may change the tool, and CoE leads."""
    profile = tooling.ToolProfile.objects.create(tool=tool)
    package = tooling.Package.objects.create(ecosystem="pypi", name="wandb", tool=tool)
    expected = of("v", *ALL) | of("vc", "dmitri", "esther")
    for row in (profile, package):
        assert rights(people, row, {"v": "view", "c": "change"}) == expected
    with nothing_changes():
        for name in set(ALL) - {"dmitri", "esther"}:
            who = {"actor": people[name]}
            with pytest.raises(Forbidden):
                tools.set_profile(**who, tool=tool, support="Mine.")
            with pytest.raises(Forbidden):
                tools.name_package(**who, tool=tool, ecosystem="npm", name="mine")
            with pytest.raises(Forbidden):
                tools.forget_package(**who, package=package)


def test_a_token_that_may_only_read_makes_nothing(people: People, tool: Entity) -> None:
    """What is about no row yet is refused too."""
    esther, ben = people.esther, people.ben
    esther.token_scopes = ben.token_scopes = frozenset({"read"})
    capability, tracking = walked.a_capability(), {"slug": "mine", "name": "Mine", "quadrant": "data"}
    with nothing_changes():
        for act in (
            lambda: drafts.begin_request(actor=ben, team=people.team("risk-ml")),
            lambda: standards.create_capability(actor=esther, **tracking),
            lambda: tools.set_profile(actor=esther, tool=tool, support="Mine."),
            lambda: tools.name_package(actor=esther, tool=tool, ecosystem="npm", name="mine"),
            lambda: standards.publish_standard(
                actor=esther,
                capability=capability,
                rationale="Mine.",
                rules=[{"tool": tool.ref, "ring": "hold"}],
            ),
        ):
            with pytest.raises(Forbidden, match="no scope “write”"):
                act()
