"""What follows from a text: its rendering, the links it holds, what search knows of it. Called by whoever saves."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from apps.catalog.models import Entity
from apps.core.text_search import spelled
from apps.wiki.models import Link, Page, Revision
from apps.wiki.queries.links import entities_written, pages_written
from apps.wiki.queries.reading import keep_rendering
from apps.wiki.text.naming import link_key
from apps.wiki.text.rendering import Rendered, render
from apps.wiki.vocabulary import LinkKind

# Bytes of folded words. PostgreSQL's vector ends at 1 MB, and folding may triple a text (Korean for one).
MOST_BODY = 250_000
MOST_HEADINGS = 50_000


def index_page(page: Page, revision: Revision) -> Rendered:
    """Renders the revision and writes everything that is derived from it onto the page."""
    rendered = render(revision.text)
    keep_rendering(revision, rendered)
    page.lead, page.words = rendered.lead, rendered.words
    page.save(update_fields=["lead", "words"])
    write_links(page, rendered)
    write_search(page, rendered)
    return rendered


def write_links(page: Page, rendered: Rendered) -> None:
    """Replaces the page's links and embeds by those of its text; what it documents stays."""
    Link._base_manager.filter(source=page).exclude(kind=LinkKind.ABOUT).delete()
    meant = pages_written(page.space, rendered.page_links)
    links = [_page_link(page, written, meant.get(written)) for written in rendered.page_links]
    Link._base_manager.bulk_create(links + _entity_links(page, LinkKind.EMBED, rendered.entity_refs))


def write_about(page: Page, refs: Iterable[str]) -> None:
    """Replaces what the page says it documents."""
    Link._base_manager.filter(source=page, kind=LinkKind.ABOUT).delete()
    Link._base_manager.bulk_create(_entity_links(page, LinkKind.ABOUT, refs))


def _page_link(page: Page, written: str, target: Page | None) -> Link:
    space, key = link_key(written)
    return Link(
        source=page,
        kind=LinkKind.PAGE,
        written=written[:400],
        wanted_space=space,
        wanted_key=key,
        target=target,
    )


def _entity_links(page: Page, kind: str, refs: Iterable[str]) -> list[Link]:
    wanted = list(dict.fromkeys(ref[:400] for ref in refs))
    found = entities_written(wanted, Entity._base_manager.all())
    return [
        Link(source=page, kind=kind, written=ref, wanted_key=ref.lower(), entity=found.get(ref.lower()))
        for ref in wanted
    ]


def write_search(page: Page, rendered: Rendered) -> None:
    """Title weighs most (A), then headings and tags (B), then the text (C in English forms, D as written)."""
    title = spelled(page.title)
    headings = _cut(" ".join([*page.tags, *(heading.title for heading in rendered.outline)]), MOST_HEADINGS)
    body = _cut(rendered.plain, MOST_BODY)
    vector = (
        SearchVector(Value(title), weight="A", config="simple")
        + SearchVector(Value(title), weight="A", config="english")
        + SearchVector(Value(headings), weight="B", config="simple")
        + SearchVector(Value(headings), weight="B", config="english")
        + SearchVector(Value(body), weight="C", config="english")
        + SearchVector(Value(body), weight="D", config="simple")
    )
    Page._base_manager.filter(pk=page.pk).update(search_vector=vector)


def _cut(text: str, most: int) -> str:
    """The words of the text's beginning, within so many bytes."""
    return spelled(text[:most]).encode()[:most].decode(errors="ignore")
