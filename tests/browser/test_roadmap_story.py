"""The story of a cycle, from an idea to what came of it: whoever has the ball clicks, and every no is read."""

from __future__ import annotations

import pytest

from apps.core.policies import SYSTEM
from apps.people.actions import start_membership
from apps.people.models import Committee
from apps.roadmap.actions import scoring
from tests.browser import roadmap_asking as asking
from tests.browser.roadmap_stage import Bearer, Stage
from tests.chromium import OpenPage
from tests.factories import EntityFactory
from tests.personas import People
from tests.roadmap import making

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
