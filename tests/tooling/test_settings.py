"""The frame of reviews: who may change it, what fits together, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from apps.core.models import Event
from apps.people.models import User
from apps.tooling.actions import settings
from apps.tooling.models import ClosedDay, Environment, Tier, TierRule
from apps.tooling.queries.tiers import calendar_of, level_for
from apps.tooling.vocabulary import DataClass
from tests.personas import ALL, People
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
Act = Callable[[User], Any]


def tier(level: str) -> Tier:
    return Tier.objects.get(level=level)


def environment(slug: str) -> Environment:
    return Environment.objects.get(slug=slug)


ACTS: dict[str, Act] = {
    "update_tier": lambda user: settings.update_tier(
        actor=user, tier=tier("low"), changes={"working_days": 3}
    ),
    "add_tier_rule": lambda user: settings.add_tier_rule(
        actor=user, level="high", environment=environment("staging"), ring="hold"
    ),
    "remove_tier_rule": lambda user: settings.remove_tier_rule(
        actor=user, rule=TierRule.objects.filter(level="high").first() or TierRule()
    ),
    "create_environment": lambda user: settings.create_environment(actor=user, slug="edge", name="Edge"),
    "update_environment": lambda user: settings.update_environment(
        actor=user, environment=environment("test"), changes={"name": "Testing"}
    ),
    "add_closed_day": lambda user: settings.add_closed_day(
        actor=user, day=date(2026, 12, 24), name="Company holiday"
    ),
    "remove_closed_day": lambda user: settings.remove_closed_day(
        actor=user, closed_day=ClosedDay.objects.get()
    ),
}
KEEPERS = {"esther"}


@pytest.fixture
def closed_day(people: People) -> ClosedDay:
    return settings.add_closed_day(actor=people.esther, day=date(2026, 5, 4), name="Move")


@pytest.mark.parametrize("name", sorted(set(ALL) - KEEPERS))
@pytest.mark.parametrize("act", ACTS)
def test_only_coe_leads_keep_the_settings(people: People, closed_day: ClosedDay, act: str, name: str) -> None:
    with nothing_changes(), pytest.raises(Forbidden):
        ACTS[act](people[name])


@pytest.mark.parametrize("act", ACTS)
def test_coe_leads_do_and_it_is_on_record(people: People, closed_day: ClosedDay, act: str) -> None:
    before = Event.objects.count()
    ACTS[act](people.esther)
    event = Event.objects.latest("pk")
    assert Event.objects.count() == before + 1
    assert (event.actor, event.verb.split(".")[0]) == (people.esther, "tooling")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"longest_days": 366}, "longest_days"),
        ({"longest_days": 0}, "longest_days"),
        ({"longest_days": None}, "longest_days"),
        ({"longest_days": True}, "longest_days"),
        ({"longest_days": 20}, "instant_days"),
        ({"instant_days": 91}, "instant_days"),
        ({"total_days": 89}, "total_days"),
        ({"working_days": "5"}, "working_days"),
        ({"steps": []}, "steps"),
        ({"steps": ["everybody"]}, "steps"),
        ({"steps": [[]]}, "steps"),
        ({"steps": "central"}, "steps"),
        ({"level": "high"}, "level"),
    ],
)
def test_a_tier_that_does_not_fit_together_is_refused(
    people: People, changes: dict[str, Any], field: str
) -> None:
    with nothing_changes(), pytest.raises(Invalid) as refused:
        settings.update_tier(actor=people.esther, tier=tier("low"), changes=changes)
    assert field in refused.value.errors


def test_a_tier_keeps_its_steps_in_their_order_and_may_grant_nothing_at_once(people: People) -> None:
    changes = {"steps": ["committee", "central", "central"], "instant_days": None}
    settings.update_tier(actor=people.esther, tier=tier("low"), changes=changes)
    assert (tier("low").steps, tier("low").instant_days) == (["central", "committee"], None)


def test_the_second_of_two_editors_of_a_tier_is_told(people: People) -> None:
    first, second = tier("high"), tier("high")
    settings.update_tier(actor=people.esther, tier=first, changes={"working_days": 12})
    with nothing_changes(), pytest.raises(Conflict):
        settings.update_tier(
            actor=people.esther, tier=second, changes={"working_days": 8}, expected_version=second.version
        )


def test_rules_decide_the_tier_from_then_on(people: People) -> None:
    where = [environment("development")]
    assert level_for(where, DataClass.INTERNAL, []) == "low"
    rule = settings.add_tier_rule(actor=people.esther, level="medium", data_class=DataClass.INTERNAL)
    assert level_for(where, DataClass.INTERNAL, []) == "medium"
    with nothing_changes(), pytest.raises(Conflict, match="already"):
        settings.add_tier_rule(actor=people.esther, level="medium", data_class=DataClass.INTERNAL)
    settings.remove_tier_rule(actor=people.esther, rule=rule)
    assert level_for(where, DataClass.INTERNAL, []) == "low"
    with nothing_changes(), pytest.raises(NotFound):
        settings.remove_tier_rule(actor=people.esther, rule=rule)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"level": "extreme"}, "level"),
        ({"level": "low", "data_class": 9}, "data_class"),
        ({"level": "low", "ring": "adopt"}, "ring"),
    ],
)
def test_odd_tier_rules_are_refused(people: People, fields: dict[str, Any], field: str) -> None:
    with nothing_changes(), pytest.raises(Invalid) as refused:
        settings.add_tier_rule(actor=people.esther, **fields)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"slug": "Not one"}, "slug"),
        ({"slug": None}, "slug"),
        ({"slug": "production"}, "slug"),
        ({"slug": "prod"}, "slug"),
        ({"name": " "}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"position": -1}, "position"),
        ({"other_names": "live"}, "other_names"),
        ({"other_names": ["LIVE"]}, "other_names"),
        ({"other_names": ["x" * 64]}, "other_names"),
        ({"other_names": ["a"] * 21}, "other_names"),
    ],
)
def test_odd_environments_are_refused(people: People, fields: dict[str, Any], field: str) -> None:
    with nothing_changes(), pytest.raises((Invalid, Conflict)) as refused:
        settings.create_environment(actor=people.esther, **{"slug": "edge", "name": "Edge"} | fields)
    assert list(refused.value.errors) == [field]


def test_an_environment_keeps_its_short_name(people: People) -> None:
    with nothing_changes(), pytest.raises(Invalid):
        settings.update_environment(
            actor=people.esther, environment=environment("production"), changes={"slug": "live"}
        )
    settings.update_environment(
        actor=people.esther,
        environment=environment("production"),
        changes={"other_names": ["Prod", "prod", "LIVE"]},
    )
    assert environment("production").other_names == ["prod", "live"]
    with nothing_changes():
        settings.update_environment(
            actor=people.esther, environment=environment("production"), changes={"name": "Production"}
        )


def test_a_closed_day_moves_deadlines_of_its_unit_alone(people: People) -> None:
    day, insurance = date(2026, 12, 24), people.unit("insurance")
    settings.add_closed_day(actor=people.esther, day=day, name="Bridge", business_unit=insurance)
    claims, risk = people.team("claims-ai"), people.team("risk-ml")
    assert not calendar_of(claims).is_working_day(day)
    assert calendar_of(risk).is_working_day(day)
    with nothing_changes(), pytest.raises(Conflict, match="already"):
        settings.add_closed_day(actor=people.esther, day=day, name="Again", business_unit=insurance)
    settings.add_closed_day(actor=people.esther, day=day, name="All")
    assert not calendar_of(risk).is_working_day(day)


@pytest.mark.parametrize("fields", [{"day": "2026-12-24"}, {"name": ""}, {"name": "x" * 101}])
def test_odd_closed_days_are_refused(people: People, fields: dict[str, Any]) -> None:
    with nothing_changes(), pytest.raises(PortalError):
        settings.add_closed_day(actor=people.esther, **{"day": date(2026, 1, 2), "name": "Off"} | fields)
