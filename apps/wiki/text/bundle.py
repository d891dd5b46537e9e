"""A wiki space as files: what an export writes and an import reads.

The layout: `_space.yaml`; one Markdown file with YAML front matter per page, in folders as in the tree (`guide.md`, or
`guide/index.md` with its children beside it; `index.md` is the home page); `_attachments/<page>/<name>`. In a text,
`[[slug]]` and an attachment's plain name mean the same on both sides, so a text is written and read as it is.
A page is named after its slug; where no file system would take that name, it is `_<id>` and `slug` stands in the
front matter. A page too deep for a path begins again in `_deep/` and names its `parent`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

SPACE_FILE = "_space.yaml"
ATTACHMENTS = "_attachments"
DEEP = "_deep"
HOME = "index"

LARGEST_PAGE = 512 * 1024  # bytes of UTF-8
LARGEST_FRONT_MATTER = 64 * 1024
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_TOTAL = 500 * 1024 * 1024
LARGEST_TEXTS = 100 * 1024 * 1024  # all Markdown together; it is held in memory
MOST_ENTRIES = 20_000
MOST_PROBLEMS = 100
LONGEST_NAME = 150
LONGEST_PATH = 600  # bytes of a written path without the file's own name

SLUG = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
KNOWN = frozenset(
    {"id", "title", "slug", "parent", "position", "tags", "template", "visibility", "documents",
     "verify_every_days", "acknowledged_by", "files"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which file, and on which of its lines where that is known."""

    path: str
    sentence: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.path}, line {self.line}" if self.line else self.path
        return f"{place}: {self.sentence}" if place else self.sentence


class BundleError(Exception):
    """The files cannot be imported (or the pages not exported); `problems` says why, all that were found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Problems:
    """Collects, so that a person corrects all at once; gives up at `MOST_PROBLEMS`."""

    found: list[Problem] = field(default_factory=list)

    def add(self, path: str, sentence: str, line: int | None = None) -> None:
        self.found.append(Problem(path, sentence, line))
        if len(self.found) >= MOST_PROBLEMS:
            self.found.append(Problem("", "There may be more; these were enough to stop."))
            raise BundleError(self.found)

    def stop_if_any(self) -> None:
        if self.found:
            raise BundleError(self.found)


@dataclass(frozen=True, slots=True)
class BundleSpace:
    """`slug` is empty for files that come from elsewhere: whoever imports them says where to."""

    slug: str = ""
    title: str = ""
    description: str = ""
    verify_every_days: int | None = None
    visibility: str = ""


@dataclass(frozen=True, slots=True)
class BundlePage:
    """`parent_id` is None for the home page, or for the uppermost pages where there is no home page. `position`
    counts siblings; `extra` holds front matter that is not ours, as JSON values. `source` is the file it was read
    from, for messages."""

    id: str
    slug: str
    title: str
    parent_id: str | None = None
    position: int = 0
    tags: tuple[str, ...] = ()
    template: str = ""
    visibility: str = ""
    documents: tuple[str, ...] = ()
    verify_every_days: int | None = None
    acknowledged_by: str = ""
    text: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """An attachment. `read` gives its bytes when they are wanted; of a zip, only while its file is open."""

    page_id: str
    name: str
    sha256: str
    size: int
    read: Callable[[], bytes] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """Pages stand in the order of their tree, parents first. `foreign` files have no `_space.yaml`."""

    space: BundleSpace
    pages: tuple[BundlePage, ...] = ()
    files: tuple[BundleFile, ...] = ()
    warnings: tuple[Problem, ...] = ()
    foreign: bool = False


def in_tree_order(pages: Iterable[BundlePage], problems: Problems) -> tuple[BundlePage, ...]:
    """Parents before children, siblings by position and slug. A page whose parents lead back to itself is a
    problem."""
    waiting: dict[str | None, list[BundlePage]] = {}
    for page in pages:
        waiting.setdefault(page.parent_id, []).append(page)
    ordered: list[BundlePage] = []
    stack = _latest_first(waiting.pop(None, []))
    while stack:
        page = stack.pop()
        ordered.append(page)
        stack.extend(_latest_first(waiting.pop(page.id, [])))
    for page in (page for pages_left in waiting.values() for page in pages_left):
        problems.add(
            page.source or page.slug, "The page has no parent in these files, or stands below itself."
        )
    return tuple(ordered)


def _latest_first(pages: list[BundlePage]) -> list[BundlePage]:
    return sorted(pages, key=lambda page: (page.position, page.slug, page.id), reverse=True)
