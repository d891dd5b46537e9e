"""Finding pages by what they say: PostgreSQL finds candidates, likeness and truth rank them.

Every function starts from rows that were narrowed to what the reader may see; nothing here, spelling help and counts
included, looks at others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, CharField, Count, F, IntegerField, Q, Value, When
from django.utils import timezone
from rapidfuzz import fuzz

from apps.core.policies import PolicyQuerySet
from apps.core.text_search import asked, folded, text_query
from apps.wiki.models import Page
from apps.wiki.vocabulary import DUE_BEFORE, Freshness, PageState, page_key

MOST_RANKED = 300  # of more matches, those that have the words in their title, then the last changed
BEST = 60
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


def freshness_is(state: str) -> Q:
    """The pages of which `Page.freshness` says this now; none for an unknown word."""
    now = timezone.now()
    return {
        Freshness.UNVERIFIED.value: Q(verified_until=None),
        Freshness.EXPIRED.value: Q(verified_until__lte=now),
        Freshness.DUE.value: Q(verified_until__gt=now, verified_until__lte=now + DUE_BEFORE),
        Freshness.VERIFIED.value: Q(verified_until__gt=now + DUE_BEFORE),
    }.get(state, Q(pk__in=[]))


def matching_pages(rows: PolicyQuerySet[Page], text: str) -> PolicyQuerySet[Page]:
    """Current pages of `rows` that have every word and phrase of `text`; none where it has no word."""
    query = text_query(text)
    current = rows.filter(state=PageState.CURRENT)
    return current.none() if query is None else current.filter(search_vector=query)


def search_pages(rows: PolicyQuerySet[Page], text: str, limit: int) -> list[tuple[Page, float]]:
    """The best `limit` current pages among `rows` with a score of 0 to 1: titles first, expired ones sink.

    Knows phrases in quotation marks, `-word`, and the last word as a beginning; two statements never become more.
    """
    query = text_query(text)
    if query is None:
        return []
    wanted = " ".join(asked(text).wanted)
    scored = [(page, _score(page, wanted)) for page in _candidates(matching_pages(rows, text), query, text)]
    scored.sort(key=lambda pair: (-pair[1], pair[0].pk))
    return scored[:limit]


def _candidates(matches: PolicyQuerySet[Page], query: SearchQuery, text: str) -> list[Any]:
    """The rank is computed for few: reading a page's vector costs more than finding it by the index."""
    some = matches.annotate(titled=_titled(text)).order_by("-titled", "-updated_at", "-id")
    ranked = Page._base_manager.filter(pk__in=some.values("pk")[:MOST_RANKED])
    rows = ranked.annotate(rank=SearchRank(F("search_vector"), query)).select_related("space", "owner")
    return list(rows.defer("search_vector", "extra").order_by("-rank", "id")[:BEST])


def _titled(text: str) -> Case:
    """2 where the title is what was typed, 1 where it has every word: told by its key, without reading the vector."""
    typed = [page_key(part) for part in text.split()[:12]]
    every = Q()
    for spelling in filter(None, typed):
        every &= Q(title_key__contains=spelling) | Q(title_key__contains=folded(spelling).replace(" ", "-"))
    exact = Q(title_key__in=[page_key(text), page_key(folded(text))])
    return Case(
        When(exact, then=Value(2)),
        When(every, then=Value(1)) if every else When(pk__in=[], then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )


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
    """How many matches stand in each space (by slug), template and freshness."""

    space: dict[tuple[str, str], int]
    template: dict[str, int]
    state: dict[str, int]


def tally(matches: PolicyQuerySet[Page], narrowed: Narrowed) -> Tally:
    """Counts of what could be chosen: each as the other choices leave it; one statement."""
    state = Case(
        *(When(freshness_is(name), then=Value(name)) for name in Freshness.values), output_field=CharField()
    )
    groups = matches.order_by().annotate(now=state)
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
    return Tally(dict(spaces), dict(templates), dict(states))


def finds_nothing(rows: PolicyQuerySet[Page], text: str) -> bool:
    return not matching_pages(rows, text).exists()
