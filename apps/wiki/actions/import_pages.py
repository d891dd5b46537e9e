"""One page of an import: created, or made as its file says, through the same actions as any edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.catalog.checking import plain_line, tag_or_none
from apps.core.concurrency import swap
from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Visibility
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.import_report import Report
from apps.wiki.actions.indexing import write_about
from apps.wiki.actions.placing import narrow_page, unarchive_page
from apps.wiki.actions.revisions import add_revision, checked_title, locked_page
from apps.wiki.actions.settings import update_page
from apps.wiki.models import Link, Page, Space
from apps.wiki.queries.transfers import documents_of
from apps.wiki.text.bundle import BundlePage
from apps.wiki.vocabulary import MOST_TAGS, Audience, LinkKind, PageState, Template, narrowest

SUMMARY = "Imported"


@dataclass(slots=True)
class PageWriter:
    """`foreign` files that say nothing about something leave it as it is."""

    actor: Any
    foreign: bool
    report: Report
    at: datetime | None

    def title(self, source: BundlePage) -> str:
        try:
            return checked_title(source.title)
        except Invalid:
            title = plain_line(source.title) or source.slug
            self.report.warn(source, f"The title has characters that are not kept; it becomes “{title}”.")
            return title

    def create(self, space: Space, source: BundlePage, title: str, above: Page | None) -> Page:
        page = create_page(
            actor=self.actor,
            space=space,
            title=title,
            text=source.text,
            parent=above,
            slug=source.slug,
            uid=source.id,
            tags=self._tags(source),
            template=self._one_of(source, "template", Template.values) or Template.PAGE,
            narrowed="" if source.visibility == Visibility.COMPANY else source.visibility,
            extra=source.extra,
            summary=SUMMARY,
            at=self.at,
        )
        self._frame(source, page)
        return page

    def change(self, source: BundlePage, page: Page, title: str) -> tuple[str, ...]:
        """Makes a page that is there as the files say; the words for what differed."""
        return (*self._edit(source, page, title), *self._frame(source, page))

    def _edit(self, source: BundlePage, page: Page, title: str) -> Iterator[str]:
        """Text and title, as a revision on the current one; bringing an archived page back."""
        if page.state == PageState.ARCHIVED:
            unarchive_page(actor=self.actor, page=page)
            yield "brought back"
        held = locked_page(page)
        current = held.revision
        assert current is not None
        if (source.text, title) == (current.text, current.title):
            return
        require(self.actor, "change", held)
        revision = add_revision(held, self.actor, title, source.text, self.at, summary=SUMMARY, base=current)
        data = {"revision": revision.number, "merged": False, "summary": SUMMARY}
        record("wiki.page.edited", actor=self.actor, target=held, data=data, at=self.at)
        if source.text != current.text:
            yield "text"
        if title != current.title:
            yield "title"

    def _frame(self, source: BundlePage, page: Page) -> Iterator[str]:
        """Everything around the text. Foreign files that say nothing about something leave it as it is."""
        return iter([*self._settings(source, page), *self._extra(source, page), *self._narrow(source, page)])

    def _settings(self, source: BundlePage, page: Page) -> list[str]:
        page.refresh_from_db()
        wanted = {
            "tags": self._tags(source),
            "template": self._one_of(source, "template", Template.values) or Template.PAGE,
            "verify_every_days": source.verify_every_days,
            "acknowledged_by": self._one_of(source, "acknowledged_by", Audience.values),
        }
        changes = {
            name: value
            for name, value in wanted.items()
            if value != getattr(page, name) and (getattr(source, name) or not self.foreign)
        }
        if changes:
            update_page(actor=self.actor, page=page, changes=changes)
        return [name.replace("_", " ") for name in changes]

    def _extra(self, source: BundlePage, page: Page) -> Iterator[str]:
        if source.extra != page.extra and (source.extra or not self.foreign):
            require(self.actor, "change", page)
            swap(page, None, {"extra": source.extra})
            yield "front matter"
        documents = documents_of(self.actor, [page.pk]).get(page.pk, [])
        if list(source.documents) != documents and (source.documents or not self.foreign):
            require(self.actor, "change", page)
            rows = Link._base_manager.filter(source=page, kind=LinkKind.ABOUT).order_by("id")
            hidden = [ref for ref in rows.values_list("written", flat=True) if ref not in documents]
            write_about(page, [*source.documents, *hidden])
            yield "documents"

    def _narrow(self, source: BundlePage, page: Page) -> Iterator[str]:
        narrowed = narrowest(page.narrowed, source.visibility)
        if narrowed not in (Visibility.COMPANY, page.narrowed):
            narrow_page(actor=self.actor, page=page, narrowed=narrowed)
            yield "visibility"

    def _tags(self, source: BundlePage) -> list[str]:
        kept = list(dict.fromkeys(filter(None, map(tag_or_none, source.tags))))[:MOST_TAGS]
        if kept != list(source.tags):
            self.report.warn(source, f"The tags become: {', '.join(kept) or 'none'}.")
        return kept

    def _one_of(self, source: BundlePage, name: str, known: list[str]) -> str:
        value = str(getattr(source, name))
        if value in known or not value:
            return value
        self.report.warn(source, f"There is no {name.replace('_', ' ')} “{value[:60]}”; it is left out.")
        return ""
