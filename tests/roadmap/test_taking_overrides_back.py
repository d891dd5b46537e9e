"""An override may be taken back before the decision, by whoever made it and by the chair; what is off the top stays."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import Conflict, Forbidden
from apps.core.models import Event
from apps.people.models import Membership
from apps.roadmap.actions import closing, cycles, meetings, planning
from apps.roadmap.actions.minutes import minutes_of
from apps.roadmap.models import Candidate, Cycle, Meeting, Override, Request
from tests.personas import People
from tests.portal.graphql_client import ask
from tests.roadmap import making
from tests.roadmap.delivering import restricted
from tests.roadmap.test_decision_rules import decide, item, proposed
from tests.traces import nothing_changes

PATH = "/roadmap/cycles/q1/meeting/"
REST = "/api/v1/roadmap/cycles/q1/"


@pytest.fixture
def moved(people: People) -> Override:
    """Hana displaces the first of two items."""
    making.policy(people)
    first, other = making.ready(people), making.ready(people, "Explain the scores", hours=20)
    meeting = proposed(people, first, other)
    return meetings.override(actor=people.hana, meeting=meeting, displaces=item(first), reason="It can wait.")


@pytest.mark.parametrize("name", ["hana", "farid"])
@pytest.mark.parametrize("way", ["page", "rest"])
def test_whoever_made_it_and_the_chair_take_it_back(
    people: People,
    moved: Override,
    signed_in: Any,
    bearer: Any,
    name: str,
    way: str,
) -> None:
    meeting = moved.meeting
    assert moved.displaces.request_id not in meetings.decided_items(meeting, "equal_shares")
    if way == "page":
        client = signed_in(name)
        assert "Take back" in client.get(PATH).content.decode()
        given = {"do": "take_back", "meeting": meeting.pk, "override": moved.pk}
        assert client.post(f"{PATH}act/", given).status_code == 302
        said = client.get(PATH).content.decode()
        assert "taken back by" in said and "displaced by the committee" not in said
        assert 'value="take_back"' not in said
    else:
        [row] = bearer(name).get(f"{REST}meeting/").json()["overrides"]
        assert row["can_take_back"] is True and row["taken_back_at"] is None
        answer = bearer(name).post(f"{REST}take-back-override/", {"override": moved.pk}, "application/json")
        [row] = answer.json()["overrides"]
        assert answer.status_code == 200 and row["taken_back_by"] == name and row["can_take_back"] is False
    assert moved.displaces.request_id in meetings.decided_items(meeting, "equal_shares")
    assert Event.objects.filter(verb="roadmap.cycle.override_taken_back", actor=people[name]).count() == 1
    with nothing_changes(), pytest.raises(Conflict, match="taken back already"):
        meetings.take_back_override(actor=people[name], override=Override.objects.get())


@pytest.mark.parametrize("name", ["kim", "ada", "ben", "dmitri", "esther", "jo", "root", "ci-risk"])
def test_nobody_else_takes_it_back(
    people: People, moved: Override, signed_in: Any, bearer: Any, name: str
) -> None:
    client, page = bearer(name), None if name == "ci-risk" else signed_in(name)
    with nothing_changes():
        with pytest.raises(Forbidden):
            meetings.take_back_override(actor=people[name], override=moved)
        body = {"override": moved.pk}
        assert client.post(f"{REST}take-back-override/", body, "application/json").status_code == 403
        if page is not None:
            given = {"do": "take_back", "meeting": moved.meeting_id, "override": moved.pk}
            assert page.post(f"{PATH}act/", given).status_code == 403
    if page is not None:
        assert "Take back" not in page.get(PATH).content.decode()


def test_what_is_no_override_of_the_meeting_is_refused(
    people: People, moved: Override, signed_in: Any, bearer: Any
) -> None:
    page, client = signed_in("farid"), bearer("farid")
    with nothing_changes():
        for wrong in ("", "x", "999999999", "-1"):
            given = {"do": "take_back", "meeting": moved.meeting_id, "override": wrong}
            assert page.post(f"{PATH}act/", given).status_code == 400
        body = {"override": moved.pk + 1}
        assert client.post(f"{REST}take-back-override/", body, "application/json").status_code == 404


def test_the_chair_takes_back_neither_the_unseen_nor_what_they_have_a_stake_in(
    people: People,
    moved: Override,
) -> None:
    meetings.attend(actor=people.farid, meeting=moved.meeting, recused_from=[moved.displaces])
    with nothing_changes(), pytest.raises(Forbidden, match="keep out"):
        meetings.take_back_override(actor=people.farid, override=moved)
    restricted(moved.displaces.request)
    with nothing_changes(), pytest.raises(Forbidden):
        meetings.take_back_override(actor=people.farid, override=moved)


def test_nobody_takes_back_what_moved_their_own_team_s_item(people: People, moved: Override) -> None:
    Membership.objects.create(
        user=people.farid, team=moved.displaces.request.owner, starts=moved.displaces.request.created_at
    )
    with nothing_changes(), pytest.raises(Forbidden, match="Your team"):
        meetings.take_back_override(actor=people.farid, override=moved)


def test_the_minutes_speak_of_what_was_decided_with(people: People, moved: Override) -> None:
    meetings.take_back_override(actor=people.hana, override=moved)
    meeting = decide(people, moved.meeting)
    text = minutes_of(meeting)
    assert "It can wait" not in text and "None.\n\n1 more was taken back before the decision." in text
    assert Event.objects.get(verb="roadmap.cycle.decided").data["overrides"] == 0
    assert Candidate.objects.get(pk=moved.displaces_id).planned is True
    with nothing_changes(), pytest.raises(Conflict):
        meetings.take_back_override(actor=people.hana, override=Override.objects.get())


def test_after_the_decision_nothing_is_taken_back(people: People, moved: Override, signed_in: Any) -> None:
    decide(people, moved.meeting)
    with nothing_changes(), pytest.raises(Conflict, match="decided already"):
        meetings.take_back_override(actor=people.hana, override=moved)
    assert "Take back" not in signed_in("hana").get(PATH).content.decode()


def test_the_record_stays_as_it_was(people: People, moved: Override) -> None:
    meetings.take_back_override(actor=people.hana, override=moved)
    for change in ({"reason": "Another."}, {"taken_back_at": None, "taken_back_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Override.objects.filter(pk=moved.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Override.objects.filter(pk=moved.pk)._raw_delete("default")


def test_graphql_says_who_took_it_back(people: People, moved: Override, bearer: Any) -> None:
    query = """{ cycle(slug: "q1") { meetings(first: 1) { edges { node { overrides(first: 5) { edges { node {
        takenBackAt takenBackBy { username } abilities { takeBack } } } } } } } } }"""

    def row() -> Any:
        [meeting] = ask(bearer("hana"), query)["cycle"]["meetings"]["edges"]
        return meeting["node"]["overrides"]["edges"][0]["node"]

    assert row() == {"takenBackAt": None, "takenBackBy": None, "abilities": {"takeBack": True}}
    meetings.take_back_override(actor=people.hana, override=moved)
    assert row()["takenBackBy"] == {"username": "hana"} and row()["abilities"] == {"takeBack": False}


def off_the_top(people: People, entry: str) -> tuple[Meeting, Candidate]:
    """A meeting on a cycle with one item off the top and one that was voted on."""
    making.policy(people)
    first, other = making.ready(people), making.ready(people, "Explain the scores", hours=20)
    if entry == "carried":
        Request.objects.filter(pk=first.pk).update(state="in_progress")
        row = making.cycle(people, other)
        cycles.carry_over(actor=people.esther, cycle=row, request=Request.objects.get(pk=first.pk))
        making.scoring.estimate(actor=people.dmitri, request=first, role="ml-engineer", p50=3)
    else:
        row = making.cycle(people, other)
        found = cycles.add_candidate(
            actor=people.esther, cycle=row, request=first, entry="mandatory", obligation="Audit finding 7"
        )
        cycles.approve_mandatory(actor=people.farid, candidate=found)
    cycles.open_voting(actor=people.esther, cycle=row)
    making.vote(people, row, "retail-banking", **{f"r{other.pk}": 100})
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    planning.carry_out(Cycle.objects.get().runs.get())
    meeting = meetings.call_meeting(actor=people.esther, cycle=Cycle.objects.get())
    meetings.attend(actor=people.hana, meeting=meeting)
    return meeting, item(first)


@pytest.mark.parametrize(
    ("entry", "says", "todo"),
    [
        ("carried", "is carried over", "the center stops the work"),
        ("mandatory", r"is mandatory \(Audit finding 7\)", "a CoE lead opens the vote again"),
    ],
)
def test_what_is_off_the_top_is_not_displaced(
    people: People, signed_in: Any, bearer: Any, entry: str, says: str, todo: str
) -> None:
    meeting, first = off_the_top(people, entry)
    client, page = bearer("hana"), signed_in("hana")
    with nothing_changes():
        with pytest.raises(Conflict, match=says) as refused:
            meetings.override(actor=people.hana, meeting=meeting, displaces=first, reason="No room.")
        assert todo in refused.value.next_step
        body = {"displaces": first.request_id, "reason": "No room."}
        answer = client.post(f"{REST}override/", body, "application/json")
        assert answer.status_code == 409 and str(first.request) in answer.json()["detail"]
        given = {"do": "override", "meeting": meeting.pk, "displaces": first.pk, "reason": "No room."}
        answer = page.post(f"{PATH}act/", given)
        assert answer.status_code == 400 and "that was voted on" in answer.content.decode()
    assert "Carried-over and mandatory work stays" in page.get(PATH).content.decode()


def test_what_a_meeting_moved_stays_in_the_cycle_that_it_moved_it_in(people: People, moved: Override) -> None:
    planning.reopen(actor=people.esther, cycle=Cycle.objects.get(), reason="A unit was left out.")
    closing.prepare_again(actor=people.esther, cycle=Cycle.objects.get(), reason="Shares were wrong.")
    with nothing_changes(), pytest.raises(Conflict, match="that record is kept"):
        cycles.remove_candidate(actor=people.esther, candidate=moved.displaces)
