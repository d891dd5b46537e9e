"""When exceptions end: the next ones as rows, the next twelve months as counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMonth

from apps.core.moments import month_after
from apps.core.policies import PolicyQuerySet
from apps.people.standing import standing_of
from apps.tooling.models import Grant
from apps.tooling.models.grants import ENDS

MONTHS = 12
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    count: int


def running(user: Any, at: datetime, *, own: bool = False) -> PolicyQuerySet[Grant]:
    """Grants that have not ended at `at`, each with its `end`; `own` for those of the person's teams only."""
    rows = Grant.objects.visible_to(user).annotate(end=ENDS).filter(Q(end__gt=at))
    rows = rows.filter(Q(end__gt=F("starts")))
    return rows.filter(team__in=standing_of(user).teams) if own else rows


def ending(rows: PolicyQuerySet[Grant], since: datetime, until: datetime) -> list[Any]:
    """At most `MOST_ROWS` grants that end in [since, until), the soonest first; one statement."""
    shown: Any = rows.filter(Q(end__gte=since, end__lt=until))
    joined = shown.select_related("team", "tool", "environment", "request")
    return list(joined.order_by("end", "id")[:MOST_ROWS])


def by_month(rows: PolicyQuerySet[Grant], at: datetime) -> list[Month]:
    """How many end in this month and each of the eleven after it; months of the time zone in force."""
    counted = rows.order_by().annotate(month=TruncMonth("end")).values("month").annotate(number=Count("pk"))
    found = {row["month"].date(): row["number"] for row in counted}
    return [Month(first, found.get(first, 0)) for first in months(at.date())]


def months(day: date, number: int = MONTHS) -> list[date]:
    """The first days of `number` months, the one of `day` first."""
    first = day.replace(day=1)
    found = [first]
    while len(found) < number:
        found.append(month_after(found[-1]))
    return found
