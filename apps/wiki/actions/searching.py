"""Counting searches that found nothing, so that what several people look for in vain becomes known.

A count belongs to one person and is seen by nobody else; it is no event, because the audit trail is no place for what
people search for, and it is forgotten when it no longer counts.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.errors import Unauthenticated
from apps.core.text_search import words
from apps.people.models import User
from apps.wiki.models import FruitlessSearch, Page
from apps.wiki.queries.demand import WITHIN
from apps.wiki.queries.search import matching_pages

SHORTEST = 2  # characters
MOST_KEPT = 200  # of one person
LONGEST = 200


@transaction.atomic
def note_fruitless_search(*, actor: Any, text: str) -> FruitlessSearch | None:
    """Counts one search of a person. None, and nothing is kept, where the words find something after all, are too
    short, or are searched by a service or the portal itself."""
    if actor is None or not actor.is_authenticated or not actor.is_active:
        raise Unauthenticated("This needs a signed-in person.")
    wanted = " ".join(words(text))[:LONGEST]
    if len(wanted) < SHORTEST or getattr(actor, "kind", "") != User.Kind.PERSON:
        return None
    if matching_pages(Page.objects.visible_to(actor), text).exists():
        return None
    now = timezone.now()
    rows = FruitlessSearch._base_manager.filter(user=actor.pk)
    row, is_new = rows.get_or_create(user_id=actor.pk, words=wanted, defaults={"last_at": now})
    if not is_new:
        rows.filter(pk=row.pk).update(times=F("times") + 1, last_at=now)
    _forget(actor)
    row.refresh_from_db()
    return row


def _forget(actor: Any) -> None:
    """What is too old to count, and of more than `MOST_KEPT` the oldest."""
    rows = FruitlessSearch._base_manager.filter(user=actor.pk)
    rows.filter(last_at__lt=timezone.now() - WITHIN).delete()
    kept = rows.order_by("-last_at", "-pk").values("pk")[:MOST_KEPT]
    rows.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()
