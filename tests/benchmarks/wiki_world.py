"""A wiki of many pages in an empty, migrated database with a company in it: as rows, the same at every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tests.benchmarks.world import NOW, STAGES, THEMES, THINGS, WORDS

Row = dict[str, Any]
SPACES = 50
PAGE_WORDS = 300
RARE = 1_000  # distinct words of which each page has one
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
VECTORS = """
UPDATE wiki_page p SET revision_id = p.id, search_vector =
    setweight(to_tsvector('simple', translate(lower(p.title), '-', ' ')), 'A')
    || setweight(to_tsvector('english', translate(lower(p.title), '-', ' ')), 'A')
    || setweight(to_tsvector('simple', 'overview operation rollback'), 'B')
    || setweight(to_tsvector('english', r.plain), 'C') || setweight(to_tsvector('simple', r.plain), 'D')
FROM wiki_rendering r WHERE r.revision_id = p.id
"""


def fill_wiki(pages: int) -> None:
    """Spaces of teams, pages below their home pages (20% restricted, 15% of the unit), one revision each."""
    from django.db import connection

    from apps.wiki.models import Page, Rendering, Revision, Space
    from tests.benchmarks.copying import copy_rows

    copy_rows(Space, _spaces())
    copy_rows(Page, _pages(pages))
    texts = list(_texts(pages))
    copy_rows(Revision, _revisions(texts))
    copy_rows(Rendering, _renderings(texts))
    with connection.cursor() as cursor:
        cursor.execute(VECTORS)
        cursor.execute("VACUUM ANALYZE")


def _spaces() -> Iterator[Row]:
    for pk in range(1, SPACES + 1):
        yield {
            "id": pk,
            "slug": f"space-{pk}",
            "title": f"Space {pk}",
            "owner_id": pk,
            "visibility": "company",
        }


def _pages(pages: int) -> Iterator[Row]:
    """Page 1 to `SPACES` are the home pages; the rest stand one level below them, in turns."""
    dice = random.Random("pages")
    below = (pages - SPACES) // SPACES + 1
    for pk in range(1, pages + 1):
        home = pk <= SPACES
        space = 1 + (pk - 1) % SPACES
        title = f"Space {space}" if home else _title(dice, pk)
        slug = "index" if home else title.lower().replace(" ", "-")
        visibility = "company" if home else dice.choices(("company", "unit", "restricted"), (65, 15, 20))[0]
        yield {
            "id": pk, "path": _step(space) + ("" if home else _step((pk - 1) // SPACES)), "depth": 1 if home else 2,
            "numchild": below if home else 0, "owner_id": space, "visibility": visibility, "narrowed": "",
            "space_id": space, "uid": f"page-{pk:08}", "slug": slug, "title": title, "title_key": slug,
            "tags": [dice.choice(THEMES)], "words": PAGE_WORDS, "revision_id": None, "search_vector": None,
            "template": "runbook" if pk % 10 == 0 else "page", "updated_at": NOW,
        }  # fmt: skip


def _title(dice: random.Random, pk: int) -> str:
    return f"{dice.choice(THEMES).capitalize()} {dice.choice(THINGS)} {dice.choice(STAGES)} {pk}"


def _step(number: int) -> str:
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def _texts(pages: int) -> Iterator[str]:
    dice = random.Random("texts")
    choice = [*WORDS, *THEMES, *THINGS]
    for _ in range(pages):
        rare = f"topic{dice.randrange(RARE):04}"
        yield " ".join([*dice.choices(choice, k=PAGE_WORDS - 1), rare])


def _revisions(texts: list[str]) -> Iterator[Row]:
    for pk, text in enumerate(texts, 1):
        yield {
            "id": pk, "page_id": pk, "number": 1, "title": f"Page {pk}", "text": text, "sha256": f"{pk:064}",
            "author_id": 1, "base_id": None, "restored_id": None, "redacted_at": None, "at": NOW,
        }  # fmt: skip


def _renderings(texts: list[str]) -> Iterator[Row]:
    from apps.wiki.text.rendering import RENDERER

    outline = [[2, f"h-{name.lower()}", name] for name in ("Overview", "Operation", "Rollback")]
    names: dict[str, list[str]] = {"pages": [], "entities": [], "attachments": []}
    for pk, text in enumerate(texts, 1):
        yield {
            "revision_id": pk, "renderer": RENDERER, "html": f"<p>{text}</p>", "plain": text, "outline": outline,
            "names": names, "made_at": NOW,
        }  # fmt: skip
