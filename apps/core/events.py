"""`record()`: every action says in its own transaction what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from apps.core.middleware import current_request_id
from apps.core.models import Event
from apps.core.policies import System


def label_of(obj: models.Model) -> str:
    """`catalog.entity`: how events name a model."""
    return obj._meta.label_lower


def record(
    verb: str,
    *,
    actor: Any,
    target: models.Model,
    subject: models.Model | None = None,
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Event:
    """Writes one event; must be called inside the action's transaction.

    `verb` is `<app>.<object>.<past participle>` ("catalog.entity.created"). `subject` is the object on whose
    history it appears (default: the target). `at` backdates it, for imports of history only.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record() belongs into the transaction of its action.")
    subject = subject or target
    by_portal = isinstance(actor, System)
    return Event.objects.create(
        at=at or timezone.now(),
        verb=verb,
        actor_id=None if by_portal else actor.pk,
        actor_name=actor.name if by_portal else "",
        target_type=label_of(target),
        target_id=target.pk,
        subject_type=label_of(subject),
        subject_id=subject.pk,
        data=data or {},
        request_id=current_request_id(),
    )


def history(obj: models.Model, user: Any) -> models.QuerySet[Event]:
    """What happened to an object, newest first, as far as `user` may see it."""
    rows = Event.objects.filter(subject_type=label_of(obj), subject_id=obj.pk)
    return rows.visible_to(user).select_related("actor").order_by("-at", "-id")
