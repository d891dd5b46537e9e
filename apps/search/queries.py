"""One search over everything that an app registered as searchable, each narrowed to what the person may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.core.plugs import Hit, Searchable, registered

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Group:
    """The hits of one searchable."""

    label: str
    hits: list[Hit]


def search_groups(user: Any, text: str, limit: int = 20) -> list[Group]:
    """Hits by what they are, best first; nothing for text without a letter or digit."""
    wanted = text.strip()[:LONGEST]
    if not any(char.isalnum() for char in wanted):
        return []
    found = []
    for plug in registered(Searchable):
        rows = plug.model.objects.visible_to(user)  # type: ignore[attr-defined]
        hits = sorted(plug.search(rows, wanted, limit), key=lambda hit: -hit.score)[:limit]
        if hits:
            found.append(Group(plug.label, hits))
    return found


def search(user: Any, text: str, limit: int = 20) -> list[Hit]:
    """The best hits of all groups together."""
    hits = [hit for group in search_groups(user, text, limit) for hit in group.hits]
    return sorted(hits, key=lambda hit: -hit.score)[:limit]
