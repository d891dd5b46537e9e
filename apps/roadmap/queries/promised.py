"""Days that the roadmap itself named and that passed: milestones beyond their P90, looks back that came late or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q

from apps.roadmap.models import Milestone, OutcomeReview
from apps.roadmap.workflow import State
from apps.tooling.queries.metrics import Drawn, Series

LABELS = ("Milestones", "Looks back")


def breaches(user: Any, since: datetime, at: datetime) -> Drawn:
    """By what was named and by whether it came late or is open; the value is their number, none where no day was named.
    Two statements."""
    fell_away = Q(done_at=None, request__state=State.CLOSED)  # it was stopped before
    reviews = OutcomeReview.objects.visible_to(user).exclude(fell_away)
    found = (_late(Milestone.objects.visible_to(user), "p90", since, at), _late(reviews, "due", since, at))
    late, lacking = (tuple(float(each[name]) for each in found) for name in ("late", "lacking"))
    named = sum(each["named"] for each in found)
    series = (Series("Came late", late), Series("Not there yet", lacking))
    return Drawn(sum(late) + sum(lacking) if named else None, LABELS, series)


def _late(rows: Any, day: str, since: datetime, at: datetime) -> dict[str, int]:
    """Of the rows whose day lies within the time: how many there are, came after it, and did not come."""
    within = {f"{day}__gte": since.date(), f"{day}__lte": at.date() - timedelta(days=1)}
    lacking = Q(done_at=None) | Q(done_at__gt=at)
    counts: dict[str, int] = rows.filter(**within).aggregate(
        named=Count("pk"),
        lacking=Count("pk", filter=lacking),
        late=Count("pk", filter=Q(done_at__lte=at, done_at__date__gt=F(day))),
    )
    return counts
