"""The decision meeting by form: quorum, recusal, overrides, stale plans, and what those read who did not sit in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import Event
from apps.people.models import Committee
from apps.roadmap.actions import meetings, planning
from apps.roadmap.actions.minutes import minutes_of
from apps.roadmap.models import Attendance, Candidate, Cycle, Meeting, Override, PlanRun, Request
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import called, proposed_cycle, restricted

SignedIn = Callable[[str], Client]
PATH = "/roadmap/cycles/q1/meeting/"


def body(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"{PATH}{query}")
    assert answer.status_code == status, answer.status_code
    return str(answer.content.decode())


def post(client: Client, do: str, **fields: Any) -> Any:
    meeting = Meeting.objects.order_by("-pk").first()
    return client.post(f"{PATH}act/", {"do": do, "meeting": meeting.pk if meeting else "", **fields})


def everything() -> tuple[Any, ...]:
    states = tuple(Request.objects.order_by("pk").values_list("state", "version"))
    rows = tuple(tuple(each.objects.order_by("pk").values_list()) for each in (Meeting, Attendance, Override))
    return states, rows, tuple(Cycle.objects.values_list("state", "version")), Event.objects.count()


def quorum_of(number: int) -> None:
    Committee.objects.filter(purpose="steering").update(quorum=number)


def decided(people: People, signed_in: SignedIn) -> Meeting:
    quorum_of(2)
    for name in ("farid", "hana"):
        assert post(signed_in(name), "attend").status_code == 302
    sha256 = Meeting.objects.get().run.result_sha256
    answer = post(signed_in("farid"), "decide", chosen="equal_shares", sha256=sha256, notes="As proposed.")
    assert answer.status_code == 302
    return Meeting.objects.get()


def test_a_coe_lead_calls_the_meeting_when_there_are_plans(people: People, signed_in: SignedIn) -> None:
    proposed_cycle(people)
    assert "No meeting yet" in body(signed_in("kim"))
    for name in ("kim", "farid", "dmitri", "ada"):
        assert "Call the meeting" not in body(signed_in(name))
        assert post(signed_in(name), "call").status_code == 403
    assert not Meeting.objects.exists()
    assert "Call the meeting" in body(signed_in("esther"))
    assert post(signed_in("esther"), "call").status_code == 302
    assert Meeting.objects.get().decided_at is None


def test_the_agenda_holds_the_plan_and_the_close_calls(people: People, signed_in: SignedIn) -> None:
    requests, _ = called(people)
    said = body(signed_in("kim"))
    assert all(str(each) in said for each in requests)
    assert "Close calls" in said and "Value maximum" in said and "10 of 10 person-weeks" in said
    assert "farid" in said.lower() and "Who is there: 0; 3 are needed" in said
    assert "chairs the steering committee, decides" in said
    assert 'name="chosen"' not in said and 'name="reason"' not in said


def test_only_the_committee_moves_items_and_only_its_chair_decides(
    people: People, signed_in: SignedIn
) -> None:
    requests, meeting = called(people)
    quorum_of(1)
    meetings.attend(actor=people.farid, meeting=meeting)
    candidate = Candidate.objects.get(request=requests[0]).pk
    sha256, before = meeting.run.result_sha256, everything()
    for name in ("kim", "ada", "chloe", "dmitri", "esther", "jo", "grace", "root"):
        client = signed_in(name)
        assert post(client, "attend").status_code == 403, name
        assert post(client, "override", displaces=candidate, reason="Mine.").status_code == 403, name
        assert post(client, "decide", chosen="equal_shares", sha256=sha256).status_code == 403, name
    assert post(signed_in("hana"), "decide", chosen="equal_shares", sha256=sha256).status_code == 403
    assert everything() == before


def test_a_decision_needs_its_quorum_and_the_plans_that_were_looked_at(
    people: People, signed_in: SignedIn
) -> None:
    _, meeting = called(people)
    quorum_of(2)
    client, sha256 = signed_in("farid"), meeting.run.result_sha256
    post(client, "attend")
    before = everything()
    answer = post(client, "decide", chosen="equal_shares", sha256=sha256, notes="Kept notes")
    said = answer.content.decode()
    assert answer.status_code == 409 and "1 of 2 members" in said and "Kept notes" in said
    assert everything() == before
    post(signed_in("hana"), "attend")
    before = everything()
    answer = post(client, "decide", chosen="equal_shares", sha256="0" * 64, notes="Kept notes")
    said = answer.content.decode()
    assert answer.status_code == 409 and "not the plans that you looked at" in said
    assert "Kept notes" in said and f'value="{sha256}"' in said
    assert everything() == before
    assert post(client, "decide", chosen="poem", sha256=sha256).status_code == 400
    assert post(client, "decide", chosen="equal_shares", sha256=sha256).status_code == 302
    assert Cycle.objects.get().state == "decided"


def test_nobody_moves_what_they_keep_out_of(people: People, signed_in: SignedIn) -> None:
    requests, meeting = called(people)
    item = Candidate.objects.get(request=requests[0])
    client = signed_in("farid")
    answer = post(client, "override", displaces=item.pk, reason="Later.")
    assert answer.status_code == 409 and "Say that you attend first" in answer.content.decode()
    assert post(client, "attend", recused_from=[item.pk]).status_code == 302
    assert "keeps out of Sort the alerts" in body(signed_in("kim"))
    before = everything()
    answer = post(client, "override", displaces=item.pk, reason="Later.")
    assert answer.status_code == 403 and "You keep out of this item" in answer.content.decode()
    assert everything() == before
    assert post(signed_in("hana"), "attend").status_code == 302
    assert post(signed_in("hana"), "override", displaces=item.pk, reason="It makes room.").status_code == 302
    assert Override.objects.get().moved_by == people.hana
    assert meeting.attendances.count() == 2


def test_an_override_shows_at_once_what_is_left_of_each_role(people: People, signed_in: SignedIn) -> None:
    requests, meeting = called(people)
    ids = [Candidate.objects.get(request=each).pk for each in requests]
    client = signed_in("farid")
    query = f"?part=roles&meeting={meeting.pk}&plan=equal_shares"
    said = body(client, f"{query}&takes={ids[1]}")
    assert "14 of 10 person-weeks" in said and "More than there is" in said
    said = body(client, f"{query}&takes={ids[1]}&displaces={ids[0]}")
    assert "8 of 10 person-weeks" in said and "More than there is" not in said
    for wild in ("&takes=x", "&takes=999999999999999999999", "&plan=poem"):
        assert "10 of 10 person-weeks" in body(client, query + wild)
    assert not Override.objects.exists()


def test_overrides_without_reason_or_item_come_back(people: People, signed_in: SignedIn) -> None:
    requests, _ = called(people)
    item, client = Candidate.objects.get(request=requests[0]).pk, signed_in("farid")
    post(client, "attend")
    before = everything()
    for fields in (
        {"displaces": item, "reason": ""},
        {"reason": "Nothing moves."},
        {"takes": item, "displaces": item, "reason": "The same."},
        {"takes": "99999999", "reason": "Unknown."},
        {"takes": "x", "reason": "Kept words."},
    ):
        answer = post(client, "override", **fields)
        assert answer.status_code in (400, 409), fields
        assert fields["reason"] in answer.content.decode()
    assert everything() == before


def test_a_reopened_cycle_is_told_as_stale(people: People, signed_in: SignedIn) -> None:
    _, meeting = called(people)
    planning.reopen(actor=people.esther, cycle=Cycle.objects.get(), reason="A unit was left out.")
    quorum_of(1)
    post(signed_in("farid"), "attend")
    before = everything()
    assert "These plans are stale" in body(signed_in("farid"))
    sha256 = meeting.run.result_sha256
    answer = post(signed_in("farid"), "decide", chosen="equal_shares", sha256=sha256)
    assert answer.status_code == 409 and "stale" in answer.content.decode()
    assert everything() == before


def test_a_decided_meeting_is_read_by_everybody_and_changed_by_nobody(
    people: People, signed_in: SignedIn
) -> None:
    requests, _ = called(people)
    decided(people, signed_in)
    said = body(signed_in("kim"))
    assert "As proposed." in said and "Equal shares with fill" in said and "act-form" not in said
    before = everything()
    for do, fields in (
        ("attend", {}),
        ("override", {"displaces": Candidate.objects.get(request=requests[0]).pk, "reason": "Late."}),
        ("decide", {"chosen": "value_maximum", "sha256": Meeting.objects.get().run.result_sha256}),
    ):
        assert post(signed_in("farid"), do, **fields).status_code in (403, 409), do
    assert everything() == before


def test_a_restricted_request_is_a_number_to_others(people: People, signed_in: SignedIn) -> None:
    requests, meeting = called(people)
    meetings.attend(actor=people.hana, meeting=meeting)
    item = Candidate.objects.get(request=requests[2])
    meetings.override(actor=people.hana, meeting=meeting, displaces=item, reason="Damage photos can wait.")
    restricted(requests[2])
    said = body(signed_in("ben"))
    assert "Read damage photos" not in said and "Damage photos can wait" not in said
    assert "a request not shown to you" in said and "1 request not shown to you" in said
    assert "Read damage photos" in body(signed_in("chloe"))
    roles = f"?part=roles&meeting={meeting.pk}&plan=equal_shares&takes={item.pk}"
    assert "With the override" not in body(signed_in("ben"), roles)
    decided(people, signed_in)
    text = minutes_of(Meeting.objects.get())
    assert "Read damage photos" not in text and "can wait" not in text
    assert "[Sort the alerts]" in text and "2 there, 2 needed" in text and "ML engineer" in text


def test_what_is_no_meeting_is_not_found(people: People, signed_in: SignedIn) -> None:
    called(people)
    client = signed_in("farid")
    body(client, "?meeting=99999999", 404)
    assert client.get("/roadmap/cycles/nothing/meeting/").status_code == 404
    assert client.post(f"{PATH}act/", {"do": "attend"}).status_code == 404
    assert client.post(f"{PATH}act/", {"do": "dance"}).status_code == 400
    assert not Attendance.objects.exists()


def test_statements_do_not_grow_with_overrides_and_members(people: People, signed_in: SignedIn) -> None:
    requests, meeting = called(people)
    client = signed_in("esther")
    meetings.attend(actor=people.farid, meeting=meeting)
    body(client)
    with CaptureQueriesContext(connection) as few:
        body(client)
    ids = [Candidate.objects.get(request=each) for each in requests]
    meetings.attend(actor=people.hana, meeting=meeting, recused_from=[ids[1]])
    for item in (ids[0], ids[2]):
        meetings.override(actor=people.hana, meeting=meeting, displaces=item, reason="Later.")
    with CaptureQueriesContext(connection) as many:
        body(client)
    assert len(many) - len(few) <= 1 and len(many) <= 26  # the prefetch of recusals runs where there is one


def section(said: str, heading: str) -> str:
    found = re.search(rf"<h2[^>]*>{heading}</h2>(.*?)</section>", said, re.DOTALL)
    return found[1] if found else ""


def test_what_the_committee_displaced_was_in_the_plan(people: People, signed_in: SignedIn) -> None:
    requests, meeting = called(people)
    item = Candidate.objects.get(request=requests[2])
    meetings.attend(actor=people.hana, meeting=meeting)
    moved = meetings.override(actor=people.hana, meeting=meeting, displaces=item, reason="It can wait.")
    said = body(signed_in("kim"))
    displaced = section(said, "Displaced by the committee")
    assert "Read damage photos" in displaced and "In this plan, and left out by an override." in displaced
    assert re.search(r"Bought in round \d, then displaced by the committee\.", displaced)
    assert "Read damage photos" not in section(said, "Close calls") + section(said, "Not in the plan")
    other = body(signed_in("kim"), "?plan=value_maximum")
    assert "Read damage photos" not in section(other, "Displaced by the committee")
    meetings.take_back_override(actor=people.hana, override=moved)
    assert not section(body(signed_in("kim")), "Displaced by the committee")
    Request.objects.filter(pk=requests[2].pk).update(state="withdrawn")
    said = body(signed_in("kim"))
    assert not section(said, "Displaced by the committee") and "it left the cycle since." in said


def test_what_was_filled_by_value_and_displaced_says_so(people: People, signed_in: SignedIn) -> None:
    making.policy(people)
    first, other = making.ready(people), making.ready(people, "Explain the scores", hours=20)
    row = making.voting_cycle(people, first, other)
    making.vote(people, row, "retail-banking", **{f"r{first.pk}": 100})
    planning.freeze(actor=people.esther, cycle=row)
    planning.carry_out(PlanRun.objects.get())
    meeting = meetings.call_meeting(actor=people.esther, cycle=Cycle.objects.get())
    meetings.attend(actor=people.hana, meeting=meeting)
    item = Candidate.objects.get(request=other)
    meetings.override(actor=people.hana, meeting=meeting, displaces=item, reason="It can wait.")
    said = body(signed_in("kim"))
    assert "Filled by value, then displaced by the committee." in section(said, "Displaced by the committee")
    assert "No unit gave points to it" not in said
