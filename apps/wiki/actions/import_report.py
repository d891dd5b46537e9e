"""What an import did, or would do, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from apps.core.errors import PortalError
from apps.wiki.text.bundle import BundlePage, Problem


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
    home_replaced: bool = False  # a page that was there, the space's first, gets another title or text
    pages: list[int] = field(default_factory=list)  # of an export: what it holds
    _said: set[Problem] = field(default_factory=set)

    def warn(self, source: BundlePage, sentence: str) -> None:
        """Something about a page that is no reason to refuse it; the same twice is said once."""
        problem = Problem(source.source or source.slug, sentence)
        if problem not in self._said:
            self._said.add(problem)
            self.warnings.append(problem)

    def refuse(self, source: BundlePage, sentence: str) -> None:
        self.problems.append(Problem(source.source or source.slug, sentence))

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


@contextmanager
def noting(report: Report, source: BundlePage) -> Iterator[None]:
    """A refusal is the page's problem; the others are still looked at."""
    try:
        yield
    except PortalError as error:
        report.refuse(source, sentence_of(error))


def sentence_of(error: PortalError) -> str:
    return f"{error.detail} {error.next_step}".strip()
