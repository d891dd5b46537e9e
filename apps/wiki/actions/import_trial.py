"""What an import would do, by reading only: nobody waits for a dry run. Also what the import itself checks first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.core.errors import Conflict, PortalError
from apps.core.policies import require
from apps.wiki.actions.import_order import cannot_move, staying_of
from apps.wiki.actions.import_pages import PageWriter
from apps.wiki.actions.import_report import Report, Row, noting
from apps.wiki.actions.revisions import checked_page_text
from apps.wiki.models import Page, Space
from apps.wiki.text.bundle import Bundle, BundlePage
from apps.wiki.text.naming import page_key
from apps.wiki.vocabulary import DEEPEST, HOME

TOO_DEEP = Conflict(f"A space has at most {DEEPEST} levels of pages.", next_step="Put it further up.")
NOT_YOURS = Conflict(
    "Some page below this one is not yours to move.",
    next_step="Ask its owner team, or move the pages that you may change one by one.",
)


def addresses_of(space: Space) -> dict[str, str]:
    """The id of the page at each address of a space."""
    return dict(Page._base_manager.filter(space=space).order_by().values_list("slug", "uid"))


def levels_of(sources: Iterable[BundlePage]) -> dict[str, int]:
    """How deep each page will stand; the home page is the first level. Parents come first."""
    levels: dict[str, int] = {}
    for source in sources:
        is_home = source.parent_id is None and source.slug == HOME
        levels[source.id] = 1 if is_home else levels.get(source.parent_id or "", 1) + 1
    return levels


def refuse_too_deep(sources: Sequence[BundlePage], report: Report) -> None:
    """Files that would stand deeper than a tree may be."""
    levels = levels_of(sources)
    for source in sources:
        if levels[source.id] > DEEPEST:
            depth = (
                f"It stands {levels[source.id]} levels deep; a space has at most {DEEPEST} levels of pages."
            )
            report.refuse(source, f"{depth} Put it further up.")


def free_addresses(
    sources: Iterable[BundlePage], pages: Mapping[str, Page], taken: dict[str, str], report: Report
) -> Iterator[BundlePage]:
    """Pages that get another address, each as soon as that is free, so that what is new may take what is left.

    `taken` is kept up to date on the way; those whose address stays taken are refused.
    """
    waiting = [source for source in sources if _gets_another(source, pages.get(source.id))]
    while waiting:
        left = []
        for source in waiting:
            if page_key(source.slug) in taken:
                left.append(source)
                continue
            taken.pop(pages[source.id].slug, None)
            taken[page_key(source.slug)] = source.id
            yield source
        if len(left) == len(waiting):
            break
        waiting = left
    for source in waiting:
        sentence = f"The address “{source.slug}” is that of another page. Change the slug, or rename that page first."
        report.refuse(source, sentence)


def _gets_another(source: BundlePage, page: Page | None) -> bool:
    return page is not None and not page.is_home and page.slug not in (source.slug, page_key(source.slug))


@dataclass(slots=True)
class Trial:
    """A dry run into a space that is there. `pages` are those of the wiki by the files' ids."""

    writer: PageWriter
    bundle: Bundle
    pages: dict[str, Page]
    step: Callable[[], None]

    @property
    def report(self) -> Report:
        return self.writer.report

    def look(self, space: Space) -> None:
        taken = addresses_of(space)
        for _ in free_addresses(self.bundle.pages, self.pages, taken, self.report):
            pass
        for source in self.bundle.pages:
            with noting(self.report, source):
                self._look_at(source, taken)
            self.step()
        if not self.report.problems:
            self._look_at_places(space)

    def _look_at(self, source: BundlePage, taken: dict[str, str]) -> None:
        page, title = self.pages.get(source.id), self.writer.title(source)
        details: tuple[str, ...] = ()
        if page is None:
            self._would_create(source, taken)
        else:
            change = self.writer.differences(source, page, title)
            details = change.words
            if change.narrowed:
                require(self.writer.actor, "administer", page)
            if page.is_home and (change.text or change.title):
                self.report.home_replaced = True
        word = "created" if page is None else "updated" if details else "unchanged"
        self.report.rows.append(Row(source.id, title, word, source.source, details=details))

    def _would_create(self, source: BundlePage, taken: dict[str, str]) -> None:
        checked_page_text(source.text)
        if taken.setdefault(page_key(source.slug), source.id) != source.id:
            raise Conflict(errors={"slug": ["Another page of this space has this address."]})
        self.writer.notes(source)

    def _look_at_places(self, space: Space) -> None:
        """What `import_order` would move: new pages stand behind those that are there, in the order of the files."""
        home = Page._base_manager.get(space=space, depth=1)
        moved: set[str] = set()
        for parent, wanted in self._wanted(home).items():
            moved |= self._moves(self.pages.get(parent) if parent else home, wanted)
        for row in self.report.rows:
            row.moved = row.id in moved and row.change != "created"
        self._check_moves(space, moved)

    def _wanted(self, home: Page) -> dict[str, list[str]]:
        """The children that the files want below each page, in their order; the home page is \"\"."""
        wanted: dict[str, list[str]] = {}
        for source in self.bundle.pages:
            page, above = self.pages.get(source.id), self.pages.get(source.parent_id or "")
            if page is not None and page.pk == home.pk:
                continue
            is_below_home = source.parent_id is None or (above is not None and above.pk == home.pk)
            wanted.setdefault("" if is_below_home else str(source.parent_id), []).append(source.id)
        return wanted

    def _moves(self, above: Page | None, wanted: Sequence[str]) -> set[str]:
        there = [uid for uid in wanted if above and uid in self.pages and self._stands_below(uid, above)]
        there.sort(key=lambda uid: self.pages[uid].path)
        new = [uid for uid in wanted if uid not in self.pages]
        return set(wanted) - staying_of(wanted, there + new)

    def _stands_below(self, uid: str, above: Page) -> bool:
        return self.pages[uid].path[: -Page.steplen] == above.path

    def _check_moves(self, space: Space, moved: set[str]) -> None:
        """Nobody moves what they may not change, not even along with something else; and nothing too deep."""
        by_path = {page.path: uid for uid, page in self.pages.items()}
        if not any(uid in moved for uid in by_path.values()):
            return
        rows = Page.objects.filter(space=space).order_by()
        paths = set(rows.values_list("path", flat=True))
        denied = paths - set(rows.allowed(self.writer.actor, "change").values_list("path", flat=True))
        held = {above for path in denied for above in _with_those_above(path)}
        levels = levels_of(self.bundle.pages)
        refused: dict[str, PortalError] = {}
        for path in paths:
            above = next((place for place in _with_those_above(path) if place in by_path), None)
            if above and levels[by_path[above]] + (len(path) - len(above)) // Page.steplen > DEEPEST:
                refused[by_path[above]] = TOO_DEEP
        refused |= {uid: NOT_YOURS for path, uid in by_path.items() if path in held and uid in moved}
        for source in self.bundle.pages:
            if source.id in refused:
                self.report.problems.append(cannot_move(source.source or source.slug, refused[source.id]))


def _with_those_above(path: str) -> Iterator[str]:
    """The page's own path and those of the pages above it, from below."""
    return (path[:length] for length in range(len(path), 0, -Page.steplen))
