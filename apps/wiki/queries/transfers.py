"""A space as files, as somebody sees it; and the transfers that somebody asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet

from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.wiki.models import Attachment, Blob, Link, Page, Space, Transfer
from apps.wiki.queries.links import entities_written
from apps.wiki.queries.pages import Branch, tree
from apps.wiki.text.bundle import Bundle, BundleError, BundleFile, BundlePage, BundleSpace, Problem
from apps.wiki.vocabulary import LinkKind, PageState, Template

SHOWN = 20


def export_space(user: Any, space: Space) -> Bundle:
    """The current pages of a space that `user` sees, with their attachments; archived pages are left out.

    A page below one that is left out stands below the nearest page that is not. What a page documents is named as
    far as `user` sees it. Four statements, however many pages; attachments are read when they are written.
    """
    pages = list(_in_order(tree(user, space), None))
    found = {page.pk: page for page, _, _ in pages}
    texts = _texts(found)
    documents = documents_of(user, found)
    return Bundle(
        BundleSpace(
            space.slug, space.title, space.description, space.verify_every_days, str(space.visibility)
        ),
        tuple(
            _page(page, above, position, texts.get(page.pk, ""), documents.get(page.pk, ()))
            for page, above, position in pages
        ),
        tuple(_files(found)),
        tuple(_left_out(user, space)),
    )


def _in_order(branches: Iterable[Branch], above: str | None) -> Iterable[tuple[Page, str | None, int]]:
    """Pages with the id of the page above and their place among its children, parents first."""
    waiting = [(above, position, branch) for position, branch in enumerate(branches)][::-1]
    while waiting:
        parent, position, branch = waiting.pop()
        yield branch.page, parent, position
        below = [(branch.page.uid, place, child) for place, child in enumerate(branch.children)]
        waiting.extend(below[::-1])


def _texts(pages: Iterable[int]) -> dict[int, str]:
    rows = Page._base_manager.filter(pk__in=list(pages)).order_by()
    return dict(rows.values_list("pk", "revision__text"))


def documents_of(user: Any, pages: Iterable[int]) -> dict[int, list[str]]:
    """What each page says it documents: what `user` sees, and what names nothing in the catalog."""
    rows = Link._base_manager.filter(source__in=list(pages), kind=LinkKind.ABOUT).order_by("id")
    written = list(rows.values_list("source", "written"))
    refs = {ref for _, ref in written}
    there = set(entities_written(refs, Entity._base_manager.all()))
    seen = set(entities_written(refs, Entity.objects.visible_to(user)))
    found: dict[int, list[str]] = {}
    for source, ref in written:
        if ref.lower() in seen or ref.lower() not in there:
            found.setdefault(source, []).append(ref)
    return found


def _page(page: Page, above: str | None, position: int, text: str, documents: Iterable[str]) -> BundlePage:
    return BundlePage(
        id=page.uid,
        slug=page.slug,
        title=page.title,
        parent_id=above,
        position=position,
        tags=tuple(page.tags),
        template="" if page.template == Template.PAGE else page.template,
        visibility=page.narrowed,
        documents=tuple(documents),
        verify_every_days=page.verify_every_days,
        acknowledged_by=page.acknowledged_by,
        text=text,
        extra=page.extra,
    )


def _files(pages: dict[int, Page]) -> Iterable[BundleFile]:
    rows = Attachment._base_manager.filter(page__in=list(pages), removed_at=None).select_related("blob")
    for row in sorted(rows, key=lambda row: (pages[row.page_id].uid, row.name)):
        blob = row.blob
        yield BundleFile(
            pages[row.page_id].uid, row.name, blob.sha256, blob.size, partial(_bytes, row.name, blob)
        )


def _bytes(name: str, blob: Blob) -> bytes:
    try:
        with blob.file.open("rb") as file:
            return bytes(file.read())
    except FileNotFoundError as gone:
        sentence = "The attachment's bytes are not where they should be. Tell who runs the portal."
        raise BundleError([Problem(name, sentence)]) from gone


def _left_out(user: Any, space: Space) -> Iterable[Problem]:
    archived = Page.objects.visible_to(user).filter(space=space, state=PageState.ARCHIVED).count()
    if archived:
        yield Problem("", f"{archived} archived page{'s are' if archived > 1 else ' is'} left out.")


def transfers(user: Any, space: Space, kind: str) -> QuerySet[Transfer]:
    """Somebody's own latest imports into, or exports from, a space."""
    rows = Transfer.objects.visible_to(user).filter(space=space, kind=kind)
    return rows.select_related("space").order_by("-at", "-id")[:SHOWN]


def transfer_of(user: Any, pk: int) -> Transfer:
    rows = Transfer.objects.visible_to(user).select_related("space", "user")
    found = rows.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if found is None:
        raise NotFound("There is no such import or export, or somebody else asked for it.")
    return found
