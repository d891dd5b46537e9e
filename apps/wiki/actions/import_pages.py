"""One page of an import: created, or made as its file says, through the same actions as any edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.catalog.models import Entity
from apps.core.checking import MOST_TAGS, plain_line, tag_or_none
from apps.core.concurrency import swap
from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Visibility
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.import_report import Report
from apps.wiki.actions.placing import narrow_page, unarchive_page
from apps.wiki.actions.revisions import add_revision, checked_title, locked_page
from apps.wiki.actions.settings import MOST_DOCUMENTED, update_page
from apps.wiki.models import Page, Space
from apps.wiki.queries.links import entities_written
from apps.wiki.queries.transfers import documents_of
from apps.wiki.text.bundle import BundlePage
from apps.wiki.vocabulary import Audience, PageState, Template, narrowest

SUMMARY = "Imported"


@dataclass(frozen=True, slots=True)
class Change:
    """What of a page differs from its file; empty where it stays as it is."""

    is_archived: bool = False
    text: bool = False
    title: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    documents: list[str] | None = None
    extra: dict[str, Any] | None = None
    narrowed: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        said = {
            "brought back": self.is_archived,
            "text": self.text,
            "title": self.title,
            **{name.replace("_", " "): True for name in self.settings},
            "documents": self.documents is not None,
            "front matter": self.extra is not None,
            "visibility": bool(self.narrowed),
        }
        return tuple(word for word, differs in said.items() if differs)


@dataclass(slots=True)
class PageWriter:
    """`foreign` files that say nothing about something leave it as it is.

    `entities` are those that the files name and the actor sees, by reference in lower case; `documented` is what each
    page documents of what the actor sees.
    """

    actor: Any
    foreign: bool
    report: Report
    at: datetime | None
    entities: dict[str, Entity] = field(default_factory=dict)
    documented: dict[int, list[str]] = field(default_factory=dict)

    def look_up(self, sources: Iterable[BundlePage], pages: Iterable[Page]) -> None:
        """What the catalog and the wiki know, once for all pages."""
        refs = {ref.strip() for source in sources for ref in source.documents}
        self.entities = entities_written(refs, Entity.objects.visible_to(self.actor))
        self.documented = documents_of(self.actor, [page.pk for page in pages])

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
            allowed=True,
        )
        self._frame(self.differences(source, page, title), page)
        return page

    def change(self, source: BundlePage, page: Page, title: str) -> tuple[str, ...]:
        """Makes a page that is there as the files say; the words for what differed."""
        change = self.differences(source, page, title)
        if change.words:
            self._apply(change, source, page, title)
        return change.words

    def differences(self, source: BundlePage, page: Page, title: str) -> Change:
        """Reads only: a dry run tells the same."""
        current = page.revision
        assert current is not None
        documents = self._documents(source)
        known = self.documented.get(page.pk, [])
        narrowed = narrowest(page.narrowed, source.visibility)
        return Change(
            is_archived=page.state == PageState.ARCHIVED,
            text=source.text != current.text,
            title=title != current.title,
            settings=self._settings(source, page),
            documents=documents if set(documents) != set(known) and self._says(source.documents) else None,
            extra=source.extra if source.extra != page.extra and self._says(source.extra) else None,
            narrowed="" if narrowed in (Visibility.COMPANY, page.narrowed) else narrowed,
        )

    def _says(self, value: Any) -> bool:
        return bool(value) or not self.foreign

    def _apply(self, change: Change, source: BundlePage, page: Page, title: str) -> None:
        """Text and title become a revision on the current one."""
        if change.is_archived:
            unarchive_page(actor=self.actor, page=page)
        held = locked_page(page)
        require(self.actor, "change", held)
        current = held.revision
        if current is not None and (source.text, title) != (current.text, current.title):
            revision = add_revision(
                held, self.actor, title, source.text, self.at, summary=SUMMARY, base=current
            )
            data = {"revision": revision.number, "merged": False, "summary": SUMMARY}
            record("wiki.page.edited", actor=self.actor, target=held, data=data, at=self.at)
        self._frame(change, held)

    def _frame(self, change: Change, page: Page) -> None:
        """Everything around the text."""
        if change.settings or change.documents is not None:
            update_page(actor=self.actor, page=page, changes=change.settings, documents=change.documents)
        if change.extra is not None:
            require(self.actor, "change", page)
            swap(page, None, {"extra": change.extra})
        if change.narrowed:
            narrow_page(actor=self.actor, page=page, narrowed=change.narrowed)

    def _settings(self, source: BundlePage, page: Page) -> dict[str, Any]:
        wanted = {
            "tags": self._tags(source),
            "template": self._one_of(source, "template", Template.values) or Template.PAGE,
            "verify_every_days": source.verify_every_days,
            "acknowledged_by": self._one_of(source, "acknowledged_by", Audience.values),
        }
        return {
            name: value
            for name, value in wanted.items()
            if value != getattr(page, name) and self._says(getattr(source, name))
        }

    def notes(self, source: BundlePage) -> None:
        """Says what a new page would lose."""
        self._tags(source)
        self._one_of(source, "template", Template.values)
        self._one_of(source, "acknowledged_by", Audience.values)
        self._documents(source)

    def _documents(self, source: BundlePage) -> list[str]:
        """As the catalog writes them; one that the actor does not see is as unknown as one that is not there."""
        wanted = list(dict.fromkeys(filter(None, map(str.strip, source.documents))))
        for ref in wanted:
            if ref.lower() not in self.entities:
                sentence = f"There is no entity “{ref[:200]}”, or you do not see it; it is left out."
                self.report.warn(source, sentence)
        found = [self.entities[ref.lower()].ref for ref in wanted if ref.lower() in self.entities]
        if len(found) > MOST_DOCUMENTED:
            self.report.warn(
                source, f"A page documents at most {MOST_DOCUMENTED} entities; the rest is left out."
            )
        return list(dict.fromkeys(found))[:MOST_DOCUMENTED]

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
