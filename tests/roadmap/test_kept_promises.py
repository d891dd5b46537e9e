"""Small promises: a sent request stays whole, its lead says who sees it, work goes on with a new estimate, nothing hidden
is named in a refusal, and words that no column holds are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound
from apps.core.models import Event
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
from apps.roadmap.models import Candidate, Cycle, PlanRun, Request
from tests.personas import People
from tests.roadmap import making, walked

LONG = "x" * 1_000_000
TRICKS = ("Nul\x00", "Turned \u202e round", LONG)


def test_a_request_does_not_come_back_incomplete(people: People) -> None:
    request = triage.ask_info(actor=people.dmitri, request=making.submitted(people), question="How many?")
    intake.save_request(actor=people.ben, request=request, changes={"problem": "", "kpis": []})
    before = Event.objects.count()
    with pytest.raises(Invalid) as refused:
        intake.answer_info(actor=people.ben, request=request, answer="Forty.")
    assert {"problem", "kpis"} == set(refused.value.errors)
    request.refresh_from_db()
    assert request.state == "needs_info" and Event.objects.count() == before
    changes = {"problem": "Alerts.", "kpis": [making.kpi(people.ben)]}
    intake.save_request(actor=people.ben, request=request, changes=changes)
    assert intake.answer_info(actor=people.ben, request=request, answer="Forty.").state == "triage"


def test_who_sees_a_sent_request_is_said_by_the_teams_lead(people: People, bearer: Any) -> None:
    """In a draft by whoever writes it."""
    draft = making.draft(people, visibility="restricted")
    intake.save_request(actor=people.ben, request=draft, changes={"visibility": "company"})
    intake.save_request(actor=people.ben, request=draft, changes={"visibility": "restricted"})
    request = intake.submit_request(actor=people.ben, request=draft)
    request = triage.ask_info(actor=people.esther, request=request, question="How many?")
    for name in ("ben", "ci-risk"):
        with pytest.raises(Forbidden):
            intake.save_request(actor=people[name], request=request, changes={"visibility": "company"})
    address = f"/api/v1/roadmap/requests/{request.pk}/"
    body = {"visibility": "company", "version": request.version}
    answer = bearer("ben").patch(address, body, content_type="application/json")
    assert answer.status_code == 403
    assert request not in Request.objects.visible_to(people.kim)
    intake.save_request(
        actor=people.ben, request=request, changes={"visibility": "restricted", "problem": "More."}
    )
    intake.save_request(actor=people.ada, request=request, changes={"visibility": "company"})
    assert request in Request.objects.visible_to(people.kim)


def test_work_goes_on_with_a_new_estimate_only(people: People) -> None:
    making.policy(people)
    work = making.ready(people)
    Request.objects.filter(pk=work.pk).update(state="planned")
    work = delivery.start_work(actor=people.dmitri, request=Request.objects.get(pk=work.pk))
    row = making.cycle(people)
    cycles.carry_over(actor=people.esther, cycle=row, request=work)
    with pytest.raises(Conflict, match="old estimate"):
        cycles.open_voting(actor=people.esther, cycle=row)
    assert Cycle.objects.get().state == "preparing"
    scoring.estimate(actor=people.dmitri, request=work, role="ml-engineer", p50=1)
    assert cycles.open_voting(actor=people.esther, cycle=row).state == "voting"


def test_words_that_no_column_holds_are_refused(people: People) -> None:
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    planning.freeze(actor=people.esther, cycle=row)
    planning.carry_out(PlanRun.objects.get())
    row, esther, farid = Cycle.objects.get(), people.esther, people.farid
    meeting = meetings.call_meeting(actor=esther, cycle=row)
    meetings.attend(actor=farid, meeting=meeting)
    sent, done = making.submitted(people, "Another"), walked.a_request(state="delivered")
    review, kpi = walked.a_review(done), walked.an_outcome(done).kpi
    item, sha256 = Candidate.objects.get(), meeting.run.result_sha256
    period = {"period_start": date(2026, 1, 1), "period_end": date(2026, 2, 1), "value": 1}
    acts: list[Any] = [
        lambda text: planning.reopen(actor=esther, cycle=row, reason=text),
        lambda text: meetings.override(actor=farid, meeting=meeting, displaces=item, reason=text),
        lambda text: meetings.decide(
            actor=farid, meeting=meeting, chosen="equal_shares", sha256=sha256, notes=text
        ),
        lambda text: triage.decline(actor=people.dmitri, request=sent, reason=text),
        lambda text: triage.ask_info(actor=people.dmitri, request=sent, question=text),
        lambda text: intake.comment(actor=people.ben, request=sent, text=text),
        lambda text: intake.withdraw(actor=people.ben, request=sent, reason=text),
        lambda text: intake.begin_request(actor=people.ben, owner=people.team("risk-ml"), title=text),
        lambda text: intake.support(actor=people.jo, request=sent, unit=people.unit("insurance"), note=text),
        lambda text: outcomes.record_outcome(actor=people.dmitri, kpi=kpi, source=text, **period),
        lambda text: outcomes.review_outcome(
            actor=people.dmitri, review=review, verdict="adopted", lesson=text
        ),
    ]
    for text in TRICKS:
        for act in acts:
            with pytest.raises(Invalid):
                act(text)
    assert Cycle.objects.get().state == "proposed" and Request.objects.get(pk=sent.pk).state == "submitted"


def test_a_cycle_ends_before_the_end_of_time(people: People) -> None:
    given = {"actor": people.esther, "slug": "far", "name": "Far", "starts": date(2026, 1, 1)}
    with pytest.raises(Invalid):
        cycles.create_cycle(ends=date.max, **given)
    with pytest.raises(Invalid):
        cycles.create_cycle(ends=date(2026, 4, 1), ballots_until=datetime.max.replace(tzinfo=UTC), **given)
    with pytest.raises(Invalid):
        cycles.create_cycle(ends=date(2026, 4, 1), mandatory_cap=True, **given)
    assert not Cycle.objects.exists()


def test_no_refusal_of_a_ballot_names_a_hidden_request(people: People) -> None:
    making.policy(people)
    hidden = making.ready(people, "Zebra", by="chloe")
    Request.objects.filter(pk=hidden.pk).update(visibility="restricted")
    row = making.voting_cycle(people, making.ready(people))
    other = walked.a_candidate(hidden, walked.a_cycle("voting", slug="other"))
    share = making.share(row, "retail-banking")
    with pytest.raises((NotFound, Forbidden)) as refused:
        voting.cast_ballot(actor=people.farid, share=share, points={other: 5})
    assert "Zebra" not in refused.value.detail


@pytest.mark.parametrize("visibility", ["company", "unit", "restricted"])
def test_a_merge_tells_nothing_that_was_said_in_a_smaller_circle(people: People, visibility: str) -> None:
    request = making.submitted(people, "Zebra", by="chloe")
    intake.support(
        actor=people.farid, request=request, unit=people.unit("retail-banking"), note="For Zebra only."
    )
    other = making.submitted(people, "Third", unit=people.unit("group"))
    Request.objects.filter(pk=request.pk).update(visibility=visibility)
    triage.merge(actor=people.esther, request=Request.objects.get(pk=request.pk), into=other)
    units = {row.unit.slug: row.note for row in other.supports.all()}
    assert set(units) == {"insurance", "retail-banking"}
    assert (units["retail-banking"] == "For Zebra only.") is (visibility == "company")
    assert Request.objects.get(pk=request.pk).state == "duplicate"


def test_the_center_still_answers_what_is_scored(people: People, bearer: Any) -> None:
    """No second unit supports it: the strategic wallet stands for it, or it is declined with a reason."""
    making.policy(people)
    request = making.scored(people)
    assert triage.set_strategic(actor=people.esther, request=request, strategic=True).strategic
    client, address = bearer("dmitri"), f"/api/v1/roadmap/requests/{request.pk}/"
    answer = client.post(f"{address}triage/", {}, content_type="application/json")
    assert answer.status_code == 409 and Request.objects.get().state == "scoring"
    answer = client.post(f"{address}decline/", {"reason": "Few want it."}, content_type="application/json")
    assert answer.status_code == 200 and Request.objects.get().reason == "Few want it."


def test_a_scored_figure_keeps_its_unit(people: People) -> None:
    """Else a sealed score of 40 hours would count as 40 of something dearer."""
    making.policy(people)
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    making.give_score(people, request, "dmitri", 40)
    request = triage.ask_info(actor=people.esther, request=request, question="Whose hours?")
    kpi = request.kpis.get()
    for fields in ({"measure": "EUR a year"}, {"category": "revenue"}, {"direction": "up"}):
        row = making.kpi(people.ben, **fields) | {"id": kpi.pk}
        with pytest.raises(Invalid, match="scored in its unit"):
            intake.save_request(
                actor=people.ben, request=request, changes={"kpis": [row], "problem": "Lost?"}
            )
    request.refresh_from_db()
    assert request.kpis.get().measure == "hours a week" and request.problem != "Lost?"
    rows = [making.kpi(people.ben, p50="30") | {"id": kpi.pk}, making.kpi(people.ben, measure="EUR a year")]
    intake.save_request(actor=people.ben, request=request, changes={"kpis": rows})
    assert request.kpis.count() == 2
