"""A whole cycle through the actions: from an idea to what came of it, and who may not interfere."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.catalog.actions import create_entity
from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.models import Event
from apps.people.models import Committee
from apps.roadmap.actions import (
    cycles,
    delivery,
    intake,
    meetings,
    outcomes,
    planning,
    scoring,
    triage,
    voting,
)
from apps.roadmap.models import (
    Ballot,
    BallotLine,
    Candidate,
    Cycle,
    Follow,
    Outcome,
    PlanRun,
    Request,
    Score,
    Support,
)
from apps.roadmap.queries.plans import items_of, result_of
from apps.roadmap.queries.scores import valuation
from tests.personas import People
from tests.roadmap import making


def test_an_incomplete_request_is_kept_and_not_sent(people):
    request = intake.begin_request(actor=people.ben, owner=people.team("risk-ml"), title="Half a thought")
    with pytest.raises(Invalid) as refused:
        intake.submit_request(actor=people.ben, request=request)
    assert {"problem", "why_now", "kpis"} <= set(refused.value.errors)
    assert request not in Request.objects.visible_to(people.dmitri)
    request.refresh_from_db()
    assert request.title == "Half a thought"


def test_a_merge_keeps_what_stands_on_both_sides(people):
    request, into = making.submitted(people, by="chloe"), making.submitted(people, "Alerts in order")
    intake.comment(actor=people.chloe, request=request, text="Ours come by night.")
    triage.merge(actor=people.dmitri, request=request, into=into)
    request.refresh_from_db()
    assert (request.state, request.merged_into) == ("duplicate", into)
    assert Support.objects.get(request=into).unit.slug == "insurance"
    assert Follow.objects.filter(request=into, user=people.chloe).exists()
    assert request.comments.count() == 1
    verbs = set(Event.objects.filter(target_id=into.pk).values_list("verb", flat=True))
    assert "roadmap.request.merge_received" in verbs


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "farid", "kim", "root", "ci-risk"])
def test_only_the_center_triages_and_a_denial_changes_nothing(people, name):
    request, before = making.submitted(people), Event.objects.count()
    with pytest.raises(Forbidden):
        triage.decline(actor=people[name], request=request, reason="No.")
    request.refresh_from_db()
    assert request.state == "submitted" and Event.objects.count() == before


def test_every_no_says_why(people):
    request = making.submitted(people)
    for answer in (triage.decline, triage.defer):
        with pytest.raises(Invalid):
            answer(actor=people.dmitri, request=request, reason=" ")
    triage.defer(actor=people.dmitri, request=request, reason="After the migration.")
    triage.take_triage(actor=people.esther, request=request)


def test_scores_are_sealed_until_they_are_revealed_together(people):
    making.policy(people)
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    making.give_score(people, request, "dmitri", 40)
    for name in ("esther", "ada", "root", "farid"):
        assert not Score.objects.visible_to(people[name]).exists()
    assert Score.objects.visible_to(people.dmitri).count() == 1
    with pytest.raises(Conflict):
        scoring.reveal_scores(actor=people.dmitri, request=request)
    making.give_score(people, request, "esther", 30)
    assert not any("40" in str(event.data) for event in Event.objects.filter(verb="roadmap.request.scored"))
    scoring.reveal_scores(actor=people.dmitri, request=request)
    assert Score.objects.visible_to(people.ada).count() == 2
    found = valuation(request)
    assert found.value == 35 * 2000 * found.confidence and str(found.confidence) == "0.9"


def test_a_wide_spread_forces_another_round(people):
    making.policy(people)
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    for name, hours in (("dmitri", 10), ("esther", 40)):
        making.give_score(people, request, name, hours)
    scoring.reveal_scores(actor=people.esther, request=request)
    with pytest.raises(Conflict, match="twofold"):
        scoring.declare_ready(actor=people.esther, request=request)
    for name, hours in (("dmitri", 30), ("esther", 40)):
        making.give_score(people, request, name, hours)
    scoring.reveal_scores(actor=people.esther, request=request)
    with pytest.raises(Conflict) as lacking:
        scoring.declare_ready(actor=people.esther, request=request)
    assert "twofold" not in lacking.value.detail


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "farid", "root"])
def test_nobody_scores_but_the_center(people, name):
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    with pytest.raises(Forbidden):
        making.give_score(people, request, name, 10)
    assert not Score.objects.exists()


def test_the_center_does_not_score_its_own_request(people):
    people_ask = making.submitted(people, by="dmitri", unit=people.unit("insurance"))
    request = triage.accept(actor=people.esther, request=people_ask)
    with pytest.raises(Forbidden):
        making.give_score(people, request, "dmitri", 10)


def test_ballots_are_sealed_even_from_those_who_run_the_cycle(people):
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    making.vote(people, row, "retail-banking", **{f"r{request.pk}": 100})
    for name in ("esther", "root", "dmitri", "jo", "ada", "hana"):
        assert not Ballot.objects.visible_to(people[name]).exists()
        assert not BallotLine.objects.visible_to(people[name]).exists()
    assert BallotLine.objects.visible_to(people.farid).get().points == 100
    assert all(
        "100" not in str(event.data) for event in Event.objects.filter(verb="roadmap.cycle.ballot_cast")
    )
    planning.freeze(actor=people.esther, cycle=row)
    assert BallotLine.objects.visible_to(people.ada).get().points == 100


def test_units_vote_not_people(people):
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    candidate, share = Candidate.objects.get(), making.share(row, "retail-banking")
    for name in ("ada", "ben", "jo", "esther", "root", "ci-risk"):
        with pytest.raises(Forbidden):
            voting.cast_ballot(actor=people[name], share=share, points={candidate: 10})
    voting.advise(actor=people.ben, share=share, candidate=candidate, points=80, note="We wait for it.")
    voting.name_delegate(actor=people.farid, share=share, user=people.ada)
    voting.cast_ballot(actor=people.ada, share=share, points={candidate: 100})
    with pytest.raises(Invalid):
        voting.cast_ballot(actor=people.farid, share=share, points={candidate: 101})
    with pytest.raises(Conflict):
        voting.cast_ballot(actor=people.farid, share=share, points={candidate: 5}, expected_version=0)
    assert Ballot.objects.get().cast_by == people.ada


@pytest.mark.parametrize(
    "shares", [{"retail-banking": 5_000}, {"group": 5_000, "insurance": 5_000}, {"insurance": 0}]
)
def test_shares_that_do_not_add_up_or_contain_each_other_are_refused(people, shares):
    with pytest.raises(Invalid):
        making.cycle(people, shares=shares)


def planned(people: People) -> tuple[list[Request], Cycle]:
    """Three requests of four weeks compete for ten; retail wants the first two, insurance the third."""
    making.policy(people)
    requests = [
        making.ready(people, "Sort the alerts", hours=40),
        making.ready(people, "Explain the scores", hours=20),
        making.ready(people, "Read the claims", by="chloe", hours=10),
    ]
    row = making.voting_cycle(people, *requests)
    first, second, third = (f"r{each.pk}" for each in requests)
    making.vote(people, row, "retail-banking", **{first: 60, second: 40})
    making.vote(people, row, "insurance", **{third: 100})
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    planning.carry_out(PlanRun.objects.get())
    return requests, Cycle.objects.get()


def test_a_small_unit_gets_its_share_and_the_same_bytes_come_again(people):
    requests, row = planned(people)
    run = PlanRun.objects.get()
    assert row.state == "proposed" and run.reproducible
    assert items_of(run, "equal_shares") == {requests[0].pk, requests[2].pk}
    assert items_of(run, "value_maximum") == {requests[0].pk, requests[1].pk}
    why = result_of(run)["why_not"]
    assert any(name.endswith(str(requests[1].pk)) for name in why)
    again = planning.queue(people.esther, run.snapshot, {}, run.queued_at)
    assert planning.carry_out(again).result == run.result


def test_the_committee_decides_with_quorum_on_the_plans_it_looked_at(people):
    requests, row = planned(people)
    meeting = meetings.call_meeting(actor=people.esther, cycle=row)
    run = meeting.run
    with pytest.raises(Conflict, match="members"):
        meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=run.result_sha256)
    for name in ("farid", "hana"):
        meetings.attend(actor=people[name], meeting=meeting)
    Committee.objects.filter(purpose="steering").update(quorum=2)
    with pytest.raises(Conflict, match="looked at"):
        meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256="0" * 64)
    with pytest.raises(Forbidden):
        meetings.decide(actor=people.esther, meeting=meeting, chosen="equal_shares", sha256=run.result_sha256)
    takes = Candidate.objects.get(request=requests[1])
    meetings.override(actor=people.hana, meeting=meeting, takes=takes, reason="The regulator asks for it.")
    with pytest.raises(Conflict, match="person-weeks"):
        meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=run.result_sha256)
    displaces = Candidate.objects.get(request=requests[0])
    meetings.attend(actor=people.farid, meeting=meeting, recused_from=[displaces])
    with pytest.raises(Forbidden):
        meetings.override(actor=people.farid, meeting=meeting, displaces=displaces, reason="Later.")
    meetings.override(actor=people.hana, meeting=meeting, displaces=displaces, reason="It makes room.")
    meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=run.result_sha256)
    states = [Request.objects.get(pk=each.pk).state for each in requests]
    assert states == ["ready", "planned", "planned"]


def test_a_reopened_cycle_makes_its_plans_stale(people):
    _, row = planned(people)
    meeting = meetings.call_meeting(actor=people.esther, cycle=row)
    planning.reopen(actor=people.esther, cycle=row, reason="A unit was left out.")
    with pytest.raises(Conflict, match="stale"):
        meetings.decide(
            actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=meeting.run.result_sha256
        )


def test_what_was_withdrawn_after_the_freeze_is_not_planned(people):
    requests, row = planned(people)
    intake.withdraw(actor=people.ben, request=requests[0])
    Committee.objects.filter(purpose="steering").update(quorum=1)
    meeting = meetings.call_meeting(actor=people.esther, cycle=row)
    meetings.attend(actor=people.farid, meeting=meeting)
    meetings.decide(
        actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=meeting.run.result_sha256
    )
    assert Request.objects.get(pk=requests[0].pk).state == "withdrawn"


def test_a_need_outside_the_cycle_stops_the_freeze(people):
    making.policy(people)
    first, other = making.ready(people), making.ready(people, "The platform first")
    row = making.voting_cycle(people, first)
    scoring.add_dependency(actor=people.dmitri, request=first, other=other, kind="needs")
    with pytest.raises(
        Conflict, match="“Sort the alerts” needs “The platform first”, which is neither in the"
    ):
        planning.freeze(actor=people.esther, cycle=row)
    assert Cycle.objects.get().state == "voting"


def test_mandatory_items_name_an_obligation_and_are_approved_by_somebody_else(people):
    making.policy(people)
    request = making.ready(people, weeks={"ml-engineer": 5})
    row = making.cycle(people)
    with pytest.raises(Invalid):
        cycles.add_candidate(actor=people.esther, cycle=row, request=request, entry="mandatory")
    candidate = cycles.add_candidate(
        actor=people.esther, cycle=row, request=request, entry="mandatory", obligation="Audit finding 7"
    )
    with pytest.raises(Conflict, match="approval"):
        cycles.open_voting(actor=people.esther, cycle=row)
    with pytest.raises(Forbidden):
        cycles.approve_mandatory(actor=people.esther, candidate=candidate)
    cycles.approve_mandatory(actor=people.farid, candidate=candidate)
    with pytest.raises(
        Conflict, match=r"40% of the capacity, 4 person-weeks, and would take 5: “Sort the al"
    ):
        cycles.open_voting(actor=people.esther, cycle=row)
    scoring.estimate(actor=people.dmitri, request=request, role="ml-engineer", p50=4)
    row = cycles.open_voting(actor=people.esther, cycle=row)
    scoring.estimate(actor=people.dmitri, request=request, role="ml-engineer", p50=5)
    with pytest.raises(Conflict, match=r"40%"):
        planning.freeze(actor=people.esther, cycle=row)


def test_delivery_and_outcomes_are_confirmed_by_others(people):
    making.policy(people)
    request = making.ready(people)
    Request.objects.filter(pk=request.pk).update(state="planned")
    request.refresh_from_db()
    request = delivery.start_work(actor=people.dmitri, request=request)
    row = delivery.block(
        actor=people.dmitri, request=request, waits_for="Access to the archive", owner=people.ben
    )
    with pytest.raises(Conflict, match="open"):
        delivery.deliver(actor=people.dmitri, request=request)
    delivery.unblock(actor=people.ben, row=row)
    delivery.record_actual(
        actor=people.dmitri, request=request, role="ml-engineer", month=timezone.localdate(), weeks="2.5"
    )
    entity = create_entity(actor=people.ada, kind="model", name="alerts", owner=people.team("risk-ml"))
    offer = delivery.hand_over(
        actor=people.dmitri, request=request, entity=entity, team=people.team("risk-ml")
    )
    with pytest.raises(Forbidden):
        delivery.accept_handover(actor=people.ben, handover=offer)
    delivery.accept_handover(actor=people.ada, handover=offer)
    request = delivery.deliver(actor=people.dmitri, request=request)
    outcome = outcomes.record_outcome(
        actor=people.ada,
        kpi=request.kpis.get(),
        period_start=timezone.localdate(),
        period_end=timezone.localdate() + timedelta(days=90),
        value="-31",
        source="Time sheets",
    )
    for name in ("ada", "ben", "dmitri", "esther", "jo"):
        with pytest.raises((Forbidden, NotFound)):
            outcomes.confirm_outcome(actor=people[name], outcome=outcome)
    outcomes.confirm_outcome(actor=people.hana, outcome=outcome)
    for review in request.outcome_reviews.all():
        outcomes.review_outcome(
            actor=people.dmitri,
            review=review,
            verdict="adopted",
            lesson="Start with one team.",
            at=timezone.now() + timedelta(days=366),
        )
    assert Request.objects.get(pk=request.pk).state == "closed"


def test_the_database_keeps_four_eyes_and_history(people):
    making.policy(people)
    request = making.scored(people)
    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Score.objects.create(
            request=request, round=9, scorer=people.ben, requester=people.ben, impact=1, urgency="steady"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Outcome.objects.create(
            kpi=request.kpis.get(),
            request=request,
            period_start=date(2026, 1, 1),
            period_end=date(2026, 2, 1),
            value=1,
            source="x",
            recorded_by=people.ada,
            requester=people.ben,
            confirmed_by=people.ada,
        )
