"""Units of one branch count as one, at any depth; who sponsors a branch answers for all of it."""

from __future__ import annotations

import pytest
from django.core import mail

from apps.core.errors import Forbidden
from apps.core.policies import SYSTEM
from apps.people import actions
from apps.people.models import BusinessUnit
from apps.roadmap.actions import intake
from apps.roadmap.actions.digest import send_digest
from apps.roadmap.models import Request, Support
from apps.roadmap.queries.completeness import second_units, unready
from apps.roadmap.queries.requests import requests
from apps.roadmap.views.beside import sponsor_of
from tests.personas import People
from tests.roadmap import making
from tests.traces import nothing_changes


@pytest.fixture
def deep(people: People) -> Request:
    """A scored request of a unit four levels below the group, none of which but the group has a sponsor."""
    BusinessUnit.objects.filter(slug="group").update(sponsor=people.kim)
    BusinessUnit.objects.filter(slug="retail-banking").update(sponsor=None)
    unit = people.unit("retail-banking")
    for slug in ("lending", "homes", "mortgages"):
        unit = actions.create_unit(actor=SYSTEM, slug=slug, name=slug.capitalize(), parent=unit)
    making.policy(people)
    return making.scored(people, unit=unit)


def supported(people: People, request: Request, slug: str) -> bool:
    """Whether support by that unit is a second unit's, as one request says it and as lists say it."""
    Support.objects.filter(request=request).delete()
    Support.objects.create(request=request, unit=people.unit(slug), user=people.kim)
    found = second_units(request).exists()
    assert requests(people.esther).get(pk=request.pk).has_second_unit == found
    return found


def test_only_units_of_another_branch_are_second_units(people: People, deep: Request) -> None:
    for slug in ("group", "retail-banking", "lending", "homes", "mortgages"):
        assert not supported(people, deep, slug), slug
    assert supported(people, deep, "insurance")
    beside = actions.create_unit(actor=SYSTEM, slug="cards", name="Cards", parent=people.unit("lending"))
    assert supported(people, deep, beside.slug)
    Request.objects.filter(pk=deep.pk).update(unit=people.unit("group"))
    assert not supported(people, deep, "mortgages") and not supported(people, deep, "insurance")


def test_the_sponsor_far_above_answers_for_it(people: People, deep: Request) -> None:
    assert sponsor_of(deep) == people.kim
    assert requests(people.esther).get().expected_sponsor == "Kim"
    assert send_digest(user=people.kim.pk, until=deep.updated_at.replace(year=2099).isoformat())
    assert "Sort the alerts" in mail.outbox[0].body
    row = intake.confirm_sponsorship(actor=people.kim, request=deep)
    assert row.sponsor == people.kim and "No business sponsor has confirmed it." not in unready(row)


def test_a_sponsor_of_another_branch_does_not(people: People, deep: Request) -> None:
    for name in ("jo", "farid"):
        with nothing_changes(), pytest.raises(Forbidden):
            intake.confirm_sponsorship(actor=people[name], request=deep)


def test_the_nearest_active_sponsor_is_expected(people: People, deep: Request) -> None:
    BusinessUnit.objects.filter(slug="homes").update(sponsor=people.jo)
    assert sponsor_of(deep) == people.jo
    type(people.jo).objects.filter(username="jo").update(is_active=False)
    assert sponsor_of(deep) == people.kim
    BusinessUnit.objects.update(sponsor=None)
    assert sponsor_of(deep) is None and requests(people.esther).get().expected_sponsor is None
