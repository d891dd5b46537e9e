"""Edges between entities, each kept by its origin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.catalog.models import Entity, Relation
from apps.catalog.vocabulary import TREES, RelationType
from apps.core.checking import checked_choice
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require

# Serialises writers of one tree-like type, so that two concurrent edges cannot close a circle together.
TREE_LOCK = 0x_C0E_0001
REACHES = """
WITH RECURSIVE reached(id) AS (
    SELECT %(start)s::bigint
    UNION SELECT r.target_id FROM catalog_relation r JOIN reached ON reached.id = r.source_id
          WHERE r.type = %(type)s AND r.ended_at IS NULL
) SELECT EXISTS (SELECT 1 FROM reached WHERE id = %(goal)s)
"""


@transaction.atomic
def relate(
    *,
    actor: Any,
    source: Entity,
    target: Entity,
    type: str,  # noqa: A002 (the field's name)
    origin: str = Relation.CURATED,
    at: datetime | None = None,
) -> Relation:
    """Draws an edge; drawing it again refreshes it. Whoever may change the source and sees the target may.

    Raises Conflict where a tree (part of, supersedes) would get a circle.
    """
    require(actor, "change", source)
    require(actor, "view", target)
    checked_choice("type", type, RelationType.values)
    if source.pk == target.pk:
        raise Conflict("Something cannot be related to itself.")
    if type in TREES:
        _refuse_circle(source, target, type)
    moment = at or timezone.now()
    relation, created = Relation.objects.get_or_create(
        source=source,
        target=target,
        type=type,
        origin=origin,
        ended_at=None,
        defaults={"first_seen": moment, "last_seen": moment},
    )
    if created:
        record(
            "catalog.relation.added", actor=actor, target=relation, subject=source, data={"type": type}, at=at
        )
    return relation


@transaction.atomic
def unrelate(*, actor: Any, relation: Relation, at: datetime | None = None) -> Relation:
    """Ends a curated edge; what a source says is ended by the source only."""
    require(actor, "change", relation)
    if relation.origin != Relation.CURATED:
        raise Conflict(
            f"This edge comes from {relation.origin} and would return with its next sync.",
            next_step="Change it where it comes from.",
        )
    moment = at or timezone.now()
    if Relation.objects.filter(pk=relation.pk, ended_at=None).update(ended_at=moment):
        data = {"type": relation.type}
        record(
            "catalog.relation.ended", actor=actor, target=relation, subject=relation.source, data=data, at=at
        )
    relation.refresh_from_db()
    return relation


def _refuse_circle(source: Entity, target: Entity, type: str) -> None:  # noqa: A002
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TREE_LOCK])
        cursor.execute(REACHES, {"start": target.pk, "goal": source.pk, "type": type})
        (closes,) = cursor.fetchone()
    if closes:
        label = RelationType(type).label.lower()
        raise Conflict(
            f"{target} is already {label} {source}, directly or through others; this would be a circle."
        )
