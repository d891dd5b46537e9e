"""How fast models come to production, how many pilots do, and which named days passed; over what the reader sees."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from apps.catalog.models import Entity, StageEvent
from apps.core.errors import Forbidden
from apps.people.models import Team
from apps.roadmap.queries.metrics import FIGURES, figure
from apps.tooling.queries.metrics import Drawn
from tests.factories import EntityFactory
from tests.roadmap import walked

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LISTED = {
    "first_response", "time_to_decision", "breaches", "acceptance", "received", "price_of_fairness", "overrides",
    "mandatory", "carry_over", "estimate_bias", "p90_coverage", "calibration", "model_velocity", "pilot_conversion",
}  # fmt: skip


def days_ago(number: int) -> datetime:
    return NOW - timedelta(days=number)


def a_model(*steps: tuple[str, int], team: str = "risk-ml", **fields: object) -> Entity:
    """With its stages, each entered so many days ago."""
    row = EntityFactory(kind="model", owner=Team.objects.get(slug=team), **fields)
    StageEvent.objects.filter(entity=row).delete()
    for stage, ago in steps:
        StageEvent.objects.create(entity=row, to_stage=stage, at=days_ago(ago))
    return row


def drawn(user: object, name: str) -> Drawn:
    return figure(user, name, NOW).drawn


def test_every_figure_that_leads_are_promised_is_there() -> None:
    assert set(FIGURES) == LISTED
    assert all(kind.definition.endswith(".") for kind in FIGURES.values())


def test_velocity_counts_what_is_not_in_production_yet(people) -> None:
    a_model(("experiment", 100), ("pilot", 60), ("production", 60))  # 40 days
    a_model(("idea", 400), ("experiment", 90), ("production", 10))  # 80 days
    a_model(("experiment", 200))  # 200 days and waiting
    a_model(("experiment", 50), ("stopped", 20))  # no delay
    a_model(("experiment", 500), ("production", 30))  # begun before the time
    a_model(("experiment", 30), ("production", 20), team="claims-ai", visibility="restricted")
    EntityFactory(kind="dataset")
    found = drawn(people.esther, "model_velocity")
    assert found.labels == ("Retail Banking (3)", "Insurance (1)")
    assert [each.values for each in found.series] == [(80.0, 10.0), (None, 10.0)]
    assert found.value == 40.0
    of_dmitri = drawn(people.dmitri, "model_velocity")
    assert of_dmitri.labels == ("Retail Banking (3)",) and of_dmitri.value == 80.0


def test_conversion_is_of_pilots_that_ended(people) -> None:
    a_model(("pilot", 100), ("production", 60))
    a_model(("pilot", 100), ("experiment", 60))
    a_model(("pilot", 100), ("stopped", 60))
    a_model(("pilot", 100), ("suspended", 60))
    a_model(("pilot", 400), ("production", 60))
    found = drawn(people.esther, "pilot_conversion")
    assert found.labels == ("Retail Banking (4)",)
    assert {each.name: each.values for each in found.series} == {
        "To production": (25.0,), "Ended otherwise": (50.0,), "Going on": (25.0,),
    }  # fmt: skip
    assert found.value == 33.3


def test_without_a_model_there_is_no_figure(people) -> None:
    for name in ("model_velocity", "pilot_conversion", "breaches"):
        assert drawn(people.esther, name).value is None


def test_named_days_that_passed(people) -> None:
    def day(ago: int) -> date:
        return days_ago(ago).date()

    work = walked.a_request(state="in_progress")
    for ago, done in ((10, None), (10, 12), (10, 5), (0, None), (500, None)):
        at = None if done is None else days_ago(done)
        walked.a_milestone(work, p50=day(ago + 5), p90=day(ago), done_at=at)
    finished = walked.a_request(state="delivered")
    walked.a_review(finished, days=90, due=day(30))
    walked.a_review(finished, days=180, due=day(-60))
    found = drawn(people.esther, "breaches")
    assert found.labels == ("Milestones", "Looks back")
    assert {each.name: each.values for each in found.series} == {
        "Came late": (1.0, 0.0), "Not there yet": (1.0, 1.0),
    }  # fmt: skip
    assert found.value == 3


@pytest.mark.parametrize("name", ["ada", "farid", "hana", "kim", "ci-risk"])
def test_they_are_for_the_center(people, name) -> None:
    for each in ("breaches", "model_velocity", "pilot_conversion"):
        with pytest.raises(Forbidden):
            figure(people[name], each)


def test_a_headline_says_what_it_is_a_part_of_and_no_figure_has_no_unit(people, signed_in) -> None:
    a_model(("experiment", 100), ("pilot", 60), ("production", 50))
    page = signed_in("esther").get("/roadmap/leads/").content.decode()
    shape = r'class="kpi-label"[^>]*>([^<]*)</span>\s*<span class="kpi-value">(.*?)</span>\s*<span class="kpi-change'
    kpis = dict(re.findall(shape, page, re.DOTALL))
    assert "unknown" in kpis["Calibration"] and "kpi-unit" not in kpis["Calibration"]
    assert "% of ended pilots" in kpis["Pilot to production"]


def test_they_are_drawn(people, signed_in) -> None:
    a_model(("experiment", 100), ("pilot", 60), ("production", 50))
    page = signed_in("esther").get("/roadmap/leads/").content.decode()
    for name in ("breaches", "model_velocity", "pilot_conversion"):
        assert FIGURES[name].label in page and f'id="{name}' in page
