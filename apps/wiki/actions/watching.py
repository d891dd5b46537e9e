"""Who wants to hear of changes. Watching is a matter of one's own and leaves no event."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.policies import require
from apps.wiki.models import Page, Space, Watch


@transaction.atomic
def watch(
    *, actor: Any, page: Page | None = None, space: Space | None = None, subtree: bool = False
) -> Watch:
    """Puts a page (with those below it, where `subtree`) or a whole space into the actor's digest."""
    require(actor, "view", page or _given(space))
    require(actor, "change_profile", actor)  # one's own, but a write: not with a token that may only read
    row, created = Watch.objects.get_or_create(
        user_id=actor.pk, page=page, space=space, defaults={"subtree": subtree, "told_until": timezone.now()}
    )
    if not created and row.subtree != subtree:
        row.subtree = subtree
        row.save(update_fields=["subtree"])
    return row


@transaction.atomic
def unwatch(*, actor: Any, page: Page | None = None, space: Space | None = None) -> None:
    """Ends it; also for what the actor may no longer see."""
    require(actor, "change_profile", actor)
    Watch._base_manager.filter(user=actor.pk, page=page, space=space).delete()


def _given(space: Space | None) -> Space:
    if space is None:
        raise TypeError("Watch a page or a space.")
    return space
