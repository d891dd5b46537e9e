"""Finding pages by what they say: PostgreSQL finds candidates, likeness and truth rank them.

Every function starts from rows that were narrowed to what the reader may see; nothing here, spelling help and counts
included, looks at others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Count, F, Q
from rapidfuzz import fuzz

from apps.core.policies import PolicyQuerySet
from apps.core.text_search import LONGEST_QUERY, MOST_WORDS, asked, folded, text_query
from apps.wiki.models import Page
from apps.wiki.queries.freshness import freshness_case, freshness_is
from apps.wiki.text.naming import page_key
from apps.wiki.vocabulary import Freshness, PageState

MOST_RANKED = 300  # of more matches, any: words that hundreds share do not tell pages apart, titles do
MOST_TITLED = 1_000
BEST = 60
MOST_COUNTED = 1_000
TRUTH: dict[str, float] = {Freshness.VERIFIED: 0.04, Freshness.DUE: 0.02, Freshness.EXPIRED: -0.2}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a search is narrowed to besides its words; empty ones narrow nothing."""

    space: str = ""
    template: str = ""
    state: str = ""
    tag: str = ""

    def of(self, rows: PolicyQuerySet[Page]) -> PolicyQuerySet[Page]:
        if self.space:
            rows = rows.filter(space__slug=self.space)
        if self.template:
            rows = rows.filter(template=self.template)
        if self.tag:
            rows = rows.filter(tags__contains=[self.tag])
        return rows.filter(freshness_is(self.state)) if self.state else rows


def matching_pages(rows: PolicyQuerySet[Page], text: str) -> PolicyQuerySet[Page]:
    """Current pages of `rows` that have every word and phrase of `text`; none where it has no word."""
    query = text_query(text)
    current = rows.filter(state=PageState.CURRENT)
    return current.none() if query is None else current.filter(search_vector=query)


def search_pages(rows: PolicyQuerySet[Page], text: str, limit: int) -> list[tuple[Page, float]]:
    """The best `limit` current pages among `rows` with a score of 0 to 1: titles first, expired ones sink.

    Knows phrases in quotation marks, `-word`, and the last word as a beginning. One or two statements.
    """
    query = text_query(text)
    if query is None:
        return []
    wanted = " ".join(asked(text).wanted)
    scored = [(page, _score(page, wanted)) for page in _candidates(rows, query, text)]
    scored.sort(key=lambda pair: (-pair[1], pair[0].pk))
    return scored[:limit]


def _candidates(rows: PolicyQuerySet[Page], query: SearchQuery, text: str) -> list[Any]:
    """Pages with the words in their titles; where those are not enough, also others. A page's vector costs more to
    read than to find by the index, so that few are ranked, and a common word reads no more of them than a rare one."""
    # PostgreSQL would read every vector before it looks at a title; the limit makes it begin with the titles
    titled = rows.filter(_titled(text), state=PageState.CURRENT).order_by().values("pk")[:MOST_TITLED]
    found = _best(Page.objects.filter(pk__in=titled, search_vector=query), query, BEST)
    if len(found) < BEST:
        others = matching_pages(rows, text).exclude(pk__in=[page.pk for page in found])
        found += _best(others, query, BEST - len(found))
    return found


def _best(matches: PolicyQuerySet[Page], query: SearchQuery, count: int) -> list[Any]:
    some = matches.order_by().values("pk")[:MOST_RANKED]
    ranked = Page._base_manager.filter(pk__in=some).annotate(rank=SearchRank(F("search_vector"), query))
    rows = ranked.select_related("space", "owner").defer("search_vector", "extra")
    return list(rows.order_by("-rank", "id")[:count])


def _titled(text: str) -> Q:
    """Titles that have every word, told by their key: reading keys is cheap where reading vectors is not."""
    every = Q()
    for part in text[:LONGEST_QUERY].split()[:MOST_WORDS]:
        if spellings := {page_key(part), page_key(folded(part))} - {""}:
            every &= reduce(or_, (Q(title_key__contains=spelling) for spelling in sorted(spellings)))
    return every or Q(pk__in=[])


def _score(page: Any, wanted: str) -> float:
    title = " ".join(folded(page.title).split())
    if title == wanted:
        fit = 0.95
    elif title.startswith(wanted):
        fit = 0.85
    else:
        fit = 0.5 * fuzz.WRatio(wanted, title) / 100 + 0.3 * min(1.0, float(page.rank))
    return round(min(1.0, max(0.0, fit + TRUTH.get(page.freshness(), 0.0))), 4)


def trails(rows: PolicyQuerySet[Page], found: Iterable[Page]) -> dict[int, list[str]]:
    """For each page the titles of the pages of `rows` above it, home pages left out; one statement."""
    above = {page.pk: _paths_above(page) for page in found}
    paths = {path for several in above.values() for path in several}
    titles = dict(rows.filter(path__in=paths, depth__gt=1).order_by().values_list("path", "title"))
    return {pk: [titles[path] for path in several if path in titles] for pk, several in above.items()}


def _paths_above(page: Page) -> list[str]:
    return [page.path[:end] for end in range(Page.steplen, len(page.path), Page.steplen)]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many matches stand in each space (by slug and title), template and freshness; `capped` where there are more."""

    space: dict[tuple[str, str], int]
    template: dict[str, int]
    state: dict[str, int]
    capped: bool = False


def tally(matches: PolicyQuerySet[Page], narrowed: Narrowed) -> Tally:
    """Counts of what could be chosen: each as the other choices leave it; one statement over `MOST_COUNTED` matches."""
    some = matches.order_by().values("pk")[:MOST_COUNTED]
    groups = Page._base_manager.filter(pk__in=some).order_by().annotate(now=freshness_case())
    rows = list(groups.values_list("space__slug", "space__title", "template", "now").annotate(Count("pk")))
    spaces: Counter[tuple[str, str]] = Counter()
    templates: Counter[str] = Counter()
    states: Counter[str] = Counter()
    for slug, title, template, now, count in rows:
        fits = {
            "space": narrowed.space in ("", slug),
            "template": narrowed.template in ("", template),
            "state": narrowed.state in ("", now),
        }
        spaces[slug, title] += count if fits["template"] and fits["state"] else 0
        templates[template] += count if fits["space"] and fits["state"] else 0
        states[now] += count if fits["space"] and fits["template"] else 0
    capped = sum(row[-1] for row in rows) == MOST_COUNTED
    return Tally(dict(spaces), dict(templates), dict(states), capped)
