"""Figures that are none, or that no column holds: refused with a sentence on every surface, and nothing is kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from graphql_relay import to_global_id

from apps.core.errors import Invalid
from apps.roadmap.actions import cycles, delivery, intake, outcomes, planning, scoring, triage, voting
from apps.roadmap.models import (
    Actual,
    Candidate,
    Capacity,
    Cycle,
    Estimate,
    Outcome,
    PlanRun,
    Request,
    RequestKpi,
    Score,
    ScoringPolicy,
    Share,
)
from apps.roadmap.queries.numbers import told
from apps.roadmap.queries.scores import valuation
from apps.roadmap.valuing import EXACT, whole
from tests.personas import People
from tests.roadmap import making, walked

WILD = (
    "NaN", "sNaN", "-Infinity", "1e999", "1e-999999999", "-1", "1" + "0" * 19, "9" * 400, "٤٢", "1_000",
    "1,5", "4\x00", "0x10", "--1", [], {}, True, "1e-19",
)  # fmt: skip


def refused(act: Any, wild: Any, **given: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        act(**given)
    assert "traceback" not in refusal.value.detail.lower() and len(refusal.value.detail) < 200, wild


def test_figures_estimates_and_scores_refuse_it(people: People) -> None:
    making.policy(people)
    ben, dmitri, request = people.ben, people.dmitri, making.draft(people)
    before = request.kpis.get()
    for wild in WILD:
        row = making.kpi(ben, p50=wild) | {"id": before.pk}
        refused(intake.save_request, wild, actor=ben, request=request, changes={"kpis": [row]})
    request = triage.accept(actor=dmitri, request=intake.submit_request(actor=ben, request=request))
    for wild in WILD:
        for name in ("p10", "p50", "p90"):
            given = {"actor": dmitri, "request": request, "role": "ml-engineer", "p50": 4, name: wild}
            refused(scoring.estimate, wild, **given)
        for fields in ({"hours": wild}, {"hours": 4, "impact": wild}):
            refused(making.give_score, wild, people=people, request=request, name="dmitri", **fields)
        rate = {"category": "cost", "measure": "hours a week", "value": wild}
        refused(scoring.publish_policy, wild, actor=people.esther, rates=[rate], rationale="Wild.")
    assert RequestKpi.objects.get().p50 == before.p50
    assert not Estimate.objects.exists() and not Score.objects.exists()
    assert ScoringPolicy.objects.count() == 1


def test_work_done_refuses_it(people: People) -> None:
    work, done = walked.a_request(state="in_progress"), walked.a_request(state="delivered")
    kpi, today, dmitri = walked.an_outcome(done).kpi, timezone.localdate(), people.dmitri
    before = Outcome.objects.count()
    period = {"kpi": kpi, "period_start": today, "period_end": today + timedelta(days=9), "source": "x"}
    month = {"request": work, "role": "ml-engineer", "month": today}
    for wild in WILD:
        refused(delivery.record_actual, wild, actor=dmitri, weeks=wild, **month)
        refused(outcomes.record_outcome, wild, actor=dmitri, value=1, attribution=wild, **period)
        if wild != "-1":
            refused(outcomes.record_outcome, wild, actor=dmitri, value=wild, **period)
    review = walked.a_review(done)
    for wild in (-1, 2**31, 2**70, "4", True, 1.5):
        for name in ("adoption", "target_adoption"):
            given = {"review": review, "verdict": "adopted", "lesson": "So.", name: wild}
            refused(outcomes.review_outcome, wild, actor=dmitri, **given)
    assert not Actual.objects.exists() and Outcome.objects.count() == before
    review.refresh_from_db()
    assert review.done_at is None


def test_cycles_and_ballots_refuse_it(people: People) -> None:
    making.policy(people)
    row, esther, farid = making.cycle(people, making.ready(people)), people.esther, people.farid
    retail = people.unit("retail-banking")
    for wild in (*WILD, -1, 2**70):
        for weeks in ((wild, 0), (4, wild)):
            refused(cycles.set_capacity, wild, actor=esther, cycle=row, weeks={"ml-engineer": weeks})
    for wild in (*WILD, -1, 1.5, 2**70):
        refused(cycles.set_shares, wild, actor=esther, cycle=row, shares={retail: wild, None: 10_000})
    row = cycles.open_voting(actor=esther, cycle=row)
    share, candidate = making.share(row, "retail-banking"), Candidate.objects.get()
    for wild in (*WILD, -1, 1.5, 101, 2**70):
        refused(voting.cast_ballot, wild, actor=farid, share=share, points={candidate: wild})
        refused(voting.advise, wild, actor=farid, share=share, candidate=candidate, points=wild)
    assert Capacity.objects.get().weeks == 10 and Share.objects.count() == 2
    planning.freeze(actor=esther, cycle=Cycle.objects.get())
    row = Cycle.objects.get()
    for wild in (*WILD, -1, 2**70):
        for sandbox in (
            {"capacities": {"ml-engineer": wild}},
            {"shares": {"unit:insurance": wild}},
            {"shares": wild},
        ):
            refused(planning.try_out, wild, actor=esther, cycle=row, sandbox=sandbox)
    assert PlanRun.objects.count() == 1


@pytest.mark.parametrize("wild", ["1e-999999999", "٤٢", "4\x00", "9" * 5_000])
def test_page_and_graphql_say_so_and_keep_the_draft(
    people: People, signed_in: Any, bearer: Any, wild: str
) -> None:
    request = making.draft(people)
    kpi = request.kpis.get()
    node, line = to_global_id("RoadmapRequest", request.pk), to_global_id("RoadmapKpi", kpi.pk)
    query = """mutation ($given: SaveRoadmapRequestInput!) { saveRoadmapRequest(input: $given)
      { roadmapRequest { title } errors { field } } }"""
    given = {
        "id": node,
        "kpis": [{"id": line, "category": "COST", "name": "Hours", "measure": "hours", "p50": wild}],
    }
    body = {"query": query, "variables": {"given": given}}
    answer = bearer("ben").post("/graphql", body, content_type="application/json")
    assert answer.status_code < 500 and "INTERNAL" not in answer.content.decode().upper()
    sent = {
        "do": "save", "title": "Sort the alerts", "type": "use_case", "version": request.version, "kpis-shown": "1",
        "kpis-0-id": kpi.pk, "kpis-0-category": "cost", "kpis-0-name": "Hours", "kpis-0-measure": "hours",
        "kpis-0-direction": "up", "kpis-0-p50": wild, "problem": "Typed meanwhile",
    }  # fmt: skip
    page = signed_in("ben").post(f"/roadmap/requests/{request.pk}/edit/", sent)
    assert page.status_code == 400
    assert Request.objects.get().problem == "Typed meanwhile" and RequestKpi.objects.get().p50 == 40


def test_a_zero_of_any_form_is_zero(people: People) -> None:
    request = making.draft(people, kpis=[making.kpi(people.ben, p10="0e999999999", p50="-0", p90=" 4e1 ")])
    kpi = request.kpis.get()
    assert (kpi.p10, kpi.p50, kpi.p90) == (0, 0, 40)


def test_the_largest_figures_that_are_taken_can_be_read(people: People, signed_in: Any, bearer: Any) -> None:
    """Twenty figures, each as large as it may be, at the highest rate."""
    most = "9" * 18
    rates = [{"category": "cost", "measure": "hours a week", "value": most}]
    scoring.publish_policy(actor=people.esther, rates=rates, rationale="Wild.")
    figures = [
        making.kpi(people.ben, name=f"Figure {number}", p10=most, p50=most, p90=most, baseline=f"-{most}")
        for number in range(20)
    ]
    request = making.scored(people, hours=most, kpis=figures)
    scoring.estimate(actor=people.dmitri, request=request, role="ml-engineer", p50="0.001")
    found = valuation(request)
    assert found is not None
    assert found.value == Decimal(20 * int(most) ** 2 * 9).scaleb(-1, EXACT)  # every digit
    assert whole(found.value) == round(found.value) and told(found.value)
    for name in ("ada", "esther"):
        for address in ("", "score/", "estimate/"):
            assert signed_in(name).get(f"/roadmap/requests/{request.pk}/{address}").status_code in (200, 403)
        for address in ("/roadmap/ranking/", "/roadmap/ranking/?sort=wsjf", "/roadmap/requests/"):
            assert signed_in(name).get(address).status_code == 200
    assert bearer("ada").get(f"/api/v1/roadmap/requests/{request.pk}/").status_code == 200


def test_days_far_away_break_no_page(people: People, signed_in: Any) -> None:
    work = walked.a_request(state="in_progress")
    delivery.add_milestone(
        actor=people.dmitri, request=work, title="Far", p50=date(9999, 12, 1), p90=date.max
    )
    delivery.record_actual(actor=people.dmitri, request=work, role="ml-engineer", month=date.max, weeks=1)
    type(people.ben).objects.update(time_zone="Asia/Tokyo")
    for name in ("ben", "dmitri", "farid", "esther"):
        for address in ("/roadmap/", "/roadmap/requests/mine/", f"/roadmap/requests/{work.pk}/", "/", "/roadmap/leads/",
                        f"/roadmap/requests/{work.pk}/delivery/"):  # fmt: skip
            assert signed_in(name).get(address).status_code in (200, 403), address
