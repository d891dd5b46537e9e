"""A unit's holidays and time zone: deadlines are counted by them, so that what cannot be counted by is refused."""

from __future__ import annotations

import pytest

from apps.core.errors import Invalid
from apps.people import actions
from apps.people.models import BusinessUnit
from tests.personas import People
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
NO_CALENDAR = ("XX", "DE-XX", "de", "Germany", "HolidayBase", "NYSE", "__doc__", "utils", "DE-", "D\x00")


@pytest.mark.parametrize("calendar", NO_CALENDAR)
def test_an_unknown_calendar_is_refused_for_a_new_unit_and_an_old_one(people: People, calendar: str) -> None:
    with nothing_changes(), pytest.raises(Invalid) as refused:
        actions.create_unit(actor=people.esther, slug="new", name="New", holiday_calendar=calendar)
    assert list(refused.value.errors) == ["holiday_calendar"]
    with nothing_changes(), pytest.raises(Invalid) as refused:
        actions.update_unit(
            actor=people.esther, unit=people.unit("insurance"), changes={"holiday_calendar": calendar}
        )
    assert list(refused.value.errors) == ["holiday_calendar"]


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../etc/passwd", "Europe/Berlin\x00"])
def test_an_unknown_time_zone_is_refused(people: People, zone: str) -> None:
    with nothing_changes(), pytest.raises(Invalid, match="time zone"):
        actions.create_unit(actor=people.esther, slug="new", name="New", time_zone=zone)
    with nothing_changes(), pytest.raises(Invalid, match="time zone"):
        actions.update_unit(actor=people.esther, unit=people.unit("insurance"), changes={"time_zone": zone})


@pytest.mark.parametrize("calendar", ["", "DE", "DE-HE", "US-CA"])
def test_a_known_calendar_is_kept(people: People, calendar: str) -> None:
    unit = actions.create_unit(
        actor=people.esther, slug="new", name="New", holiday_calendar=calendar, time_zone="Europe/Berlin"
    )
    assert BusinessUnit.objects.get(pk=unit.pk).holiday_calendar == calendar
    actions.update_unit(
        actor=people.esther, unit=people.unit("insurance"), changes={"holiday_calendar": calendar}
    )
    assert people.unit("insurance").holiday_calendar == calendar
