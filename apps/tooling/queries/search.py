"""Requests and capabilities by words, for the portal's search."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import F

from apps.core.policies import PolicyQuerySet
from apps.core.text_search import folded, text_query, words
from apps.tooling.models import Capability, ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.requests import with_now

MOST_RANKED = 500  # of more matches, any
BEST = 1.0


def search_requests(
    rows: PolicyQuerySet[ExceptionRequest], text: str, limit: int
) -> list[tuple[ExceptionRequest, float]]:
    """The best `limit` of the requests that were sent, with `shown_state`, and a score of 0 to 1."""
    query = text_query(text)
    if query is None:
        return []
    some = rows.filter(search_vector=query).order_by().values("pk")[:MOST_RANKED]
    found: Any = with_now(ExceptionRequest.objects.filter(pk__in=some), clock.now())
    ranked = found.annotate(rank=SearchRank(F("search_vector"), query))
    best = ranked.select_related("tool", "team").defer("search_vector").order_by("-rank", "-id")[:limit]
    return [(row, min(float(row.rank), BEST)) for row in best]


def search_capabilities(
    rows: PolicyQuerySet[Capability], text: str, limit: int
) -> list[tuple[Capability, float]]:
    """Capabilities are few: each is compared with the words."""
    wanted = words(text)
    found = [(row, _score(row, wanted)) for row in rows.order_by("name", "id")] if wanted else []
    best = sorted((pair for pair in found if pair[1]), key=lambda pair: -pair[1])
    return best[:limit]


def _score(row: Capability, wanted: list[str]) -> float:
    name, rest = folded(row.name), folded(f"{row.slug} {row.description}")
    if all(word in name for word in wanted):
        return 0.9 if name == " ".join(wanted) else 0.7
    return 0.3 if all(word in name or word in rest for word in wanted) else 0.0
