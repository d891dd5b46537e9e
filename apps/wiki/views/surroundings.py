"""What stands around a page's text: the way to it, the tree of its space, the pages before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.core.policies import require
from apps.wiki.models import Page, Space
from apps.wiki.queries.pages import Branch, ancestors, page_by_uid, tree
from apps.wiki.vocabulary import PageState

MOST_SENT = (
    400  # pages of a tree that are sent whole; of a larger one, the branches beside the reader's way are not
)
OPEN_LEVELS = 1  # levels of pages that are unfolded at first, the home page not counted

Crumb = tuple[str, str]
FORM = ["GET", "HEAD", "POST"]  # of a page that shows a form and takes it


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree. `closes` says how many levels end after it; a `cut` one has pages below that are not sent."""

    page: Page
    level: int
    opens: bool = False
    unfolded: bool = False
    here: bool = False
    cut: bool = False
    closes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`way` is the pages above this one that the reader sees, from the home page down."""

    nodes: list[Node] = field(default_factory=list)
    way: list[Page] = field(default_factory=list)
    before: Page | None = None
    after: Page | None = None

    @property
    def home(self) -> Page | None:
        """The space's first page, where the reader sees it."""
        return self.nodes[0].page if self.nodes and self.nodes[0].page.is_home else None


def surroundings(user: Any, page: Page) -> Surroundings:
    """One statement; one more for an archived page, which stands in no tree."""
    branches = tree(user, page.space)
    order = [branch.page for branch in _walk(branches)]
    if page.state == PageState.CURRENT:
        way = [above for above in order if above.pk != page.pk and page.path.startswith(above.path)]
    else:
        way = ancestors(user, page)
    at = next((number for number, each in enumerate(order) if each.pk == page.pk), None)
    return Surroundings(
        nodes=_closed(list(_nodes(branches, page, whole=len(order) <= MOST_SENT))),
        way=way,
        before=order[at - 1] if at else None,
        after=order[at + 1] if at is not None and at + 1 < len(order) else None,
    )


def load(request: HttpRequest, uid: str, ability: str = "change") -> Page:
    """The page that a view is about, for those who may do this to it."""
    page = page_by_uid(request.user, uid)
    require(request.user, ability, page)
    return page


def frame(request: HttpRequest, page: Page, *last: Crumb | str) -> dict[str, Any]:
    """What every page around a page shows: itself, and the way to it."""
    way = surroundings(request.user, page).way
    return {"page": page, "space": page.space, "crumbs": crumbs(way, page, *last)}


def crumbs(way: Iterable[Page], page: Page, *last: Crumb | str) -> list[Crumb]:
    """From the wiki down to the page; `last` are what stands below it (its history, say), the end without address."""
    found = [("Wiki", reverse("wiki:home"))]
    found += [(name_in_tree(above), above.get_absolute_url()) for above in way]
    found.append((name_in_tree(page), page.get_absolute_url() if last else ""))
    return found + [(each, "") if isinstance(each, str) else each for each in last]


def name_in_tree(page: Page) -> str:
    """A home page goes by the name of its space."""
    return page.space.title if page.is_home else page.title


def space_crumbs(space: Space, last: str) -> list[Crumb]:
    return [("Wiki", reverse("wiki:home")), (space.title, space.get_absolute_url()), (last, "")]


def _walk(branches: Iterable[Branch]) -> Iterator[Branch]:
    for branch in branches:
        yield branch
        yield from _walk(branch.children)


def _nodes(branches: list[Branch], page: Page, *, whole: bool, level: int = 0) -> Iterator[Node]:
    for branch in branches:
        on_way = page.path.startswith(branch.page.path)
        sent = whole or on_way or level < OPEN_LEVELS
        yield Node(
            branch.page,
            level,
            opens=bool(branch.children) and sent,
            unfolded=on_way or level < OPEN_LEVELS,
            here=branch.page.pk == page.pk,
            cut=bool(branch.children) and not sent,
        )
        if sent:
            yield from _nodes(branch.children, page, whole=whole, level=level + 1)


def _closed(nodes: list[Node]) -> list[Node]:
    """Each node with as many ends as there are levels between it and the next one."""
    levels = [node.level for node in nodes[1:]] + [0]
    return [
        node if node.opens else replace(node, closes=tuple(range(node.level - after)))
        for node, after in zip(nodes, levels, strict=False)
    ]
