"""Names that a process keeps beside its book, because every question asks for them: environments, teams, tools.

They change the stamp as the book does (`migrations/0002`, `0003`). Of tools only those are kept that everybody sees: what
the policy shows to somebody who belongs to nothing, it shows to all. For the rest, and for what is newer, the database
is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind, reference
from apps.people.models import Team, User
from apps.people.standing import Standing
from apps.tooling.book import Book
from apps.tooling.models import Environment, Package

Name = tuple[str, str]  # ecosystem and canonical name


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the catalog that somebody sees."""

    ref: str
    pk: int


@dataclass(frozen=True, slots=True)
class Names:
    """`tools` stand by their reference in small letters; a package that not everybody sees is None."""

    book: Book
    environments: tuple[Environment, ...]
    teams: dict[int, Team]
    tools: dict[str, Tool]
    packages: dict[Name, Tool | None]


_kept: list[Names] = []


def names_beside(book: Book) -> Names:
    """The names as they were when the book was read, or later; no statement while the book stays the same."""
    found = _kept[0] if _kept else None
    if found is None or found.book is not book:
        found = _read(book)
        _kept[:] = [found]
    return found


def _read(book: Book) -> Names:
    tools = {tool.pk: tool for tool in _tools_for_all()}
    packages = Package._base_manager.values_list("ecosystem", "name", "tool")
    return Names(
        book,
        tuple(Environment._base_manager.order_by("position", "slug")),
        Team._base_manager.in_bulk(),
        {tool.ref.lower(): tool for tool in tools.values()},
        {(ecosystem, name): tools.get(pk) for ecosystem, name, pk in packages},
    )


def _tools_for_all() -> list[Tool]:
    rows = Entity.objects.visible_to(_stranger()).filter(kind=Kind.TOOL).order_by()
    return [Tool(reference(*row), pk) for pk, *row in rows.values_list("pk", "kind", "namespace", "name")]


def _stranger() -> User:
    """An active person whom no row names."""
    stranger = User(pk=0, is_active=True)
    stranger.__dict__["_standing"] = Standing()
    return stranger
