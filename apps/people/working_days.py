"""Deadlines in working days: weekends, public holidays of a calendar such as DE-HE, and days that a unit closes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from apps.core.errors import Invalid

SATURDAY = 5
COUNTRY = re.compile(r"[A-Z]{2}(-.+)?")  # of ISO 3166-1; which subdivisions there are, the library says


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Where somebody works. `calendar` is a country of ISO 3166-1, or with its subdivision of 3166-2 ("DE-HE");
    empty for weekends only."""

    zone: str = "UTC"
    calendar: str = ""
    closed: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        if day.weekday() >= SATURDAY or day in self.closed:
            return False
        return not self.calendar or day not in _holidays(self.calendar, day.year)

    def due(self, since: datetime, days: int) -> datetime:
        """The end of the `days`-th working day after the local day of `since`, as an instant in UTC (excluded)."""
        day = since.astimezone(ZoneInfo(self.zone)).date()
        for _ in range(days):
            day = next(self._working_after(day))
        return self.end_of(day)

    def end_of(self, day: date) -> datetime:
        """The instant at which the day is over there."""
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone)).astimezone(UTC)

    def days_left(self, now: datetime, due: datetime) -> int:
        """Working days after today's until a deadline; never less than 0."""
        zone = ZoneInfo(self.zone)
        today, last = now.astimezone(zone).date(), (due - timedelta(microseconds=1)).astimezone(zone).date()
        days = (today + timedelta(days=step) for step in range(1, max((last - today).days, 0) + 1))
        return sum(self.is_working_day(day) for day in days)

    def _working_after(self, day: date) -> Iterator[date]:
        while True:
            day += timedelta(days=1)
            if self.is_working_day(day):
                yield day


def checked_calendar(calendar: str) -> str:
    """Raises Invalid where the library knows no such calendar."""
    refused = Invalid(
        errors={"holiday_calendar": [f"“{calendar}” is no known calendar; write a country as DE or DE-HE."]}
    )
    if not calendar:
        return calendar
    if not COUNTRY.fullmatch(calendar):  # the library would also take names of its own classes
        raise refused
    try:
        _holidays(calendar, 2026)
    except NotImplementedError as error:
        raise refused from error
    return calendar


def checked_zone(zone: str) -> str:
    """Raises Invalid where there is no such time zone."""
    if zone not in available_timezones():
        raise Invalid(errors={"time_zone": ["Choose a time zone such as Europe/Berlin."]})
    return zone


@lru_cache(maxsize=512)
def _holidays(calendar: str, year: int) -> Collection[date]:
    import holidays

    country, _, subdivision = calendar.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
