"""A moment as text, in the one form that the settings give: “21 Nov 2026, 14:05”."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.utils import timezone
from django.utils.formats import date_format

D = TypeVar("D", bound=date)
INSTANT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)


def told(moment: datetime | date | None, empty: str = "–") -> str:
    """A moment in the time zone in force; a date without a clock."""
    if moment is None:
        return empty
    if not isinstance(moment, datetime):
        return str(date_format(moment, "DATE_FORMAT"))
    aware = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    return str(date_format(timezone.localtime(aware), "DATETIME_FORMAT"))


def told_within(text: str) -> str:
    """A text of another system with its ISO 8601 instants as people read them."""
    return INSTANT.sub(_told_again, text)


def _told_again(found: re.Match[str]) -> str:
    try:
        return told(datetime.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def month_after(month: D) -> D:
    """The first day of the month that follows the one of this first day."""
    return (month + timedelta(days=32)).replace(day=1)


def last_day(instant: datetime) -> date:
    """The last day that lies before an instant: what ends at midnight ends with the day before."""
    return timezone.localtime(instant - timedelta(microseconds=1)).date()
