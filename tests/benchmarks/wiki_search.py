"""Searches and pages at 10,000 pages of 300 words: milliseconds of the search with its snippets and of the whole page,
statements, and what rights cost. The texts have few words, so that nearly every page has every common one."""

from __future__ import annotations

import statistics
from urllib.parse import urlencode

from apps.wiki.models import Page
from apps.wiki.queries.search import search_pages
from apps.wiki.queries.snippets import snippets
from tests.benchmarks.figures import Figure, paired_ratio, seconds
from tests.benchmarks.surfaces import Visitor, statements

READER = 6  # in five teams
ROUNDS = 40
QUICK = 100  # ms for a person who waits, asked for on the machine at hand
SEARCHES = {
    "a rare word": "topic0042",
    "a theme": "fraud",
    "a common word": "account",
    "two words": "fraud score",
    "a phrase": '"customer account"',
    "a beginning": "cla",
    "twelve words": "the of and for with daily weekly customer account region branch order",
    "a word left out": "fraud -score",
    "words in no page": "frawd detectorr",
}


def figures() -> list[Figure]:
    found = [_rights()]
    for name, text in SEARCHES.items():
        found += _search(name, text)
    return found + _page_view()


def _search(name: str, text: str) -> list[Figure]:
    visitor = Visitor.of(READER)
    address = f"/wiki/search/?{urlencode({'q': text})}"
    whole = _milliseconds(lambda: visitor.page(address))
    alone = _milliseconds(lambda: _found(visitor, text))
    count = len(statements(lambda: visitor.page(address)))
    remark = (
        f"p95 {alone[1]:.0f} ms; the whole page {whole[0]:.0f} ms, p95 {whole[1]:.0f} ms, {count} statements"
    )
    return [Figure(f"wiki search, {name}", alone[0], "ms", QUICK, remark)]


def _found(visitor: Visitor, text: str) -> None:
    found = search_pages(Page.objects.visible_to(visitor.fresh_user()), text, 30)
    snippets([page for page, _ in found], text)


def _rights() -> Figure:
    """A search of a reader's own pages against the same over everything."""
    visitor, text = Visitor.of(READER), "fraud"
    ratio, own, every = paired_ratio(
        lambda: search_pages(Page.objects.visible_to(visitor.fresh_user()), text, 50),
        lambda: (visitor.fresh_user(), search_pages(Page.objects.all(), text, 50)),
    )
    return Figure(
        "wiki search, with rights / without", ratio, "x", 2.0, f"{own:.0f} ms against {every:.0f} ms"
    )


def _page_view() -> list[Figure]:
    visitor = Visitor.of(READER)
    page = Page.objects.visible_to(visitor.fresh_user()).filter(depth=2).order_by("pk")[100]
    address = page.get_absolute_url()
    count = len(statements(lambda: visitor.page(address)))
    middle, late = _milliseconds(lambda: visitor.page(address))
    return [
        Figure("wiki page: statements", count, "statements"),
        Figure("wiki page", middle, "ms", None, f"p95 {late:.0f} ms, in a space of 200 pages"),
    ]


def _milliseconds(work: object) -> tuple[float, float]:
    """Median and 95th percentile, after one run that is not counted."""
    assert callable(work)
    work()
    times = [seconds(work) * 1000 for _ in range(ROUNDS)]
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]
