"""The product's own manual as pages of the wiki: installed, renewed when the portal is, never against local edits.

A page keeps the hash of what was shipped to it (`shipped_sha256`). Where its text still has that hash, a newer text
replaces it; where somebody wrote in it, it stays, and the report and the page say that a newer text is shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.placing import archive_page, unarchive_page
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space, transfer_space
from apps.wiki.models import Page, Space
from apps.wiki.queries.handbook import hash_of, kept_hash, shipped
from apps.wiki.text.bundle import Bundle, BundlePage
from apps.wiki.vocabulary import HANDBOOK, PageState

SUMMARY = "Shipped with the portal"


@dataclass(slots=True)
class HandbookReport:
    """Titles of chapters by what became of them."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)  # kept; the portal ships what they began with
    outdated: list[str] = field(default_factory=list)  # kept; the portal ships a newer text
    archived: list[str] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)  # edited here and no longer shipped; kept


@transaction.atomic
def install_handbook(at: datetime | None = None) -> HandbookReport:
    """Brings the space `handbook` to what this release ships; again and again without harm."""
    bundle, report = shipped(), HandbookReport()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wiki.handbook'))")
    rows = Page._base_manager.filter(uid__in=[chapter.id for chapter in bundle.pages])
    there = {page.uid: page for page in rows.select_related("space", "revision").defer("search_vector")}
    space = _space(bundle, at)
    if space is None:
        space = Space._base_manager.get(slug=HANDBOOK)
        there |= {page.uid: page for page in rows.filter(space=space).select_related("space", "revision")}
        report.created.append(bundle.pages[0].title)
    for chapter in bundle.pages:
        _install(space, chapter, there.get(chapter.id), report, at)
    _retire(space, bundle, report)
    return report


def _space(bundle: Bundle, at: datetime | None) -> Space | None:
    """The handbook's space, owned by the CoE's office as soon as there is one; None where it is planted now."""
    found = Space._base_manager.filter(slug=HANDBOOK).first()
    office = None
    if found is None or found.owner_id is None:
        office = Team._base_manager.filter(coe_office=True, ends=None).order_by("pk").first()
    if found is not None:
        return transfer_space(actor=SYSTEM, space=found, owner=office) if office else found
    home = bundle.pages[0]
    create_space(
        actor=SYSTEM,
        slug=HANDBOOK,
        title=bundle.space.title,
        description=bundle.space.description,
        owner=office,
        home_text=home.text,
        home_uid=home.id,
        at=at,
    )
    return None


def _install(
    space: Space, chapter: BundlePage, page: Page | None, report: HandbookReport, at: datetime | None
) -> None:
    new = hash_of(chapter.title, chapter.text, chapter.tags)
    if page is None:
        _keep_hash(_created(space, chapter, at), new)
        report.created.append(chapter.title)
        return
    now, before = kept_hash(page), page.shipped_sha256
    is_planted = page.is_home and chapter.title in report.created
    if page.state == PageState.ARCHIVED and not before:
        page = unarchive_page(actor=SYSTEM, page=page)  # it is shipped again
    elif now == new:
        if before != new:
            _keep_hash(page, new)
        report.unchanged.append(chapter.title)
        return
    elif now != before and not is_planted:
        (report.edited if before == new else report.outdated).append(page.title)
        return
    _renew(page, chapter, new, at)
    if not is_planted:
        report.updated.append(chapter.title)


def _created(space: Space, chapter: BundlePage, at: datetime | None) -> Page:
    """Below the space's home; at its own address where that is free."""
    fields: dict[str, Any] = {
        "title": chapter.title,
        "text": chapter.text,
        "uid": chapter.id,
        "tags": chapter.tags,
    }
    taken = Page._base_manager.filter(space=space, slug=chapter.slug).exists()
    slug = None if taken else chapter.slug
    return create_page(actor=SYSTEM, space=space, slug=slug, summary=SUMMARY, at=at, **fields)


def _renew(page: Page, chapter: BundlePage, new: str, at: datetime | None) -> None:
    assert page.revision is not None
    base = page.revision.number
    text, title = chapter.text, chapter.title
    saved = save_page(actor=SYSTEM, page=page, text=text, title=title, base=base, summary=SUMMARY, at=at)
    update_page(actor=SYSTEM, page=saved.page, changes={"tags": chapter.tags})
    _keep_hash(page, new)


def _keep_hash(page: Page, sha256: str) -> None:
    Page._base_manager.filter(pk=page.pk).update(shipped_sha256=sha256)


def _retire(space: Space, bundle: Bundle, report: HandbookReport) -> None:
    """Chapters that are shipped no longer; archived unless somebody wrote in them."""
    rows = Page._base_manager.exclude(shipped_sha256="").exclude(uid__in=[page.id for page in bundle.pages])
    for page in rows.filter(state=PageState.CURRENT).select_related("space", "revision"):
        if kept_hash(page) != page.shipped_sha256 or page.is_home:
            report.orphaned.append(page.title)
            continue
        archive_page(actor=SYSTEM, page=page)
        _keep_hash(page, "")
        report.archived.append(page.title)


def sentences(report: HandbookReport) -> list[str]:
    """The report as lines for a terminal or a log."""
    words: Mapping[str, str] = {
        "created": "new",
        "updated": "renewed",
        "unchanged": "as shipped",
        "edited": "edited here, kept",
        "outdated": "edited here and shipped newer, kept: compare",
        "archived": "no longer shipped, archived",
        "orphaned": "no longer shipped, edited here, kept",
    }
    named = ("outdated", "archived", "orphaned")
    return [
        f"{len(titles)} {word}" + (f": {', '.join(titles)}" if name in named else "")
        for name, word in words.items()
        if (titles := getattr(report, name))
    ]
