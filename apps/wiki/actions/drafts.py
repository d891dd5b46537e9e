"""What somebody writes and has not saved: kept over closed tabs and conflicts."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.core.policies import require
from apps.wiki.actions.revisions import checked_page_text, revision_of
from apps.wiki.models import Draft, Page, Space
from apps.wiki.vocabulary import LONGEST_SUMMARY, Template


def keep_draft(
    *,
    actor: Any,
    space: Space,
    page: Page | None = None,
    parent: Page | None = None,
    title: str = "",
    text: str = "",
    summary: str = "",
    template: str = "",
    base: int | None = None,
) -> Draft | None:
    """Keeps what somebody has written so far, in place of what was kept before. Over the size limit is refused.

    A draft does not need to be valid otherwise: it may have no title yet. Without a title and without a text there
    is nothing to keep: then what was kept before goes too, and the answer is None.
    """
    where = page or parent or space
    require(actor, "change", where)
    content: dict[str, Any] = {
        "title": title.replace("\x00", "")[:200],
        "text": checked_page_text(text) if text else "",
        "summary": summary.replace("\x00", "")[:LONGEST_SUMMARY],
        "template": template if template in Template.values else "",
        "base": revision_of(page, base) if page is not None and base is not None else None,
        "updated_at": timezone.now(),
    }
    if page is not None:
        keys: dict[str, Any] = {"user_id": actor.pk, "page": page}
        content["space"] = page.space
    else:
        above = parent or Page._base_manager.get(space=space, depth=1)
        keys = {"user_id": actor.pk, "page": None, "space": space, "parent": above}
    if not (content["title"].strip() or content["text"].strip()):
        Draft._base_manager.filter(**keys).delete()
        return None
    row, _ = Draft.objects.update_or_create(**keys, defaults=content)
    return row


def discard_draft(*, actor: Any, draft: Draft) -> None:
    require(actor, "change", draft)
    draft.delete()


def forget_draft(actor: Any, page: Page) -> None:
    Draft._base_manager.filter(user=actor.pk, page=page).delete()
