"""`Page.freshness` for many pages at once: as a condition, and as a column."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone

from apps.wiki.vocabulary import DUE_BEFORE, Freshness


def freshness_is(state: str, at: datetime | None = None) -> Q:
    """The pages of which `Page.freshness` says this at an instant (now, unless told otherwise); else none."""
    at = at or timezone.now()
    return {
        Freshness.UNVERIFIED.value: Q(verified_until=None),
        Freshness.EXPIRED.value: Q(verified_until__lte=at),
        Freshness.DUE.value: Q(verified_until__gt=at, verified_until__lte=at + DUE_BEFORE),
        Freshness.VERIFIED.value: Q(verified_until__gt=at + DUE_BEFORE),
    }.get(state, Q(pk__in=[]))


def freshness_case(at: datetime | None = None) -> Case:
    """What `Page.freshness` says at an instant (now, unless told otherwise)."""
    at = at or timezone.now()
    return Case(
        *(When(freshness_is(state, at), then=Value(state)) for state in Freshness.values),
        output_field=CharField(),
    )
