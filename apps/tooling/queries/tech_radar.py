"""The radar in the form that Backstage's Tech Radar plugin reads, of the tools that the whole company may see.

Its newest entry of a timeline comes first; `moved` is 1 inwards, -1 outwards, 0 else. Four quadrants are what it draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.urls import reverse

from apps.catalog.models import Entity
from apps.catalog.vocabulary import reference
from apps.core.markdown import first_sentence
from apps.people.models import Visibility
from apps.tooling.book import Book
from apps.tooling.models import Capability, Environment
from apps.tooling.queries.book import Snapshot, snapshot
from apps.tooling.queries.radar import spoken_tools
from apps.tooling.queries.rings import Context, Move, Stand, Turn, contexts, stand, turns
from apps.tooling.vocabulary import Ring
from apps.tooling.workflow import Quadrant

Row = tuple[Any, ...]
DIRECTIONS = {Move.IN: 1, Move.OUT: -1}
COLOURS = {
    Ring.MANDATORY: "#0d6468",
    Ring.RECOMMENDED: "#16804f",
    Ring.TRIAL: "#2a63ad",
    Ring.ASSESS: "#5b6470",
    Ring.HOLD: "#8a5a13",
    Ring.BANNED: "#b02a2a",
}
MEANINGS = {
    Ring.MANDATORY: "Use this one; another needs an exception.",
    Ring.RECOMMENDED: "Use it without asking.",
    Ring.TRIAL: "Use it outside production and tell what you learn.",
    Ring.ASSESS: "Worth exploring; use needs an exception.",
    Ring.HOLD: "Start nothing new on it.",
    Ring.BANNED: "Stop using it.",
}


@dataclass(frozen=True, slots=True)
class PublicRadar:
    """`digest` identifies the bytes."""

    digest: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _World:
    """What the document is made of, so that it is made again only when something in it changed."""

    tools: tuple[Row, ...]
    capabilities: tuple[Row, ...]
    environments: tuple[str, ...]
    begun: int


_latest: tuple[Book, str, _World, PublicRadar] | None = None


def public_radar() -> PublicRadar:
    """The document of this moment: four statements, five more where the book changed."""
    global _latest  # noqa: PLW0603  (one document per process, replaced as a whole)
    now, base = snapshot(), settings.BASE_URL
    world, known = _world(now), _latest
    if known is None or known[0] is not now.book or known[1:3] != (base, world):
        content = orjson.dumps(_document(world, now, base), option=orjson.OPT_SORT_KEYS)
        made = PublicRadar(hashlib.sha256(content).hexdigest()[:40], content)
        known = _latest = (now.book, base, world, made)
    return known[3]


def _world(now: Snapshot) -> _World:
    company = Entity._base_manager.filter(visibility=Visibility.COMPANY, tombstoned_at=None)
    tools = spoken_tools(company).order_by("namespace", "name", "id")
    return _World(
        tuple(tools.values_list("kind", "namespace", "name", "title", "description")),
        tuple(Capability._base_manager.order_by("id").values_list("slug", "name", "quadrant")),
        tuple(Environment._base_manager.values_list("slug", flat=True)),
        sum(each.effective_from <= now.at for each in now.book.standards),
    )


def _document(world: _World, now: Snapshot, base: str) -> dict[str, Any]:
    return {
        "quadrants": [{"id": each.value, "name": str(each.label)} for each in Quadrant],
        "rings": [
            {
                "id": ring.value,
                "name": ring.value.capitalize(),
                "color": COLOURS[ring],
                "description": MEANINGS[ring],
            }
            for ring in Ring
        ],
        "entries": list(_entries(world, now, base)),
    }


def _entries(world: _World, now: Snapshot, base: str) -> Iterator[dict[str, Any]]:
    within = contexts(world.environments)
    capabilities = {slug: (name, quadrant) for slug, name, quadrant in world.capabilities}
    for row in world.tools:
        ref = reference(*row[:3])
        found = stand(now.book, ref, within, now.at)
        if found is not None and found.decision.standard is not None:
            yield _entry(row, found, capabilities, _turns(now, ref, within), base)


def _turns(now: Snapshot, ref: str, within: Sequence[Context]) -> list[Turn]:
    return [each for each in turns(now.book, ref, within, now.at) if each.ring is not None][::-1]


def _entry(
    row: Row, found: Stand, capabilities: dict[str, tuple[str, str]], history: list[Turn], base: str
) -> dict[str, Any]:
    kind, namespace, name, title, description = row
    slug = found.decision.standard.capability if found.decision.standard else ""
    label, quadrant = capabilities[slug]
    return {
        "key": reference(kind, namespace, name),
        "id": reference(kind, namespace, name),
        "quadrant": quadrant,
        "title": title or name,
        "url": base + reverse("tooling:tool", args=[namespace, name]),
        "description": first_sentence(description, 500),
        "links": [
            {"title": f"Standard: {label}", "url": base + reverse("tooling:capability", args=[slug])},
            {
                "title": "In the catalog",
                "url": base + reverse("catalog:entity", args=[kind, namespace, name]),
            },
        ],
        "timeline": [_moment(each) for each in history],
    }


def _moment(turn: Turn) -> dict[str, Any]:
    rationale = turn.standard.rationale if turn.standard else ""
    return {
        "date": turn.at.isoformat().replace("+00:00", "Z"),
        "ringId": str(turn.ring),
        "description": first_sentence(rationale, 500),
        "moved": DIRECTIONS.get(turn.move, 0),
    }
