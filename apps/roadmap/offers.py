"""What the roadmap knows of entities and requests, offered to the other rooms: panels, search, exports and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from apps.catalog.models import Entity
from apps.core.ids import LARGEST_ID, row_of
from apps.core.plugs import Export, Hit, Metric, Panel, Referred, Searchable
from apps.core.plugs import register as register_plugs
from apps.roadmap.models import Request
from apps.roadmap.queries.metrics import FIGURES, figure
from apps.roadmap.queries.panels import requests_about
from apps.roadmap.queries.search import search_requests
from apps.roadmap.workflow import State

COLUMNS = ("id", "title", "type", "state", "unit", "team", "requester", "submitted", "decided", "reason")


def register() -> None:
    """Called by the roadmap's `plugs.register_all`."""
    register_plugs(
        Panel(
            "roadmap.requests", "Roadmap", Entity, "roadmap/panels/requests.html", requests_about, order=30
        ),
        Searchable("roadmap", "Roadmap requests", Request, _requests, order=35),
        Export("roadmap.requests", Request, COLUMNS, _cells),
        Referred("request", _named),
        *(
            Metric(f"roadmap.{name}", each.label, each.definition, _value(name), each.unit)
            for name, each in FIGURES.items()
        ),
    )


def _named(user: Any, rest: str) -> tuple[str, str] | None:
    """Exceptions are tied to a request by its number."""
    pk = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 19 else 0
    row = row_of(Request.objects.visible_to(user), pk) if 0 < pk <= LARGEST_ID else None
    return None if row is None else (str(row), row.get_absolute_url())


def _value(name: str) -> Callable[[Any], Any]:
    return lambda user: figure(user, name).value


def _requests(rows: Any, query: str, limit: int) -> Iterator[Hit]:
    for row, score in search_requests(rows, query, limit):
        kind = f"Roadmap request, {State(row.state).label.lower()}"
        yield Hit(str(row), row.get_absolute_url(), kind, "", row.problem[:160], score, "map")


def _cells(row: Any) -> list[Any]:
    times = (at.isoformat() if at else "" for at in (row.submitted_at, row.decided_at))
    return [
        row.pk, row.title, row.type, row.state, row.unit.slug, row.owner.slug if row.owner else "",
        row.requester.username, *times, row.reason,
    ]  # fmt: skip
