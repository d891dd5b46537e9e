"""One revision more: what a text may be, and what is written with it. `editing` and `spaces` call this, nobody else."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.core.checking import checked_text
from apps.core.errors import Invalid, NotFound, TooLarge
from apps.core.matching import normalised
from apps.wiki.actions.indexing import index_page
from apps.wiki.actions.mentioning import mention
from apps.wiki.actions.placing import take_address
from apps.wiki.models import Page, Revision, Verification
from apps.wiki.vocabulary import LARGEST_PAGE, LONGEST_SUMMARY


def checked_page_text(text: Any) -> str:
    """The text with plain line ends; Invalid for what is no text, TooLarge beyond 512 KB."""
    if not isinstance(text, str):
        raise Invalid(errors={"text": ["This must be text."]})
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid(
            errors={"text": ["The text has a character that cannot be kept (a NUL or half a pair)."]}
        )
    size = len(text.encode())
    if size > LARGEST_PAGE:
        raise TooLarge(
            f"A page has at most {LARGEST_PAGE // 1024} KB; this has {size // 1024:,} KB.",
            next_step="Split it into pages, or attach the long part as a file.",
        )
    return normalised(text)


def checked_title(title: Any) -> str:
    return checked_text("title", title, 200, empty="Give the page a title.")


def first_revision(
    *, actor: Any, page: Page, text: str, summary: str = "", at: datetime | None = None
) -> Revision:
    """Revision 1 of a page that was just planted, by whoever planted it."""
    return add_revision(
        page, actor, page.title, checked_page_text(text), at or timezone.now(), summary=summary
    )


def locked_page(page: Page) -> Page:
    """The page's row, held until the end: savers of one page wait for each other here.

    Read by a second statement: the first one's view of the revision is from before it waited.
    """
    held = Page._base_manager.select_for_update(no_key=True).only("pk").get(pk=page.pk)
    return Page._base_manager.select_related("space", "revision").get(pk=held.pk)


def revision_of(page: Page, number: int) -> Revision:
    found = Revision._base_manager.filter(page=page, number=number).first()
    if found is None:
        raise NotFound(f"This page has no revision {number}.")
    return found


def add_revision(
    page: Page,
    actor: Any,
    title: str,
    text: str,
    at: datetime | None,
    *,
    summary: str = "",
    base: Revision | None = None,
    merged: bool = False,
    restored: Revision | None = None,
) -> Revision:
    """Writes the next revision and makes it the page's current one."""
    moment = at or timezone.now()
    revision = Revision.objects.create(
        page=page,
        number=page.revision.number + 1 if page.revision else 1,
        title=title,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        author_id=actor.pk,
        summary=checked_text("summary", summary, LONGEST_SUMMARY),
        base=base,
        merged=merged,
        restored=restored,
        at=moment,
    )
    _make_current(page, revision, actor, moment)
    return revision


def _make_current(page: Page, revision: Revision, actor: Any, at: datetime) -> None:
    """An edit by somebody who may not vouch for the page ends its verification."""
    retitled = page.title != revision.title
    page.title, page.revision, page.updated_at = revision.title, revision, at
    if page.verified_until is not None and not _vouches(actor, page):
        page.verified_at = page.verified_until = None
    page.save(update_fields=["title", "title_key", "revision", "updated_at", "verified_at", "verified_until"])
    rendered = index_page(page, revision)
    if retitled:
        take_address(page)
    mention(page, rendered.mentions, by=actor, at=at)


def _vouches(actor: Any, page: Page) -> bool:
    """Whether the writer vouched for the page and still may: whoever else edits it ends the verification.

    A fellow of the verifying team is somebody else too: a person read the text and said that it is true.
    """
    last = Verification._base_manager.filter(page=page).order_by("-at", "-pk").first()
    return (
        last is not None
        and last.by_id == actor.pk
        and bool(Page.objects.filter(pk=page.pk).allowed(actor, "verify").exists())
    )
