"""Numbers and days as the roadmap's pages write them: 12,500 and 0.25, without needless zeros; days once."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone

from apps.roadmap.queries.numbers import person_weeks

NEAR = timedelta(days=30)  # beyond that the portal tells a date, not how long it is

register = template.Library()


@register.filter
def is_near(moment: datetime | date) -> bool:
    """Whether `{% when %}` tells it relatively, and not by its date again."""
    day = timezone.localtime(moment).date() if isinstance(moment, datetime) else moment
    return abs(day - timezone.localdate()) <= NEAR


@register.filter(name="person_weeks")
def in_person_weeks(number: Any) -> str:
    """With the word, which is one for one."""
    return person_weeks(Decimal(number))


@register.filter
def figure(number: Any) -> str:
    """Thousands apart; whole from 100 on, two digits after the point below, four below 1. Nothing for None."""
    if number is None:
        return ""
    value = Decimal(number)
    size = abs(value)
    digits = 0 if size >= 100 else 2 if size >= 1 else 4
    whole, _, part = f"{value:,.{digits}f}".partition(".")
    return whole + (f".{part.rstrip('0')}" if part.rstrip("0") else "")
