"""The one way to take a text out of history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.checking import checked_text
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.wiki.actions.revisions import locked_page
from apps.wiki.models import Rendering, Revision


@transaction.atomic
def redact_revision(*, actor: Any, revision: Revision, reason: str, at: datetime | None = None) -> Revision:
    """Takes a secret out of history: text, title and summary go for good, a marker and an event stay. CoE leads only.

    The current revision cannot be redacted: save a text without the secret first. What somebody keeps for
    themselves (a draft, an export they fetched) is theirs and stays; who kept the secret there removes it.
    """
    require(actor, "redact", revision)
    why = checked_text("reason", reason, 500, empty="Say why, without repeating the secret.")
    page = locked_page(revision.page)
    if page.revision_id == revision.pk:
        raise Conflict(
            "This is the current text.",
            next_step="Save a text without the secret first, then redact this one.",
        )
    marked = {"text": "", "title": page.title, "summary": "", "redacted_at": at or timezone.now()}
    Revision._base_manager.filter(pk=revision.pk).update(**marked)
    Rendering._base_manager.filter(revision=revision).delete()
    data = {"revision": revision.number, "reason": why}
    record("wiki.revision.redacted", actor=actor, target=page, data=data, at=at)
    revision.refresh_from_db()
    return revision
