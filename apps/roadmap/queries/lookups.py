"""The lists in which the roadmap's forms find rows by typing."""

from __future__ import annotations

from typing import Any

from apps.core.ids import row_of
from apps.core.lookups import MOST, Lookup, Option, by_name
from apps.roadmap.models import Request
from apps.roadmap.queries.requests import RequestFilter, register
from apps.roadmap.workflow import State

ROUTE = "roadmap:options"
ENDED = (State.DUPLICATE, State.DECLINED, State.WITHDRAWN, State.CANCELLED)


def _offered(user: Any, words: str) -> list[Option]:
    """Requests that live, the newest first."""
    rows = register(user, RequestFilter(q=words)).exclude(state__in=ENDED).prefetch_related(None)
    return [
        {"value": str(row.pk), "label": row.title, "more": f"request {row.pk}, {row.unit}"}
        for row in rows.order_by("-pk")[:MOST]
    ]


def _found(user: Any, text: str) -> Request | None:
    number = text.strip()
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return None
    found: Request | None = row_of(register(user).prefetch_related(None), int(number))
    return found


REQUESTS = Lookup(ROUTE, "requests", _offered, _found)
LOOKUPS = by_name(REQUESTS)
