"""What the wiki's search and the wiki's knowledge of entities offer to the other rooms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from apps.catalog.models import Entity
from apps.core.plugs import DemandSignal, FactSource, Hit, Item, Panel, Searchable
from apps.core.plugs import register as register_plugs
from apps.core.policies import can
from apps.wiki.models import Page
from apps.wiki.queries.demand import searched_in_vain
from apps.wiki.queries.documentation import FACTS, facts, pages_about
from apps.wiki.queries.search import search_pages
from apps.wiki.queries.snippets import excerpts

PANEL_ROWS = 8
MOST_SIGNALS = 50


def register() -> None:
    """Called by the wiki's `plugs.register_all`."""
    register_plugs(
        Searchable("pages", "Wiki", Page, _hits, order=20),
        FactSource("wiki.documentation", Entity, FACTS, facts),
        DemandSignal("wiki.fruitless", "Searches that found nothing", _signals),
        Panel("wiki.documentation", "Documentation", Entity, "wiki/documentation.html", _about, order=30),
    )


def _hits(rows: Any, query: str, limit: int) -> Iterator[Hit]:
    """Snippets are plain text here: what shows them escapes them."""
    found = search_pages(rows, query, limit)
    texts = excerpts((page for page, _ in found), query)
    spaces = _named_spaces(rows, {page.space_id for page, _ in found})
    for page, score in found:
        yield Hit(
            title=page.title,
            url=page.get_absolute_url(),
            kind=spaces.get(page.space_id, "Wiki"),
            snippet=texts[page.pk],
            score=score,
            icon="book-open",
        )


def _named_spaces(rows: Any, wanted: set[int]) -> dict[int, str]:
    """Titles of the spaces whose home page is among `rows`: a page may be seen where its space is not."""
    homes = rows.filter(space__in=wanted, depth=1).order_by()
    return dict(homes.values_list("space", "space__title")) if wanted else {}


def _signals(user: Any) -> Iterator[Item]:
    for row in searched_in_vain(user)[:MOST_SIGNALS]:
        yield Item(
            title=row["words"],
            url=f"{reverse('wiki:search')}?{urlencode({'q': row['words']})}",
            remark=f"{row['people']} people, {row['searches']} searches, last on {row['last']:%d %B %Y}",
            icon="search-x",
        )


def _about(user: Any, entity: Entity) -> dict[str, Any] | None:
    """Pages that the reader sees; to whoever may change an entity without any, where to begin."""
    rows = list(pages_about(user, entity)[: PANEL_ROWS + 1])
    if not rows and not can(user, "change", entity):
        return None
    more = f"{reverse('wiki:search')}?{urlencode({'q': str(entity)})}"
    return {"rows": rows[:PANEL_ROWS], "more": len(rows) > PANEL_ROWS, "url": more}
