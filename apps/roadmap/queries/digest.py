"""What a sponsor hears once a week: what happened to the requests of their units, and what waits for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.core.feed import Entry, feed
from apps.core.models import Event
from apps.people.models import BusinessUnit, User
from apps.people.standing import standing_of
from apps.roadmap.models import Outcome, Request

MOST_EVENTS = 200
MOST_LINES = 8  # of one request
MOST_WAITING = 20


@dataclass(frozen=True, slots=True)
class Story:
    """One request with what happened to it, the oldest first; `more` entries are left out."""

    request: Request
    entries: tuple[Entry, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Digest:
    """`to_sponsor` and `to_confirm` wait for the sponsor."""

    stories: tuple[Story, ...]
    to_sponsor: tuple[Request, ...]
    to_confirm: tuple[Outcome, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.stories or self.to_sponsor or self.to_confirm)


def sponsors() -> QuerySet[User]:
    """Active people who sponsor a unit or confirmed a request."""
    units = BusinessUnit._base_manager.filter(sponsor__isnull=False).order_by().values("sponsor")
    confirmed = Request._base_manager.filter(sponsored_at__isnull=False).order_by().values("sponsor")
    wanted = Q(pk__in=units) | Q(pk__in=confirmed)
    return User._base_manager.filter(wanted, is_active=True).exclude(email="").order_by("pk")


def sponsored(user: Any) -> Any:
    """Submitted requests that `user` may see and answers for: their units', those of units below, and their own word."""
    below = Q(unit__in=standing_of(user).answered_units)
    rows = Request.objects.visible_to(user).filter(below | Q(sponsor=user.pk), submitted_at__isnull=False)
    return rows.defer("search_vector")


def digest_of(user: Any, since: datetime, until: datetime) -> Digest:
    """Of the events in [since, until) that `user` may see."""
    waiting = Request.objects.allowed(user, "sponsor").filter(submitted_at__isnull=False)
    confirm = Outcome.objects.allowed(user, "confirm").select_related("kpi", "request")
    return Digest(
        _stories(user, since, until),
        tuple(waiting.defer("search_vector").order_by("submitted_at", "pk")[:MOST_WAITING]),
        tuple(confirm.order_by("at", "pk")[:MOST_WAITING]),
    )


def _stories(user: Any, since: datetime, until: datetime) -> tuple[Story, ...]:
    requests = sponsored(user)
    events = Event.objects.filter(
        at__gte=since,
        at__lt=until,
        verb__startswith="roadmap.request.",
        subject_type=Request._meta.label_lower,
        subject_id__in=requests.order_by().values("pk"),
    )
    found: dict[int, list[Entry]] = {}
    for entry in feed(user, limit=MOST_EVENTS, events=events):
        found.setdefault(entry.event.subject_id, []).append(entry)
    rows = requests.in_bulk(list(found))
    return tuple(
        Story(rows[pk], tuple(reversed(entries[:MOST_LINES])), max(0, len(entries) - MOST_LINES))
        for pk, entries in found.items()
        if pk in rows
    )
