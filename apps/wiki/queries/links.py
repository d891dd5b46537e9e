"""From what is written to what is meant, and back: who links here, what is broken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Collate, Lower

from apps.catalog.models import Entity
from apps.core.policies import PolicyQuerySet
from apps.wiki.models import Link, Page, Redirect, Space
from apps.wiki.text.naming import link_key
from apps.wiki.vocabulary import LinkKind, PageState


def pages_written(space: Space, written: Iterable[str]) -> dict[str, Page]:
    """The page that each `[[written]]` means on a page of `space`: by address, by title, by an old address.

    Knows no reader: who shows the answer narrows it to what the reader sees. Two statements for any number.
    """
    keys = {text: (named or space.slug, key) for text in written for named, key in [link_key(text)] if key}
    if not keys:
        return {}
    wanted = set(keys.values())
    found = _by_address_or_title(wanted)
    found = _by_old_address(wanted - set(found)) | found
    return {text: found[place] for text, place in keys.items() if place in found}


Place = tuple[str, str]  # a space's slug and a page's key


def _by_address_or_title(wanted: set[Place]) -> dict[Place, Page]:
    keys = {key for _, key in wanted}
    rows = Page._base_manager.filter(space__slug__in={space for space, _ in wanted}).select_related("space")
    pages = list(rows.filter(Q(slug__in=keys) | Q(title_key__in=keys)).defer("search_vector").order_by("-pk"))
    by_title = {(page.space.slug, page.title_key): page for page in pages}
    by_address = {(page.space.slug, page.slug): page for page in pages}
    return {place: page for place, page in (by_title | by_address).items() if place in wanted}


def _by_old_address(wanted: set[Place]) -> dict[Place, Page]:
    if not wanted:
        return {}
    rows = Redirect._base_manager.filter(slug__in={key for _, key in wanted}).select_related(
        "space", "page__space"
    )
    return {(row.space.slug, row.slug): row.page for row in rows}


def entities_written(refs: Iterable[str], rows: QuerySet[Entity]) -> dict[str, Entity]:
    """Entities of `rows` by their reference in lower case; one statement."""
    names = {ref.rpartition("/")[2].lower() for ref in refs}
    if not names:
        return {}
    found = rows.annotate(lower_name=Collate(Lower("name"), "C")).filter(lower_name__in=names)
    by_ref = {row.ref.lower(): row for row in found}
    return {ref.lower(): by_ref[ref.lower()] for ref in refs if ref.lower() in by_ref}


def backlinks(user: Any, page: Page) -> PolicyQuerySet[Page]:
    """Pages that `user` sees and that link to `page`."""
    sources = Link._base_manager.filter(target=page).exclude(source=page).values("source")
    return (
        Page.objects.visible_to(user).filter(pk__in=sources, state=PageState.CURRENT).select_related("space")
    )


def broken_links(user: Any, space: Space) -> QuerySet[Link]:
    """Links of a space's current pages that lead nowhere for `user`; a page hidden from them counts as nowhere."""
    pages = Page.objects.visible_to(user).filter(space=space, state=PageState.CURRENT).order_by().values("pk")
    seen = Page.objects.visible_to(user).order_by().values("pk")
    rows = Link.objects.filter(source__in=pages, kind=LinkKind.PAGE)
    lost = Q(target=None) | ~Q(target__in=seen)
    return rows.filter(lost).select_related("source__space").order_by("source__path", "id")
