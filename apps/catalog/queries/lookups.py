"""Lists in which forms find entities by typing."""

from __future__ import annotations

from typing import Any

from apps.catalog.models import Entity
from apps.catalog.queries import entity_by_ref, search_entities
from apps.core.errors import NotFound
from apps.core.lookups import MOST, Lookup, Option, by_name
from apps.people.standing import standing_of

ROUTE = "catalog:options"


def _entities(user: Any, words: str) -> list[Option]:
    return _options(Entity.objects.visible_to(user), user, words)


def _editable(user: Any, words: str) -> list[Option]:
    return _options(Entity.objects.allowed(user, "change"), user, words)


def _options(rows: Any, user: Any, words: str) -> list[Option]:
    if words:
        found = [entity for entity, _ in search_entities(rows, words, MOST)]
    else:
        mine = rows.filter(owner__in=standing_of(user).teams, tombstoned_at=None)
        found = list(mine.order_by("-updated_at", "-id")[:MOST])
    return [{"value": row.ref, "label": str(row), "more": row.get_kind_display().lower()} for row in found]


def _entity(user: Any, ref: str) -> Entity | None:
    try:
        return entity_by_ref(user, ref)
    except NotFound:
        return None


ENTITIES = Lookup(ROUTE, "entities", _entities, _entity)
EDITABLE = Lookup(ROUTE, "editable", _editable, _entity)
LOOKUPS = by_name(ENTITIES, EDITABLE)
