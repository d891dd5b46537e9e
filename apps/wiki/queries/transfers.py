"""A space as files, as somebody sees it; and the transfers that somebody asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db.models import QuerySet

from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.wiki.models import Attachment, Blob, Link, Page, Space, Transfer
from apps.wiki.queries.pages import Branch, tree
from apps.wiki.text.bundle import Bundle, BundleError, BundleFile, BundlePage, BundleSpace, Problem
from apps.wiki.text.bundle_missing import missing_files, remark
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
    files = tuple(_files(found))
    return Bundle(
        BundleSpace(
            space.slug, space.title, space.description, space.verify_every_days, str(space.visibility)
        ),
        tuple(
            _page(page, above, position, texts.get(page.pk, ""), documents.get(page.pk, ()))
            for page, above, position in pages
        ),
        files,
        (*_left_out(user, space), *_dangling(found, texts, files)),
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
    """What each page says it documents, as far as `user` sees it: what is hidden and what is gone look the same."""
    seen = Entity.objects.visible_to(user).order_by().values("pk")
    rows = Link._base_manager.filter(source__in=list(pages), kind=LinkKind.ABOUT, entity__in=seen)
    found: dict[int, list[str]] = {}
    for link in rows.select_related("entity").order_by("id"):
        assert link.entity is not None
        found.setdefault(link.source_id, []).append(link.entity.ref)
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


def _dangling(
    pages: dict[int, Page], texts: dict[int, str], files: Iterable[BundleFile]
) -> Iterable[Problem]:
    """Files that the texts name and the pages do not have."""
    names: dict[str, set[str]] = {}
    for file in files:
        names.setdefault(file.page_id, set()).add(file.name)
    for pk, page in pages.items():
        for link in missing_files(texts.get(pk, ""), names.get(page.uid, ())):
            yield remark(page.slug, link, link.line)


def holds_only_what_is_seen(user: Any, transfer: Transfer) -> bool:
    """Whether the person still sees every page that an export holds; one that does not say is not known."""
    pages = set(transfer.report.get("pages") or [0])
    return Page.objects.visible_to(user).filter(pk__in=pages).order_by().count() == len(pages)


def transfers(user: Any, space: Space, kind: str) -> QuerySet[Transfer]:
    """Somebody's own latest imports into, or exports from, a space."""
    rows = Transfer.objects.visible_to(user).filter(space=space, kind=kind)
    return rows.select_related("space").order_by("-at", "-id")[:SHOWN]


def transfer_of(user: Any, pk: int) -> Transfer:
    rows = Transfer.objects.visible_to(user).select_related("space", "user")
    found = row_of(rows, pk)
    if found is None:
        raise NotFound("There is no such import or export, or somebody else asked for it.")
    return found
