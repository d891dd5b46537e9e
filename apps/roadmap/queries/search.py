"""Requests by words, for the portal's search."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import F

from apps.core.policies import PolicyQuerySet
from apps.core.text_search import text_query
from apps.roadmap.models import Request

MOST_RANKED = 500  # of more matches, any
BEST = 1.0


def search_requests(rows: PolicyQuerySet[Request], text: str, limit: int) -> list[tuple[Request, float]]:
    """The best `limit` of the requests that were sent, with a score of 0 to 1."""
    query = text_query(text)
    if query is None:
        return []
    some = rows.filter(submitted_at__isnull=False, search_vector=query).order_by().values("pk")[:MOST_RANKED]
    ranked: Any = Request.objects.filter(pk__in=some).annotate(rank=SearchRank(F("search_vector"), query))
    best = ranked.select_related("unit").defer("search_vector").order_by("-rank", "-pk")[:limit]
    return [(row, min(float(row.rank), BEST)) for row in best]
