"""The roadmap in the admin: a queue through actions, a frame through actions, and nothing sealed on any page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.roadmap.actions import cycles, outcomes, planning, triage
from apps.roadmap.models import (
    Advice,
    Ballot,
    BallotLine,
    Candidate,
    Cycle,
    OutcomeReview,
    PlanRun,
    Request,
    Score,
    ScoreLine,
)
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.test_roadmap_plugs import delivered
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
LISTS = ("request", "scoringpolicy", "cycle", "candidate", "planrun", "meeting", "outcome", "outcomereview")


def listing(model: str, query: str = "") -> str:
    return reverse(f"admin:roadmap_{model}_changelist") + query


def change(row: Any) -> str:
    return reverse(f"admin:roadmap_{row._meta.model_name}_change", args=[row.pk])


def do(row: Any, name: str) -> str:
    return reverse(f"admin:roadmap_{row._meta.model_name}_operation", args=[row.pk, name])


@pytest.fixture
def world(people: People) -> Request:
    """A delivered request with an outcome, one in triage, one scored blind by dmitri."""
    making.policy(people)
    done = delivered(people)
    today = timezone.now().date()
    outcomes.record_outcome(
        actor=people.ada,
        kpi=done.kpis.get(),
        period_start=today - timedelta(days=30),
        period_end=today,
        value=-20,
        source="Time sheets",
    )
    making.submitted(people, "Read minds")
    blind = triage.accept(actor=people.dmitri, request=making.submitted(people, "Sort the alerts"))
    making.give_score(people, blind, "dmitri", 73, comment="Sealed words.")
    return done


@pytest.mark.parametrize("name", ["esther", "dmitri", "root"])
def test_every_list_and_page_opens_and_shows_nothing_sealed(
    people: People, world: Request, signed_in: SignedIn, name: str
) -> None:
    client = signed_in(name)
    for model in LISTS:
        page = client.get(listing(model))
        assert page.status_code == 200, model
        assert page.context["cl"].result_list, model
        for row in page.context["cl"].result_list:
            answer = client.get(change(row))
            assert answer.status_code == 200, row
            text = answer.content.decode()
            assert "Sealed words." not in text and "73.000" not in text, row


def test_what_is_sealed_has_no_page() -> None:
    assert not {Score, ScoreLine, Ballot, BallotLine, Advice} & set(admin.site._registry)


def test_a_cast_ballot_is_read_on_no_page_of_its_cycle(people: People, signed_in: SignedIn) -> None:
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    client = signed_in("esther")
    before = client.get(change(row)).content.decode().count("97")
    making.vote(people, row, "retail-banking", **{f"r{request.pk}": 97})
    assert "97 points" not in client.get(change(row)).content.decode()
    assert client.get(change(Candidate.objects.get())).content.decode().count("97") <= before


@pytest.mark.parametrize(
    "query", ["?waiting=yes", "?waiting=scoring", "?waiting=x", "?state__exact=triage", "?state__exact=x"]
)
def test_the_queue_is_filtered(world: Request, signed_in: SignedIn, query: str) -> None:
    assert signed_in("esther").get(listing("request", query)).status_code in (200, 302)


def test_the_center_answers_through_actions(people: People, world: Request, signed_in: SignedIn) -> None:
    row = Request.objects.get(title="Read minds")
    root, dmitri = signed_in("root"), signed_in("dmitri")
    sent = {"reason": "Nobody can.", "seen_version": row.version}
    with nothing_changes():
        assert root.post(do(row, "decline"), sent).status_code == 403
    assert dmitri.post(do(row, "decline"), {**sent, "reason": ""}).status_code == 400
    assert dmitri.post(do(row, "decline"), sent).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.reason) == ("declined", "Nobody can.")
    assert dmitri.post(do(row, "accept"), {"seen_version": row.version}).status_code in (403, 409)


def test_the_center_asks_defers_takes_and_accepts(people: People, signed_in: SignedIn) -> None:
    dmitri = signed_in("dmitri")
    for name, sent, state in (
        ("ask", {"question": "Whose?"}, "needs_info"),
        ("defer", {"reason": "Later."}, "deferred"),
        ("take", {}, "triage"),
        ("accept", {}, "scoring"),
    ):
        row = making.submitted(people, f"To {name}")
        assert dmitri.post(do(row, name), {**sent, "seen_version": row.version}).status_code == 302
        row.refresh_from_db()
        assert row.state == state


def test_the_policy_is_read_here_and_written_in_the_editor(people: People, signed_in: SignedIn) -> None:
    policy = making.policy(people)
    text = signed_in("esther").get(change(policy)).content.decode()
    assert "/roadmap/policy/new/" in text and "Cost, hours a week: 2,000" in text
    assert "/roadmap/policy/new/" not in signed_in("dmitri").get(change(policy)).content.decode()
    assert signed_in("esther").get(reverse("admin:roadmap_scoringpolicy_add")).status_code == 403
    root = signed_in("root")
    with nothing_changes():
        assert root.post(change(policy), {"number": 9, "rationale": "Mine."}).status_code == 403


def test_a_cycle_is_made_and_moved_on_by_coe_leads(people: People, signed_in: SignedIn) -> None:
    making.policy(people)
    row = making.cycle(people, making.ready(people))
    esther, root = signed_in("esther"), signed_in("root")
    with nothing_changes():
        assert root.post(do(row, "open-voting"), {"seen_version": row.version}).status_code == 403
    stale = esther.post(do(row, "open-voting"), {"seen_version": row.version - 1})
    assert stale.status_code in (400, 409)
    assert esther.post(do(row, "open-voting"), {"seen_version": row.version}).status_code == 302
    row.refresh_from_db()
    assert esther.post(do(row, "freeze"), {"seen_version": row.version}).status_code == 302
    planning.carry_out(PlanRun.objects.get())
    row.refresh_from_db()
    assert row.state == "proposed"
    sent = {"reason": "A share was wrong.", "seen_version": row.version}
    assert esther.post(do(row, "reopen"), sent).status_code == 302
    row.refresh_from_db()
    assert row.state == "voting"


def test_a_cycle_is_added_through_its_action(people: People, signed_in: SignedIn) -> None:
    esther = signed_in("esther")
    url = reverse("admin:roadmap_cycle_add")
    form = esther.get(url).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {
        "slug": "q9",
        "name": "Ninth",
        "starts": "2027-01-01",
        "ends": "2026-01-01",
        "mandatory_cap": "4000",
    }
    assert esther.post(url, sent).status_code in (200, 400)
    assert not Cycle.objects.exists()
    assert esther.post(url, {**sent, "ends": "2027-04-01"}).status_code == 302
    assert Cycle.objects.get().slug == "q9"


def test_an_obligation_is_approved_by_the_committee(people: People, signed_in: SignedIn) -> None:
    making.policy(people)
    row, request = making.cycle(people), making.ready(people)
    candidate = cycles.add_candidate(
        actor=people.esther, cycle=row, request=request, entry="mandatory", obligation="Law 12"
    )
    esther = signed_in("esther")
    assert "Law 12" in esther.get(listing("candidate", "?obligation=waiting")).content.decode()
    with nothing_changes():
        assert esther.post(do(candidate, "approve"), {}).status_code == 403
    assert esther.post(do(candidate, "remove"), {"reason": "Not yet."}).status_code == 302
    assert not Candidate.objects.exists()


def test_due_reviews_and_outcomes_are_found(people: People, world: Request, signed_in: SignedIn) -> None:
    OutcomeReview.objects.filter(days=90).update(due=timezone.now().date())
    client = signed_in("esther")
    assert len(client.get(listing("outcomereview", "?due=yes")).context["cl"].result_list) == 1
    assert len(client.get(listing("outcome", "?confirmed=no")).context["cl"].result_list) == 1
    assert len(client.get(listing("outcome", "?confirmed=yes")).context["cl"].result_list) == 0


@pytest.mark.parametrize("name", ["ada", "ben", "farid", "kim"])
def test_the_admin_is_shut_for_others(world: Request, signed_in: SignedIn, name: str) -> None:
    for model in LISTS:
        assert signed_in(name).get(listing(model)).status_code in (302, 403, 404)
