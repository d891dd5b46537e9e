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

from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team, Visibility
from apps.wiki.actions.attachments import attach, cleaned_name
from apps.wiki.actions.import_order import arrange
from apps.wiki.actions.import_pages import PageWriter
from apps.wiki.actions.import_report import Report, Row, noting, sentence_of
from apps.wiki.actions.import_trial import Trial, addresses_of, free_addresses, refuse_too_deep
from apps.wiki.actions.placing import locked, rename_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.file_types import type_of
from apps.wiki.models import Attachment, Draft, Page, Space
from apps.wiki.text.bundle import Bundle, BundleError, BundleFile, BundlePage, Problem
from apps.wiki.vocabulary import HOME, LARGEST_ATTACHMENT

Progress = Callable[[int, int], None]


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

    Everything happens in one transaction, which a dry run and a bundle with problems take back. A dry run into a
    space that is there only reads, and holds nobody up. `progress` hears how many pages and attachments are done; what
    it raises ends the import. Raises NotFound or Forbidden where the actor may not write there.
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
    writer: PageWriter = field(init=False)

    def __post_init__(self) -> None:
        self.writer = PageWriter(self.actor, self.bundle.foreign, self.report, self.at)

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
            raise BundleError([Problem("_space.yaml", sentence_of(error))]) from error

    def into(self, space: Space) -> None:
        require(self.actor, "change", space)
        self.report.space = space.slug
        is_trial = self.dry_run and not self.is_new
        if not is_trial:
            locked(space.pk)
            space.refresh_from_db()  # whose it is now: new pages follow it without asking again
            require(self.actor, "change", space)
        self._find(space)
        refuse_too_deep(self.bundle.pages, self.report)
        if self.report.problems:
            return
        self.writer.look_up(self.bundle.pages, self.pages.values())
        if is_trial:
            Trial(self.writer, self.bundle, self.pages, self._step).look(space)
            self._attach_all()
        else:
            self._carry_out(space)

    def _carry_out(self, space: Space) -> None:
        drafts = list(Draft._base_manager.filter(user=self.actor.pk, space=space))
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
                self.report.refuse(source, sentence)
            self.pages[source.id] = page
        if self.home:
            home = Page._base_manager.select_related("space", "revision").get(space=space, depth=1)
            self.pages[self.home.id] = home

    def _rename(self, space: Space) -> None:
        for source in free_addresses(self.bundle.pages, self.pages, addresses_of(space), self.report):
            with self._noting(source):
                page = self.pages[source.id]
                self.pages[source.id] = rename_page(actor=self.actor, page=page, slug=source.slug)

    @contextmanager
    def _noting(self, source: BundlePage) -> Iterator[None]:
        """A refusal is the page's problem; the others are still looked at."""
        with noting(self.report, source), transaction.atomic():
            yield

    def _write(self, space: Space, source: BundlePage) -> None:
        if source.parent_id is not None and source.parent_id not in self.pages:
            return  # the page above has the problem
        there, title = self.pages.get(source.id), self.writer.title(source)
        if there is None:
            above = self.pages[source.parent_id] if source.parent_id else None
            self.pages[source.id] = self.writer.create(space, source, title, above)
            details: tuple[str, ...] = ()
        else:
            details = self.writer.change(source, there, title)
        self._note_home(source, there, details)
        change = "created" if there is None or self.is_new else "updated" if details else "unchanged"
        self.report.rows.append(Row(source.id, title, change, source.source, details=details))

    def _note_home(self, source: BundlePage, there: Page | None, details: tuple[str, ...]) -> None:
        if there is not None and there.is_home and not self.is_new and {"text", "title"} & set(details):
            self.report.home_replaced = True

    def _attach_all(self) -> None:
        by_id = {source.id: source for source in self.bundle.pages}
        rows = Attachment._base_manager.filter(
            page__in=[page.pk for page in self.pages.values()], removed_at=None
        )
        there = {(page, name): sha for page, name, sha in rows.values_list("page", "name", "blob__sha256")}
        for file in self.bundle.files:
            page = self.pages.get(file.page_id)
            if there.get((page.pk if page else 0, file.name)) != file.sha256:
                with self._noting(by_id[file.page_id]):
                    self._attach(by_id[file.page_id], page, file)
            self._step()

    def _attach(self, source: BundlePage, page: Page | None, file: BundleFile) -> None:
        data = file.read() if file.size <= LARGEST_ATTACHMENT else b""
        refusal, renamed = _unfit(file, data)
        if refusal and (self.bundle.foreign or renamed):
            self.report.warn(source, f"The attachment “{file.name}” is left out. {refusal}")
        elif refusal:
            raise Invalid(f"The attachment “{file.name}” cannot be kept. {refusal}")
        else:
            if page and not self.dry_run:  # bytes on a disk do not roll back
                attach(actor=self.actor, page=page, name=file.name, data=data, at=self.at)
            self.report.attachments += 1

    def _arrange(self, space: Space) -> set[str]:
        if self.report.problems:
            return set()
        home = Page._base_manager.get(space=space, depth=1)
        moved = arrange(self.actor, self.bundle.pages, self.pages, home)
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


def _unfit(file: BundleFile, data: bytes) -> tuple[str, bool]:
    """Why a file cannot stand beside a page, or ""; and whether only its name is why."""
    if file.size > LARGEST_ATTACHMENT:
        return f"It is larger than {LARGEST_ATTACHMENT // 2**20} MB.", False
    try:
        name = cleaned_name(file.name)
        type_of(name, data)
    except (Invalid, ValueError) as refusal:
        return str(refusal), False
    if not data:
        return "It is empty.", False
    if name == file.name:
        return "", False
    return f"Its name would become “{name}”: call it so, and in the text too.", True
