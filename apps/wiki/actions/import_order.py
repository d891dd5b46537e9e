"""Puts the pages of an import into the order of their files, with as few moves as it takes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

from apps.core.errors import PortalError
from apps.wiki.actions.import_report import sentence_of
from apps.wiki.actions.placing import move_page
from apps.wiki.models import Page
from apps.wiki.text.bundle import BundleError, BundlePage, Problem

T = TypeVar("T", bound=Hashable)


def arrange(actor: Any, sources: Sequence[BundlePage], pages: dict[str, Page], home: Page) -> set[str]:
    """Moves pages below the parents that they have in the files, in that order; the ids of those that were moved.

    Sources stand parents first. Other pages stay where they are. Raises BundleError for a page that cannot move.
    """
    ids = {page.pk: uid for uid, page in pages.items()}
    files = {pages[source.id].pk: source.source or source.slug for source in sources}
    wanted: dict[int, list[int]] = {}
    for source in sources:
        page = pages[source.id]
        above = pages[source.parent_id] if source.parent_id else home
        if page.pk != home.pk:
            wanted.setdefault(above.pk, []).append(page.pk)
    moved: set[str] = set()
    paths = _paths([*ids, home.pk])
    for parent, children in wanted.items():
        here = [pk for pk in children if paths[pk][: -Page.steplen] == paths[parent]]
        here.sort(key=paths.__getitem__)
        if here != children:
            moved |= {ids[pk] for pk in _order(actor, parent, children, here, files)}
            paths = _paths([*ids, home.pk])
    return moved


def _paths(pks: list[int]) -> dict[int, str]:
    return dict(Page._base_manager.filter(pk__in=pks).order_by().values_list("pk", "path"))


def _order(actor: Any, above: int, wanted: list[int], here: list[int], files: dict[int, str]) -> list[int]:
    """Every page that is out of order goes to the right of the one before it; the longest run in order stays."""
    staying = staying_of(wanted, here)
    moves, before = [], None
    for pk in wanted:
        if pk not in staying:
            target, position = (
                (before, "right") if before else (here[0], "left") if here else (above, "last-child")
            )
            try:
                move_page(actor=actor, page=_page(pk), target=_page(target), position=position)
            except PortalError as error:
                raise BundleError([cannot_move(files[pk], error)]) from error
            moves.append(pk)
        before = pk
    return moves


def staying_of(wanted: Sequence[T], here: Sequence[T]) -> set[T]:
    """Those of `here` that need not move to come into the order `wanted`."""
    place = {pk: number for number, pk in enumerate(wanted)}
    return {wanted[number] for number in longest_rising([place[pk] for pk in here])}


def cannot_move(path: str, error: PortalError) -> Problem:
    return Problem(path, f"The page cannot move to its place in the files. {sentence_of(error)}")


def _page(pk: int) -> Page:
    return Page._base_manager.select_related("space").get(pk=pk)


def longest_rising(numbers: Sequence[int]) -> list[int]:
    """A longest subsequence in rising order (patience sorting); numbers are distinct."""
    ends: list[int] = []  # the smallest last number of a run of each length
    at: list[int] = []
    for number in numbers:
        length = bisect_left(ends, number)
        ends[length : length + 1] = [number]
        at.append(length)
    run, length = [], len(ends) - 1
    for number, reached in zip(reversed(numbers), reversed(at), strict=True):
        if reached == length:
            run.append(number)
            length -= 1
    return run[::-1]
