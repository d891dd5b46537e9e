"""What somebody may have meant who mistyped: the nearest words of the titles and headings that they see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.db.models import F
from rapidfuzz import fuzz, process

from apps.core.policies import PolicyQuerySet
from apps.core.text_search import asked, folded, words
from apps.wiki.models import Page
from apps.wiki.queries.search import matching_pages
from apps.wiki.vocabulary import PageState

FEW = 3  # results; spelling help is for searches that found fewer
NEAR = 75  # of 100
SHORTEST = 3
MOST_TITLES = 20_000
MOST_HEADED = 2_000  # pages whose headings are read
_WORD = re.compile(r"[^\W_]+")


def did_you_mean(rows: PolicyQuerySet[Page], text: str) -> str:
    """`text` with each unknown word replaced by the nearest known one; "" where that finds no more than it did.

    `rows` are the pages that the reader sees: no word of another one is offered.
    """
    known = vocabulary(rows)
    wanted = words(text)
    better = [_nearest(word, known) for word in wanted]
    if better == wanted or asked(text).without:
        return ""
    suggestion = " ".join(known.get(word, word) for word in better)
    return suggestion if _finds_more(rows, suggestion, text) else ""


def vocabulary(rows: PolicyQuerySet[Page]) -> dict[str, str]:
    """Folded words of titles and headings, each with how it is written (in lower case)."""
    current = rows.filter(state=PageState.CURRENT).order_by("-updated_at", "-id")
    titles = current.values_list("title", flat=True)[:MOST_TITLES]
    headings = current.annotate(outline=F("revision__rendering__outline")).values_list("outline", flat=True)
    texts = {*titles, *_headings(headings[:MOST_HEADED])}
    written = {word for text in texts for word in _WORD.findall(text.lower()) if len(word) >= SHORTEST}
    return {plain: word for word in sorted(written) if len(plain := folded(word)) >= SHORTEST}


def _headings(outlines: Iterable[list[tuple[int, str, str]] | None]) -> Iterator[str]:
    for outline in outlines:
        for _, _, title in outline or ():
            yield title


def _nearest(word: str, known: dict[str, str]) -> str:
    if len(word) < SHORTEST or word in known:
        return word
    found = process.extractOne(word, known.keys(), scorer=fuzz.ratio, score_cutoff=NEAR)
    return found[0] if found else word


def _finds_more(rows: PolicyQuerySet[Page], suggestion: str, text: str) -> bool:
    found = matching_pages(rows, suggestion).order_by()[: FEW + 1].count()
    return bool(found > matching_pages(rows, text).order_by()[:FEW].count())
