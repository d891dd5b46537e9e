"""Finding pages: by address, by permanent id, in their tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import NotFound
from apps.core.policies import PolicyQuerySet
from apps.wiki.models import Page, Redirect, Space
from apps.wiki.text.naming import page_key
from apps.wiki.vocabulary import HOME, PageState


def spaces(user: Any) -> PolicyQuerySet[Space]:
    return Space.objects.visible_to(user).select_related("owner")


def space_at(user: Any, slug: str) -> Space:
    found = spaces(user).filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such space, or it is not shown to you.")
    return found


def pages(user: Any) -> PolicyQuerySet[Page]:
    """Every page that `user` may see, archived ones too, with what pages and lists show of it."""
    joined = ("space", "owner", "revision__author", "verifier", "verifier_team")
    return Page.objects.visible_to(user).select_related(*joined).defer("search_vector")


def page_at(user: Any, space: str, slug: str = HOME) -> Page:
    """The page at an address, or where an old address leads; compare `page.slug` to learn which.

    A page may be visible where its space is not (a grant on that page alone). NotFound otherwise.
    """
    key = page_key(slug)
    found = pages(user).filter(space__slug=space, slug=key).first()
    if found is None:
        old = Redirect._base_manager.filter(space__slug=space, slug=key).values("page")
        found = pages(user).filter(pk__in=old).first()
    if found is None:
        raise NotFound("There is no such page, or it is not shown to you.")
    return found


def page_by_uid(user: Any, uid: str) -> Page:
    found = pages(user).filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such page, or it is not shown to you.")
    return found


@dataclass(slots=True)
class Branch:
    """A page in the tree with what stands below it."""

    page: Page
    children: list[Branch] = field(default_factory=list)


def tree(user: Any, space: Space) -> list[Branch]:
    """The current pages of a space that `user` sees, nested, in order; one statement.

    A page below one that is hidden from the user stands below the nearest page that is not.
    """
    top: list[Branch] = []
    above: list[Branch] = []
    rows = Page.objects.visible_to(user).filter(space=space, state=PageState.CURRENT).order_by("path")
    for page in rows.select_related("space").defer("search_vector"):
        branch = Branch(page)
        while above and not page.path.startswith(above[-1].page.path):
            above.pop()
        (above[-1].children if above else top).append(branch)
        above.append(branch)
    return top


def ancestors(user: Any, page: Page) -> list[Page]:
    """The visible pages above a page, from the home page down."""
    paths = [page.path[:end] for end in range(Page.steplen, len(page.path), Page.steplen)]
    return list(Page.objects.visible_to(user).filter(path__in=paths).select_related("space").order_by("path"))


def below(user: Any, page: Page) -> PolicyQuerySet[Page]:
    """The current pages below a page that `user` sees, the page itself excepted, in order."""
    rows = Page.objects.visible_to(user).filter(path__startswith=page.path, state=PageState.CURRENT)
    return rows.exclude(pk=page.pk).select_related("space").order_by("path")
