"""The public register as somebody narrows it, with counts of what could be chosen further."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from apps.catalog.vocabulary import REFERENCE
from apps.core.pagination import Order
from apps.core.text_search import text_query
from apps.tooling.queries.requests import Requests
from apps.tooling.workflow import HOLDING, Level, State

MOST_COUNTED = 1_000
MOST_VALUES = 12
FAR = datetime(9000, 1, 1, tzinfo=UTC)
ORDERS = {
    "-submitted": Order("-submitted", "submitted_at", descending=True),
    "submitted": Order("submitted", "submitted_at"),
    "due": Order("due", "due_at"),
    "-due": Order("-due", "due_at", descending=True),
    "ends": Order("ends", Coalesce(F("ends"), Value(FAR))),
    "-ends": Order("-ends", Coalesce(F("ends"), Value(FAR)), descending=True),
}


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Values by field; several of one field mean any of them. Team and unit by slug, tool by reference."""

    state: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    capability: tuple[str, ...] = ()
    tool: tuple[str, ...] = ()
    q: str = ""
    overdue: bool = False


FACETS = tuple(each.name for each in fields(RequestFilter) if each.name not in ("q", "overdue"))


def narrowed(rows: Requests, wanted: RequestFilter) -> Requests:
    """`rows` are those of `with_now`. A value that nobody knows finds nothing."""
    for field in FACETS:
        values = getattr(wanted, field)
        if values:
            rows = rows.filter(CONDITIONS[field](values))
    if wanted.overdue:
        rows = rows.filter(Q(overdue=True))
    return _having(rows, wanted.q)


def _having(rows: Requests, text: str) -> Requests:
    if not text.strip():
        return rows
    query = text_query(text)
    number = text.strip()
    by_id = Q(pk=int(number)) if number.isascii() and number.isdecimal() and len(number) < 18 else Q(pk=0)
    return rows.filter(by_id | Q(search_vector=query)) if query is not None else rows.none()


def _tools(refs: tuple[str, ...]) -> Q:
    wanted = Q(pk__in=[])
    for ref in refs:
        match = REFERENCE.fullmatch(ref)
        if match:
            wanted |= Q(tool__namespace__iexact=match["namespace"], tool__name__iexact=match["name"])
    return wanted


def _stored(values: tuple[str, ...]) -> set[str]:
    """The stored states that may be shown as one of `values`: an index finds them before grants are looked at."""
    return {stored for value in values for stored in (value, *SHOWN_FROM.get(value, ()))}


SHOWN_FROM: dict[str, tuple[str, ...]] = {
    State.ACTIVE: (State.APPROVED,),
    State.EXPIRED: HOLDING,
    State.REVOKED: HOLDING,
}
CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "state": lambda values: Q(shown_state__in=values, state__in=_stored(values)),
    "tier": lambda values: Q(level__in=values),
    "unit": lambda values: Q(team__business_unit__slug__in=values),
    "team": lambda values: Q(team__slug__in=values),
    "capability": lambda values: Q(capability__slug__in=values),
    "tool": _tools,
}
COLUMNS = (
    "shown_state", "level", "team__business_unit__slug", "team__business_unit__name", "team__slug", "team__name",
    "capability__slug", "capability__name", "tool__namespace", "tool__name", "tool__title",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str
    label: str
    count: int
    capped: bool


def tally(rows: Requests, wanted: RequestFilter) -> dict[str, list[FacetCount]]:
    """For each facet its values with counts, each as the other choices leave it; one statement over the newest
    `MOST_COUNTED`."""
    found = list(_having(rows, wanted.q).order_by("-submitted_at").values_list(*COLUMNS)[: MOST_COUNTED + 1])
    capped = len(found) > MOST_COUNTED
    counts: dict[str, Counter[tuple[str, str]]] = {field: Counter() for field in FACETS}
    for row in found[:MOST_COUNTED]:
        values = _values(row)
        misses = [
            field
            for field in FACETS
            if getattr(wanted, field) and values[field][0] not in getattr(wanted, field)
        ]
        for field in FACETS:
            if values[field][0] and set(misses) <= {field}:
                counts[field][values[field]] += 1
    return {field: _shown(counter, capped) for field, counter in counts.items()}


def _shown(counter: Counter[tuple[str, str]], capped: bool) -> list[FacetCount]:
    return [
        FacetCount(value, label, count, capped) for (value, label), count in counter.most_common(MOST_VALUES)
    ]


def _values(row: tuple[Any, ...]) -> dict[str, tuple[str, str]]:
    state, level, unit, unit_name, team, team_name, capability, capability_name, namespace, name, title = row
    return {
        "state": (state, State(state).label),
        "tier": (level, Level(level).label),
        "unit": (unit or "", unit_name or ""),
        "team": (team, team_name),
        "capability": (capability or "", capability_name or ""),
        "tool": (f"tool:{namespace}/{name}" if name else "", title or name or ""),
    }
