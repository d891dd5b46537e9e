"""What tooling knows of entities and tools, offered to the other rooms: panels, search, facts, demand and figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import reverse

from apps.catalog.models import Entity
from apps.core.plugs import DemandSignal, FactSource, Hit, Item, Metric, Panel, Searchable
from apps.core.plugs import register as register_plugs
from apps.tooling.models import Capability, ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.metrics import FIGURES, figure
from apps.tooling.queries.panels import tool_standing, uses_of
from apps.tooling.queries.revisiting import to_revisit
from apps.tooling.queries.search import search_capabilities, search_requests
from apps.tooling.queries.use import FACTS, facts
from apps.tooling.workflow import State

MOST_SIGNALS = 50


def register() -> None:
    """Called by tooling's `plugs.register_all`."""
    register_plugs(
        Panel("tooling.use", "Tools in use", Entity, "tooling/panels/uses.html", uses_of, order=20),
        Panel(
            "tooling.standing", "Standards", Entity, "tooling/panels/standing.html", tool_standing, order=10
        ),
        Searchable("exceptions", "Exceptions", ExceptionRequest, _requests, order=40),
        Searchable("capabilities", "Standards", Capability, _capabilities, order=30),
        FactSource("tools.violations", Entity, FACTS, facts),
        DemandSignal("tooling.revisit", "Standards to revisit", _signals),
        *(
            Metric(f"tooling.{name}", each.label, each.definition, _value(name), each.unit)
            for name, each in FIGURES.items()
        ),
    )


def _value(name: str) -> Callable[[Any], Any]:
    return lambda user: figure(user, name).value


def _requests(rows: Any, query: str, limit: int) -> Iterator[Hit]:
    found: Any = search_requests(rows, query, limit)
    for row, score in found:
        state = State(row.shown_state).label.lower()
        snippet = row.objective[:160]
        yield Hit(
            str(row), row.get_absolute_url(), f"Exception, {state}", "", snippet, score, "file-question-mark"
        )


def _capabilities(rows: Any, query: str, limit: int) -> Iterator[Hit]:
    for row, score in search_capabilities(rows, query, limit):
        yield Hit(row.name, row.get_absolute_url(), "Standard", "", row.description[:160], score, "radar")


def _signals(user: Any) -> Iterator[Item]:
    for demand in to_revisit(user, clock.now())[:MOST_SIGNALS]:
        url = reverse("tooling:tool", args=[demand.tool.namespace, demand.tool.name])
        yield Item(f"Revisit the standard for {demand.tool}", url, demand.words, "refresh-cw")
