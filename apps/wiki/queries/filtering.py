"""Narrowing lists of pages, one meaning of each filter for REST and GraphQL; and which entities a page documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from apps.catalog.models import Entity
from apps.core.text_search import text_query
from apps.wiki.models import Link, Page
from apps.wiki.queries.freshness import freshness_is
from apps.wiki.vocabulary import LinkKind, PageState


@dataclass(frozen=True, slots=True)
class PageFilter:
    """What a list is narrowed to; empty fields do not narrow, but for archived pages, which must be asked for.

    `space` is a slug, `parent` the permanent id of the page right above, `tag` demands all that it names.
    """

    space: str = ""
    parent: str = ""
    template: str = ""
    tag: tuple[str, ...] = ()
    state: str = PageState.CURRENT
    freshness: str = ""
    q: str = ""


def filter_pages(rows: Any, wanted: PageFilter, user: Any) -> Any:
    """`rows` are narrowed to what `user` sees by whoever shows them; a hidden `parent` has no children here."""
    rows = rows.filter(state=wanted.state)
    if wanted.space:
        rows = rows.filter(space__slug=wanted.space)
    if wanted.template:
        rows = rows.filter(template=wanted.template)
    if wanted.tag:
        rows = rows.filter(tags__contains=list(wanted.tag))
    if wanted.freshness:
        rows = rows.filter(freshness_is(wanted.freshness))
    if wanted.parent:
        rows = _children(rows, wanted.parent, user)
    return _with_words(rows, wanted.q) if wanted.q else rows


def _children(rows: Any, uid: str, user: Any) -> Any:
    above = Page.objects.visible_to(user).filter(uid=uid).values_list("path", flat=True).first()
    if above is None:
        return rows.none()
    return rows.filter(path__startswith=above, depth=len(above) // Page.steplen + 1)


def _with_words(rows: Any, text: str) -> Any:
    query = text_query(text)
    return rows.filter(search_vector=query) if query is not None else rows.none()


def pages_documenting(rows: Any, entity: Entity) -> Any:
    """Current pages of `rows` whose frame says that they document `entity`."""
    links = Link._base_manager.filter(kind=LinkKind.ABOUT, entity=entity).values("source")
    return rows.filter(pk__in=links, state=PageState.CURRENT)


def documented(user: Any, page: Page) -> QuerySet[Entity]:
    """The entities that a page documents, as far as `user` sees them."""
    links = Link._base_manager.filter(source=page, kind=LinkKind.ABOUT).order_by().values("entity")
    return Entity.objects.visible_to(user).filter(pk__in=links).order_by("name", "id")
