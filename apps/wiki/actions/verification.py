"""Vouching for a page: verification is not editing, and it ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.checking import checked_text
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.wiki.actions.revisions import locked_page
from apps.wiki.models import Page, Verification
from apps.wiki.vocabulary import USUAL_INTERVAL


@transaction.atomic
def verify_page(
    *, actor: Any, page: Page, revision: int, note: str = "", at: datetime | None = None
) -> Verification:
    """Says that the text of revision number `revision` is true, until the page's interval has passed.

    Raises Conflict where the text changed meanwhile: nobody vouches for what they have not read.
    """
    require(actor, "verify", page)
    page, moment = locked_page(page), at or timezone.now()
    current = page.revision
    assert current is not None
    if current.number != revision:
        raise Conflict(
            f"The text changed while you were reading (it is revision {current.number} now).",
            next_step="Read what changed, then verify it.",
            current_revision=current.number,
        )
    until = moment + timedelta(days=page.interval_days or USUAL_INTERVAL)
    row = Verification.objects.create(
        page=page,
        revision=current,
        by_id=actor.pk,
        at=moment,
        until=until,
        note=checked_text("note", note, 500),
    )
    page.verified_at, page.verified_until = moment, until
    page.save(update_fields=["verified_at", "verified_until"])
    data = {"revision": current.number, "until": until.isoformat()}
    record("wiki.page.verified", actor=actor, target=page, data=data, at=at)
    return row


@transaction.atomic
def unverify_page(*, actor: Any, page: Page, note: str = "") -> Page:
    """Takes the verification back, because something is no longer true. Its verifier may, and the page's editors."""
    require(actor, "change" if not _may_verify(actor, page) else "verify", page)
    page = locked_page(page)
    if page.verified_until is not None:
        page.verified_at = page.verified_until = None
        page.save(update_fields=["verified_at", "verified_until"])
        data = {"note": checked_text("note", note, 500)}
        record("wiki.page.unverified", actor=actor, target=page, data=data)
    return page


def _may_verify(actor: Any, page: Page) -> bool:
    return bool(Page.objects.filter(pk=page.pk).allowed(actor, "verify").exists())
