"""The list in which forms find tools by typing, and tools by many references at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from apps.catalog.models import Entity
from apps.catalog.queries import entity_by_ref, search_entities
from apps.catalog.vocabulary import REFERENCE, Kind
from apps.core.errors import NotFound
from apps.core.lookups import MOST, Lookup, Option, by_name

ROUTE = "tooling:options"


def tools(user: Any) -> Any:
    """The tools of the catalog that this person may see."""
    return Entity.objects.visible_to(user).filter(kind=Kind.TOOL, tombstoned_at=None)


def _offered(user: Any, words: str) -> list[Option]:
    rows = tools(user)
    found = [row for row, _ in search_entities(rows, words, MOST)] if words else rows.order_by("name")[:MOST]
    return [{"value": row.ref, "label": str(row), "more": row.namespace} for row in found]


def _found(user: Any, ref: str) -> Entity | None:
    try:
        entity = entity_by_ref(user, ref if ":" in ref else f"{Kind.TOOL}:{ref}")
    except NotFound:
        return None
    return entity if entity.kind == Kind.TOOL else None


TOOLS = Lookup(ROUTE, "tools", _offered, _found)
LOOKUPS = by_name(TOOLS)


def tools_by_ref(user: Any, refs: Iterable[str]) -> dict[str, Entity]:
    """The visible tools of these references, by the reference as it was given; one statement for all."""
    asked = {ref: match for ref in refs if (match := REFERENCE.fullmatch(ref)) and "\x00" not in ref}
    wanted = Q(pk__in=[])
    for match in asked.values():
        wanted |= Q(namespace__iexact=match["namespace"], name__iexact=match["name"])
    known = {row.ref.lower(): row for row in Entity.objects.visible_to(user).filter(wanted, kind=Kind.TOOL)}
    return {ref: known[ref.lower()] for ref in asked if ref.lower() in known}
