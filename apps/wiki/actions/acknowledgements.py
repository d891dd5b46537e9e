"""Saying that one has read a policy; asked again at each new revision."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.wiki.actions.revisions import locked_page
from apps.wiki.models import Acknowledgement, Page
from apps.wiki.queries.people import audience


@transaction.atomic
def acknowledge_page(*, actor: Any, page: Page, revision: int, at: datetime | None = None) -> Acknowledgement:
    """Records that the actor has read revision number `revision`, which must be the current one. Twice is once."""
    require(actor, "acknowledge", page)
    page = locked_page(page)
    current = page.revision
    assert current is not None
    if not audience(page).filter(pk=actor.pk).exists():
        raise Conflict("This page does not ask you to acknowledge it.")
    if current.number != revision:
        raise Conflict(
            f"The text changed while you were reading (it is revision {current.number} now).",
            next_step="Read the current text, then acknowledge it.",
            current_revision=current.number,
        )
    row, created = Acknowledgement.objects.get_or_create(
        revision=current, user_id=actor.pk, defaults={"page": page, "at": at or timezone.now()}
    )
    if created:
        data = {"revision": current.number}
        # Whoever may see the acknowledgement sees its event: the readers of a page do not learn who has read it.
        record("wiki.page.acknowledged", actor=actor, target=row, subject=page, data=data, at=at)
    return row
