"""Pages that come as files: found again by their id, written through the same actions as any edit, all or nothing.

A page is replaced on its current revision, because whoever imports says what it is to be; history keeps what was
there. Pages that the files do not name stay. Nobody widens who sees a page by importing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.checking import plain_line, tag_or_none
from apps.core.concurrency import swap
from apps.core.errors import Invalid, PortalError
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team, Visibility
from apps.wiki.actions.attachments import attach, cleaned_name
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.import_order import arrange
from apps.wiki.actions.indexing import write_about
from apps.wiki.actions.placing import locked, narrow_page, rename_page, unarchive_page
from apps.wiki.actions.revisions import add_revision, checked_title, locked_page
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.file_types import type_of
from apps.wiki.models import Attachment, Draft, Link, Page, Space
from apps.wiki.queries.transfers import documents_of
from apps.wiki.text.bundle import Bundle, BundleError, BundleFile, BundlePage, Problem
from apps.wiki.vocabulary import (
    HOME,
    LARGEST_ATTACHMENT,
    MOST_TAGS,
    Audience,
    LinkKind,
    PageState,
    Template,
    narrowest,
    page_key,
)

SUMMARY = "Imported"
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Row:
    """What becomes of one page: `created`, `updated` or `unchanged`; `details` are the words for what differs."""

    id: str
    title: str
    change: str
    path: str = ""
    moved: bool = False
    details: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What an import did, or would do. With problems it did nothing."""

    rows: list[Row] = field(default_factory=list)
    attachments: int = 0
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    space: str = ""

    def _with(self, change: str) -> list[Row]:
        return [row for row in self.rows if row.change == change]

    @property
    def created(self) -> list[Row]:
        return self._with("created")

    @property
    def updated(self) -> list[Row]:
        return self._with("updated")

    @property
    def unchanged(self) -> list[Row]:
        return [row for row in self._with("unchanged") if not row.moved]

    @property
    def moved(self) -> list[Row]:
        return [row for row in self.rows if row.moved]

    @property
    def counts(self) -> dict[str, int]:
        names = ("created", "updated", "moved", "unchanged")
        return {name: len(getattr(self, name)) for name in names} | {"attachments": self.attachments}


def import_bundle(
    *,
    actor: Any,
    bundle: Bundle,
    space: Space | None = None,
    slug: str = "",
    owner: Team | None = None,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
    at: datetime | None = None,
) -> Report:
    """Writes the bundle's pages into `space`, else into the space of that slug (the bundle's own, unless `slug` is
    given), which `owner` gets where it is made for this.

    Everything happens in one transaction, which a dry run and a bundle with problems take back. `progress` hears
    how many pages and attachments are done. Raises NotFound or Forbidden where the actor may not write there.
    """
    report = Report(warnings=list(bundle.warnings))
    with transaction.atomic():
        run = _Import(actor, bundle, report, dry_run, progress, at)
        try:
            run.into(space or run.space_of(slug or bundle.space.slug, owner))
        except BundleError as error:
            report.problems.extend(error.problems)
        if dry_run or report.problems:
            transaction.set_rollback(True)
    return report


@dataclass(slots=True)
class _Import:
    actor: Any
    bundle: Bundle
    report: Report
    dry_run: bool
    progress: Progress
    at: datetime | None
    pages: dict[str, Page] = field(default_factory=dict)  # what is in the wiki, by the bundle's ids
    is_new: bool = False
    done: int = 0

    @property
    def home(self) -> BundlePage | None:
        first = self.bundle.pages[0] if self.bundle.pages else None
        return first if first and first.parent_id is None and first.slug == HOME else None

    def space_of(self, slug: str, owner: Team | None) -> Space:
        if not slug:
            raise BundleError([Problem("", "The files name no space. Say into which one they go.")])
        found = Space.objects.visible_to(self.actor).filter(slug=slug).first()
        return found or self._made(slug, owner)

    def _made(self, slug: str, owner: Team | None) -> Space:
        words, home = self.bundle.space, self.home
        if home and Page._base_manager.filter(uid=home.id).exists():
            raise BundleError([_elsewhere(home, "")])
        self.is_new = True
        try:
            return create_space(
                actor=self.actor,
                slug=slug,
                title=words.title or (home.title if home else "") or slug,
                owner=owner,
                visibility=words.visibility or Visibility.COMPANY,
                description=words.description,
                verify_every_days=words.verify_every_days,
                home_text=home.text if home else "",
                home_uid=home.id if home else None,
                at=self.at,
            )
        except Invalid as error:
            raise BundleError([Problem("_space.yaml", _sentence(error))]) from error

    def into(self, space: Space) -> None:
        require(self.actor, "change", space)
        locked(space.pk)
        self.report.space = space.slug
        drafts = list(Draft._base_manager.filter(user=self.actor.pk, space=space))
        self._find(space)
        if self.report.problems:
            return
        self._rename(space)
        for source in self.bundle.pages:
            with self._noting(source):
                self._write(space, source)
            self._step()
        self._attach_all()
        moved = self._arrange(space)
        Draft._base_manager.bulk_create(drafts, ignore_conflicts=True)  # an import saves nobody's draft
        self._record(space, moved)

    def _find(self, space: Space) -> None:
        """Which of the pages are in the wiki, and that each of them may be written."""
        by_id = {source.id: source for source in self.bundle.pages}
        rows = Page.objects.filter(uid__in=by_id).with_can(self.actor, "view", "change")
        for page in rows.select_related("space", "revision").defer("search_vector"):
            source = by_id[page.uid]
            if page.space_id != space.pk or page.is_home != (source is self.home):
                known = page.space.title if page.can_view else ""
                self.report.problems.append(_elsewhere(source, known, is_here=page.space_id == space.pk))
            elif not page.can_change:
                sentence = f"The id “{source.id}” is that of a page that you may not change. Leave it out."
                self.report.problems.append(Problem(source.source or source.slug, sentence))
            self.pages[source.id] = page
        if self.home:
            home = Page._base_manager.select_related("space", "revision").get(space=space, depth=1)
            self.pages[self.home.id] = home

    def _rename(self, space: Space) -> None:
        """Addresses first, each as soon as it is free, so that what is new may take what is left."""
        waiting = [
            (source, page)
            for source in self.bundle.pages
            if (page := self.pages.get(source.id)) and source is not self.home and page.slug != source.slug
            and page.slug != page_key(source.slug)
        ]  # fmt: skip
        while waiting:
            left = [pair for pair in waiting if not self._renamed(space, *pair)]
            if len(left) == len(waiting):
                break
            waiting = left
        for source, _ in waiting:
            sentence = f"The address “{source.slug}” is that of another page. Change the slug, or rename that page first."
            self.report.problems.append(Problem(source.source or source.slug, sentence))

    def _renamed(self, space: Space, source: BundlePage, page: Page) -> bool:
        if Page._base_manager.filter(space=space, slug=page_key(source.slug)).exists():
            return False
        with self._noting(source):
            self.pages[source.id] = rename_page(actor=self.actor, page=page, slug=source.slug)
        return True

    @contextmanager
    def _noting(self, source: BundlePage) -> Iterator[None]:
        """A refusal is the page's problem; the others are still looked at."""
        try:
            with transaction.atomic():
                yield
        except PortalError as error:
            self.report.problems.append(Problem(source.source or source.slug, _sentence(error)))

    def _write(self, space: Space, source: BundlePage) -> None:
        if source.parent_id is not None and source.parent_id not in self.pages:
            return  # the page above has the problem
        there = self.pages.get(source.id)
        title = self._title(source)
        if there is None:
            self.pages[source.id] = self._create(space, source, title)
            details: tuple[str, ...] = ()
        else:
            details = (*self._edit(source, there, title), *self._frame(source, there))
        change = "created" if there is None or self.is_new else "updated" if details else "unchanged"
        self.report.rows.append(Row(source.id, title, change, source.source, details=details))

    def _title(self, source: BundlePage) -> str:
        try:
            return checked_title(source.title)
        except Invalid:
            title = plain_line(source.title) or source.slug
            self._warn(source, f"The title has characters that are not kept; it becomes “{title}”.")
            return title

    def _create(self, space: Space, source: BundlePage, title: str) -> Page:
        page = create_page(
            actor=self.actor,
            space=space,
            title=title,
            text=source.text,
            parent=self.pages[source.parent_id] if source.parent_id else None,
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
            if value != getattr(page, name) and (getattr(source, name) or not self.bundle.foreign)
        }
        if changes:
            update_page(actor=self.actor, page=page, changes=changes)
        return [name.replace("_", " ") for name in changes]

    def _extra(self, source: BundlePage, page: Page) -> Iterator[str]:
        if source.extra != page.extra and (source.extra or not self.bundle.foreign):
            require(self.actor, "change", page)
            swap(page, None, {"extra": source.extra})
            yield "front matter"
        documents = documents_of(self.actor, [page.pk]).get(page.pk, [])
        if list(source.documents) != documents and (source.documents or not self.bundle.foreign):
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
            self._warn(source, f"The tags become: {', '.join(kept) or 'none'}.")
        return kept

    def _one_of(self, source: BundlePage, name: str, known: list[str]) -> str:
        value = str(getattr(source, name))
        if value in known or not value:
            return value
        self._warn(source, f"There is no {name.replace('_', ' ')} “{value[:60]}”; it is left out.")
        return ""

    def _warn(self, source: BundlePage, sentence: str) -> None:
        problem = Problem(source.source or source.slug, sentence)
        if problem not in self.report.warnings:
            self.report.warnings.append(problem)

    def _attach_all(self) -> None:
        by_id = {source.id: source for source in self.bundle.pages}
        rows = Attachment._base_manager.filter(
            page__in=[page.pk for page in self.pages.values()], removed_at=None
        )
        there = {(page, name): sha for page, name, sha in rows.values_list("page", "name", "blob__sha256")}
        for file in self.bundle.files:
            page = self.pages.get(file.page_id)
            if page and there.get((page.pk, file.name)) != file.sha256:
                with self._noting(by_id[file.page_id]):
                    self._attach(by_id[file.page_id], page, file)
            self._step()

    def _attach(self, source: BundlePage, page: Page, file: BundleFile) -> None:
        require(self.actor, "change", page)
        data = file.read() if file.size <= LARGEST_ATTACHMENT else b""
        refusal = _unfit(file, data)
        if refusal and self.bundle.foreign:
            self._warn(source, f"The attachment “{file.name}” is left out. {refusal}")
        elif refusal:
            raise Invalid(f"The attachment “{file.name}” cannot be kept. {refusal}")
        else:
            if not self.dry_run:  # bytes on a disk do not roll back
                attach(actor=self.actor, page=page, name=file.name, data=data, at=self.at)
            self.report.attachments += 1

    def _arrange(self, space: Space) -> set[str]:
        if self.report.problems:
            return set()
        home = Page._base_manager.get(space=space, depth=1)
        try:
            moved = arrange(self.actor, self.bundle.pages, self.pages, home)
        except PortalError as error:
            self.report.problems.append(
                Problem("", f"The tree cannot be put in this order. {_sentence(error)}")
            )
            return set()
        for row in self.report.rows:
            row.moved = row.id in moved and row.change != "created"
        return moved

    def _step(self) -> None:
        self.done += 1
        self.progress(self.done, len(self.bundle.pages) + len(self.bundle.files))

    def _record(self, space: Space, moved: set[str]) -> None:
        counts = self.report.counts
        if counts["created"] + counts["updated"] + counts["attachments"] + len(moved):
            record("wiki.space.imported", actor=self.actor, target=space, data=counts, at=self.at)


def _elsewhere(source: BundlePage, known: str, *, is_here: bool = False) -> Problem:
    where = f"in the space “{known}”" if known else "elsewhere in this wiki"
    if is_here:
        where = "in another place of this space: one is its home page and the other is not"
    sentence = f"The id “{source.id}” is that of a page {where}. Remove the id, or import the page there."
    return Problem(source.source or source.slug, sentence)


def _unfit(file: BundleFile, data: bytes) -> str:
    """Why a file cannot stand beside a page, or ""."""
    if file.size > LARGEST_ATTACHMENT:
        return f"It is larger than {LARGEST_ATTACHMENT // 2**20} MB."
    try:
        name = cleaned_name(file.name)
        type_of(name, data)
    except (Invalid, ValueError) as refusal:
        return str(refusal)
    if not data:
        return "It is empty."
    return "" if name == file.name else f"Its name would become “{name}”: call it so, and in the text too."


def _sentence(error: PortalError) -> str:
    return f"{error.detail} {error.next_step}".strip()
