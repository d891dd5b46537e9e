"""Who may do what with a request of risk-ml in each state, written by hand; nothing here is computed from a policy.

ada leads and ben, who asked, works in risk-ml; farid sponsors their unit and chairs the committee, hana sits on it;
dmitri and esther are the center, esther leads it; jo sponsors the other unit. A superuser who is nothing else only reads.
"""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.policies import abilities, can
from apps.roadmap import models as roadmap
from apps.roadmap.workflow import State
from tests.personas import ALL, People
from tests.roadmap import walked

TEAM = {"ada", "ben", "ci-risk"}
CENTER = {"dmitri", "esther"}
ALL_OF_THEM = set(ALL)
PEOPLE = ALL_OF_THEM - {"ci-risk"}
NOBODY: set[str] = set()
WAITING = ("submitted", "triage", "needs_info", "scoring", "ready", "in_cycle")
UNDER_WAY = ("planned", "in_progress")
DONE = ("delivered", "outcome_review", "closed")
ENDED = ("declined", "withdrawn", "cancelled")  # a duplicate needs the other request and has the same rights

# Action -> the states in which somebody may do it, and who; in all other states nobody may.
RIGHTS: dict[str, dict[tuple[str, ...], set[str]]] = {
    "view": {("draft",): TEAM, (*WAITING, *UNDER_WAY, *DONE, *ENDED, "deferred"): ALL_OF_THEM},
    "change": {("draft", "needs_info"): TEAM},
    "submit": {("draft",): TEAM},
    "answer": {("needs_info",): TEAM},
    "withdraw": {("draft", "deferred", *WAITING): TEAM},
    "sponsor": {WAITING: {"farid"}},
    "support": {WAITING: PEOPLE},
    "comment": {(*WAITING, *UNDER_WAY, *DONE, *ENDED, "deferred"): ALL_OF_THEM},
    "follow": {("draft",): TEAM, (*WAITING, *UNDER_WAY, *DONE, *ENDED, "deferred"): ALL_OF_THEM},
    "triage": {("submitted", "triage", "needs_info", "scoring", "deferred"): CENTER},
    "score": {("scoring",): CENTER},
    "reveal": {("scoring",): CENTER},
    "estimate": {(*WAITING, *UNDER_WAY): CENTER},
    "plan": {("ready", "in_cycle"): {"esther"}},
    "deliver": {(*UNDER_WAY, *DONE): CENTER},
    "measure": {DONE: TEAM | CENTER},
}


def expected(action: str, state: str) -> set[str]:
    return next((who for states, who in RIGHTS[action].items() if state in states), NOBODY)


@pytest.mark.parametrize("state", [state for state in State.values if state != "duplicate"])
def test_the_rights_in_each_state(people: People, state: str) -> None:
    request = walked.a_request(state=state)
    found: dict[str, set[str]] = {action: set() for action in RIGHTS}
    for name in ALL:
        user = people[name]
        allowed = abilities(user, request)
        for action in RIGHTS:
            assert can(user, action, request) == allowed[action]
            if allowed[action]:
                found[action].add(name)
    assert found == {action: expected(action, state) for action in RIGHTS}


def test_every_action_of_a_request_has_a_line() -> None:
    inherited = {
        "administer"
    }  # the table of rights of every owned thing says who: tests/portal/test_access_matrix.py
    assert set(roadmap.Request.policy.rules) - inherited == set(RIGHTS)


def test_the_center_answers_and_scores_nothing_of_its_own(people: People) -> None:
    """Delivering and estimating it may."""
    for action, state in (("triage", "triage"), ("score", "scoring"), ("reveal", "scoring")):
        of_dmitri = walked.a_request(state=state, owner=people.team("ml-platform"), requester=people.dmitri)
        assert not can(people.dmitri, action, of_dmitri)
        assert can(people.esther, action, of_dmitri)
    work = walked.a_request(state="in_progress", owner=people.team("ml-platform"), requester=people.dmitri)
    assert can(people.dmitri, "deliver", work) and can(people.dmitri, "estimate", work)


CYCLE_RIGHTS: dict[str, dict[tuple[str, ...], set[str]]] = {
    "view": {("preparing", "voting", "frozen", "proposed", "decided", "closed"): ALL_OF_THEM},
    "change": {("preparing", "voting"): {"esther"}},
    "run": {("preparing", "voting", "frozen", "proposed", "decided", "closed"): {"esther"}},
    "vote": {("voting",): {"farid", "jo", "kim"}},  # two sponsors and a delegate
    "decide": {("proposed",): {"farid", "hana"}},
    "try_out": {("frozen", "proposed", "decided", "closed"): {"dmitri", "esther", "farid", "hana"}},
}


@pytest.mark.parametrize("state", ["preparing", "voting", "frozen", "proposed", "decided", "closed"])
def test_the_rights_of_a_cycle(people: People, state: str) -> None:
    cycle = walked.a_cycle(state)
    for unit in ("retail-banking", "insurance", ""):
        share = walked.a_share(cycle, unit)
    share = roadmap.Share.objects.get(cycle=cycle, unit__slug="insurance")
    roadmap.Delegate.objects.create(cycle=cycle, share=share, user=people.kim, named_by=people.jo)
    found = {action: {name for name in ALL if can(people[name], action, cycle)} for action in CYCLE_RIGHTS}
    wanted = {
        action: next((who for states, who in lines.items() if state in states), NOBODY)
        for action, lines in CYCLE_RIGHTS.items()
    }
    assert found == wanted
    assert set(roadmap.Cycle.policy.rules) == set(CYCLE_RIGHTS)


def test_who_casts_advises_and_names_delegates(people: People) -> None:
    cycle = walked.a_cycle("voting")
    retail, insurance, strategic = (
        walked.a_share(cycle, unit) for unit in ("retail-banking", "insurance", "")
    )
    roadmap.Delegate.objects.create(cycle=cycle, share=insurance, user=people.kim, named_by=people.jo)
    wanted = {
        "cast": ({"farid"}, {"jo", "kim"}, {"farid"}),
        "delegate": ({"farid"}, {"jo"}, NOBODY),
        "advise": ({"ada", "ben", "ci-risk", "farid"}, {"chloe", "jo"}, NOBODY),
    }
    for action, columns in wanted.items():
        for share, who in zip((retail, insurance, strategic), columns, strict=True):
            assert {name for name in ALL if can(people[name], action, share)} == who, (action, share)


def test_who_confirms_an_outcome(people: People) -> None:
    """Business or finance: never who recorded it, nor who asked."""
    request = walked.a_request(state="delivered")
    outcome = walked.an_outcome(request)
    assert {name for name in ALL if can(people[name], "confirm", outcome)} == {"farid", "hana"}
    by_farid = walked.an_outcome(walked.a_request(state="delivered"), recorded_by=people.farid)
    assert {name for name in ALL if can(people[name], "confirm", by_farid)} == {"hana"}


READ_ONLY: Any = {
    "ben": [("requests/", {"team": "risk-ml", "title": "Mine"})],
    "esther": [
        ("cycles/", {"slug": "mine", "name": "Mine", "starts": "2027-01-01", "ends": "2027-04-01"}),
        ("scoring-policies/", {"rates": [], "rationale": "Mine."}),
    ],
    "ada": [("cycles/q1/advice/", {"voter": "unit:retail-banking", "request": 0, "points": 5})],
    "farid": [
        ("cycles/q1/ballots/", {"voter": "unit:retail-banking", "lines": []}),
        ("cycles/q1/delegate/", {"voter": "unit:retail-banking", "user": "kim"}),
    ],
}


@pytest.mark.parametrize("name", READ_ONLY)
def test_a_token_that_may_only_read_writes_nothing(people: People, bearer: Any, name: str) -> None:
    cycle = walked.a_cycle("voting", slug="q1")
    walked.a_share(cycle)
    request = walked.a_request(state="in_cycle")
    walked.a_candidate(request, cycle)
    counted = (
        roadmap.Request,
        roadmap.Cycle,
        roadmap.ScoringPolicy,
        roadmap.Advice,
        roadmap.Ballot,
        roadmap.Delegate,
    )
    before = [model.objects.count() for model in counted]
    for address, body in READ_ONLY[name]:
        whole = body | ({"request": request.pk} if "request" in body else {})
        answer = bearer(name, "read").post(
            f"/api/v1/roadmap/{address}", whole, content_type="application/json"
        )
        assert answer.status_code == 403, (address, answer.content)
        assert "scope" in answer.json()["detail"]
    assert [model.objects.count() for model in counted] == before
