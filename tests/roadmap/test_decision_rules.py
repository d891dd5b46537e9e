"""What a committee cannot decide: what left the cycle, what lacks its needs, what excludes each other, one's own item."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.models import Event
from apps.people.models import Committee, CommitteeSeat, Membership
from apps.roadmap.actions import cycles, delivery, intake, meetings, planning, scoring
from apps.roadmap.actions.minutes import minutes_of
from apps.roadmap.models import Candidate, Cycle, Meeting, Override, PlanRun, Request
from tests.personas import People
from tests.roadmap import making, walked


def proposed(people: People, *requests: Request, points: dict[str, int] | None = None) -> Meeting:
    """A meeting with farid and hana there, who are enough."""
    row = making.voting_cycle(people, *requests)
    given = points or {f"r{requests[0].pk}": 100}
    making.vote(people, row, "retail-banking", **given)
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    planning.carry_out(PlanRun.objects.get())
    Committee.objects.filter(purpose="steering").update(quorum=2)
    meeting = meetings.call_meeting(actor=people.esther, cycle=Cycle.objects.get())
    for name in ("farid", "hana"):
        meetings.attend(actor=people[name], meeting=meeting)
    return meeting


def decide(people: People, meeting: Meeting) -> Meeting:
    sha256 = meeting.run.result_sha256
    return meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=sha256)


def item(request: Request) -> Candidate:
    return Candidate.objects.get(request=request)


@pytest.fixture
def two(people: People) -> tuple[Request, Request]:
    making.policy(people)
    return making.ready(people), making.ready(people, "Explain the scores", hours=20)


def test_what_was_withdrawn_since_is_neither_planned_nor_counted(
    people: People, two: tuple[Request, Request]
) -> None:
    """Its weeks are free for another item, and the minutes do not call it planned."""
    gone, other = two
    meeting = proposed(people, gone, other)
    intake.withdraw(actor=people.ben, request=gone)
    assert gone.pk not in meetings.decided_items(meeting, "equal_shares")
    meeting = decide(people, meeting)
    assert [item(each).planned for each in two] == [False, True]
    assert meetings.decided_items(meeting, "equal_shares") == {other.pk}
    planned, _, rest = minutes_of(meeting).partition("## Not planned")
    assert gone.title in rest and gone.title not in planned
    assert Event.objects.get(verb="roadmap.cycle.decided").data["items"] == 1


def test_a_withdrawn_item_cannot_be_taken(people: People, two: tuple[Request, Request]) -> None:
    meeting = proposed(people, *two)
    intake.withdraw(actor=people.ben, request=two[1])
    with pytest.raises(Conflict, match="withdrawn"):
        meetings.override(actor=people.hana, meeting=meeting, takes=item(two[1]), reason="We want it.")
    assert not Override.objects.exists()


def test_nothing_is_decided_without_what_it_needs(people: People, two: tuple[Request, Request]) -> None:
    first, needs_it = two
    scoring.add_dependency(actor=people.dmitri, request=needs_it, other=first, kind="needs")
    meeting = proposed(people, first, needs_it, points={f"r{first.pk}": 50, f"r{needs_it.pk}": 50})
    meetings.override(actor=people.hana, meeting=meeting, displaces=item(first), reason="Later.")
    with pytest.raises(Conflict, match="needs") as refused:
        decide(people, meeting)
    assert needs_it.title in refused.value.detail and first.title in refused.value.detail
    assert Cycle.objects.get().state == "proposed"
    meetings.override(
        actor=people.hana, meeting=meeting, displaces=item(needs_it), reason="It cannot go alone."
    )
    assert decide(people, meeting).decided_at is not None


def test_two_that_exclude_each_other_are_not_decided_together(
    people: People, two: tuple[Request, Request]
) -> None:
    scoring.add_dependency(actor=people.dmitri, request=two[0], other=two[1], kind="excludes")
    meeting = proposed(people, *two)
    meetings.override(actor=people.hana, meeting=meeting, takes=item(two[1]), reason="Both.")
    with pytest.raises(Conflict, match="exclude"):
        decide(people, meeting)
    assert Request.objects.get(pk=two[0].pk).state == "in_cycle"


def test_a_refusal_names_no_hidden_request(people: People, two: tuple[Request, Request]) -> None:
    first, needs_it = two
    scoring.add_dependency(actor=people.dmitri, request=needs_it, other=first, kind="needs")
    meeting = proposed(people, first, needs_it, points={f"r{first.pk}": 50, f"r{needs_it.pk}": 50})
    meetings.override(actor=people.hana, meeting=meeting, displaces=item(first), reason="Later.")
    Request.objects.filter(pk=first.pk).update(visibility="restricted", title="Zebra")
    with pytest.raises(Conflict) as refused:
        decide(people, meeting)
    assert "Zebra" not in refused.value.detail and "not shown to you" in refused.value.detail


def test_who_keeps_out_keeps_out_until_the_decision(people: People, two: tuple[Request, Request]) -> None:
    meeting = proposed(people, *two)
    meetings.attend(actor=people.hana, meeting=meeting, recused_from=[item(two[1])])
    with pytest.raises(Conflict, match="keep"):
        meetings.attend(actor=people.hana, meeting=meeting, recused_from=[])
    with pytest.raises(Forbidden):
        meetings.override(actor=people.hana, meeting=meeting, takes=item(two[1]), reason="Mine.")
    assert not Override.objects.exists()
    meetings.attend(actor=people.hana, meeting=meeting)  # being there again takes nothing back
    meetings.attend(actor=people.hana, meeting=meeting, recused_from=[item(two[0]), item(two[1])])
    assert meeting.attendances.get(user=people.hana).recused_from.count() == 2


@pytest.mark.parametrize("name", ["ben", "ada"])
def test_nobody_moves_what_their_own_team_asked_for(
    people: People, two: tuple[Request, Request], name: str
) -> None:
    """Neither who asked nor another account of the team."""
    meeting = proposed(people, *two)
    seat(people[name])
    meetings.attend(actor=people[name], meeting=meeting)
    with pytest.raises(Forbidden, match="team"):
        meetings.override(actor=people[name], meeting=meeting, takes=item(two[1]), reason="Ours.")
    assert not Override.objects.exists()


def seat(user: Any, **fields: Any) -> CommitteeSeat:
    committee = Committee.objects.filter(purpose="steering").order_by("pk").first()
    given = {
        "committee": committee,
        "seat": "business",
        "starts": timezone.now() - timedelta(days=9),
        **fields,
    }
    return CommitteeSeat.objects.create(user=user, **given)


def test_the_quorum_is_met_by_members_of_the_committee_only(
    people: People, two: tuple[Request, Request]
) -> None:
    """Not by a seat that has ended, of another committee, or of somebody who left."""
    meeting = proposed(people, *two)
    Committee.objects.filter(purpose="steering").update(quorum=3)
    second = Committee.objects.create(slug="second", name="Second steering", purpose="steering", quorum=1)
    seat(people.grace, committee=second)
    meetings.attend(actor=people.grace, meeting=meeting)
    with pytest.raises(Conflict, match="2 of 3 members"):
        decide(people, meeting)
    ended = seat(people.ivan)
    meetings.attend(actor=people.ivan, meeting=meeting)
    CommitteeSeat.objects.filter(pk=ended.pk).update(ends=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="2 of 3 members"):
        decide(people, meeting)
    seat(people.jo)
    meetings.attend(actor=people.jo, meeting=meeting)
    type(people.jo).objects.filter(username="jo").update(is_active=False)
    with pytest.raises(Conflict, match="2 of 3 members"):
        decide(people, meeting)
    assert Cycle.objects.get().state == "proposed"


def test_a_mandatory_item_is_approved_by_nobody_who_wants_it(people: People) -> None:
    """Neither who proposed it, nor who asked for it, nor another account of their team."""
    making.policy(people)
    request, row = making.ready(people), making.cycle(people)
    candidate = cycles.add_candidate(
        actor=people.esther, cycle=row, request=request, entry="mandatory", obligation="Audit finding 7"
    )
    for name in ("esther", "ben", "ada"):
        seat(people[name])
        with pytest.raises((Forbidden, NotFound)):
            cycles.approve_mandatory(actor=people[name], candidate=candidate)
    assert Candidate.objects.get().approved_by is None
    cycles.approve_mandatory(actor=people.hana, candidate=candidate)


@pytest.mark.parametrize("name", ["dmitri", "esther", "ada", "ben"])
def test_neither_builder_nor_asking_team_confirms_an_outcome(people: People, name: str) -> None:
    """A finance seat does not turn who built or asked for it into somebody else."""
    outcome = walked.an_outcome(walked.a_request(state="delivered"), recorded_by=people.kim)
    seat(people[name], seat="finance")
    from apps.core.policies import can

    assert not can(people[name], "confirm", outcome)
    Membership.objects.filter(user=people[name]).update(ends=timezone.now() - timedelta(seconds=1))
    assert can(people[name], "confirm", outcome) is (name != "ben")  # ben is the requester


def test_to_be_planned_or_not_is_a_decision_and_stays_one(
    people: People, two: tuple[Request, Request], bearer: Any
) -> None:
    meeting = proposed(people, *two)
    meetings.override(actor=people.hana, meeting=meeting, displaces=item(two[1]), reason="Later.")
    at = decide(people, meeting).decided_at
    client = bearer("esther")
    delivery.start_work(actor=people.dmitri, request=Request.objects.get(pk=two[0].pk))
    for each, state in zip(two, ("in_progress", "ready"), strict=True):
        each.refresh_from_db()
        assert (each.state, each.decided_at) == (state, at)
        told = client.get(f"/api/v1/roadmap/requests/{each.pk}/").json()["decided_at"]
        assert datetime.fromisoformat(told) == at
