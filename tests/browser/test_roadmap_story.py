"""The story of a cycle, from an idea to what came of it: whoever has the ball clicks, and every no is read."""

from __future__ import annotations

import pytest

from apps.core.policies import SYSTEM
from apps.people.actions import start_membership
from apps.people.models import Committee
from apps.roadmap.actions import intake, scoring, triage
from apps.roadmap.models import Request
from tests.browser import roadmap_asking as asking
from tests.browser import roadmap_deciding as deciding
from tests.browser import roadmap_delivering as delivering
from tests.browser import roadmap_voting as voting
from tests.browser.roadmap_stage import Bearer, Stage
from tests.chromium import OpenPage
from tests.factories import EntityFactory
from tests.personas import People
from tests.roadmap import making
from tests.worker import forget_jobs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RATES = (("cost", "hours a week", "2000"), ("revenue", "EUR a year", "1"))


@pytest.fixture
def stage(open_page: OpenPage, people: People, bearer: Bearer) -> Stage:
    """There is a policy, chloe leads her team, the steering committee decides by two, a model waits to be linked."""
    rates = [{"category": category, "measure": measure, "value": value} for category, measure, value in RATES]
    scoring.publish_policy(
        actor=people.esther, rates=rates, rationale="Hours and money as finance counts them."
    )
    start_membership(actor=SYSTEM, user=people.chloe, team=people.team("claims-ai"), role="lead")
    Committee.objects.filter(purpose="steering").update(quorum=2)
    EntityFactory(name="fraud-score", title="Fraud score", owner=people.team("risk-ml"))
    forget_jobs()
    return Stage(open_page, people, bearer)


def test_from_an_idea_to_what_came_of_it(stage: Stage) -> None:
    twice = making.submitted(stage.people, "Buy a second dashboard")
    alerts = asking.ada_asks(stage)
    asking.chloe_finds_it_and_supports_it(stage, alerts)
    photos = asking.chloe_asks(stage)
    asking.dmitri_answers_by_keys(stage, twice)
    asking.ben_reads_why_not(stage, twice)
    asking.chloe_answers(stage, photos)
    asking.farid_sponsors(stage, alerts)
    asking.dmitri_estimates(stage, alerts)
    asking.both_score_blind(stage, alerts)
    photos = ready_for_the_cycle(stage.people, photos)
    leads = making.ready(stage.people, voting.LEADS, hours=39, weeks={"ml-engineer": 4})
    words = making.ready(stage.people, voting.WORDS, hours=3, weeks={"data-engineer": "1.5"})

    cycle = voting.esther_makes_a_cycle(stage, alerts, photos, leads, words)
    voting.farid_votes(stage, cycle, {alerts.title: voting.POINTS, leads.title: 26, words.title: 12})
    voting.jo_votes(stage, photos)
    voting.esther_freezes_and_a_worker_plans(stage, cycle)
    voting.kim_compares_the_plans(stage)
    voting.ben_reads_what_would_have_sufficed(stage, leads)
    voting.esther_tries_what_the_page_says(stage, words)

    deciding.esther_calls_the_meeting(stage, cycle)
    deciding.farid_cannot_decide_alone(stage, alerts)
    deciding.hana_moves_an_item(stage, cycle, takes=leads, displaces=photos)
    deciding.farid_decides(stage, cycle)
    deciding.kim_reads_the_minutes(stage, cycle)
    deciding.chloe_reads_why_hers_left(stage, photos)
    deciding.ben_reads_that_his_came_in(stage, leads)

    delivering.dmitri_builds(stage, alerts)
    delivering.ada_ends_the_block(stage)
    delivering.dmitri_hands_over_and_delivers(stage, alerts)
    delivering.ada_records_what_came_of_it(stage, alerts)
    delivering.hana_confirms(stage, alerts)
    delivering.dmitri_looks_back(stage, alerts)
    delivering.kim_learns(stage)
    delivering.kim_sees_it_on_the_model(stage)
    delivering.farid_reads_his_digest()


def ready_for_the_cycle(people: People, request: Request) -> Request:
    """As ada's was made ready by clicks: sponsored, supported by a second unit, estimated, scored by two."""
    triage.accept(actor=people.dmitri, request=request)
    for name in ("dmitri", "esther"):
        making.give_score(people, request, name, 5)
    scoring.reveal_scores(actor=people.esther, request=request)
    intake.confirm_sponsorship(actor=people.jo, request=request)
    intake.support(actor=people.farid, request=request, unit=people.unit("retail-banking"))
    for role, weeks in (("ml-engineer", 3), ("data-engineer", 2)):
        scoring.estimate(actor=people.dmitri, request=request, role=role, p50=weeks)
    return scoring.declare_ready(actor=people.esther, request=Request.objects.get(pk=request.pk))
