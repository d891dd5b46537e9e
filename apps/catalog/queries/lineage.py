"""What flows into an entity and what flows out of it, as far as somebody may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.core.exceptions import EmptyResultSet
from django.db import connection

from apps.catalog.models import DatasetDetails, Entity, Relation
from apps.catalog.vocabulary import READINGS

Direction = Literal["up", "down", "both"]
DEEPEST = 10
MOST_NODES = 150
FORWARD = tuple(name for name, reading in READINGS.items() if reading.flow > 0)
BACKWARD = tuple(name for name, reading in READINGS.items() if reading.flow < 0)

# Walks visible edges only, breadth first, each node once at its smallest distance. `flow` turns every edge into
# the direction in which data moves: from -> to.
WALK = """
WITH RECURSIVE flow AS MATERIALIZED (
    SELECT id, CASE WHEN type = ANY(%(forward)s) THEN source_id ELSE target_id END AS a,
               CASE WHEN type = ANY(%(forward)s) THEN target_id ELSE source_id END AS b
    FROM catalog_relation WHERE ended_at IS NULL AND type = ANY(%(types)s) AND id IN ({visible})
), reached(node, distance) AS (
    SELECT %(start)s::bigint, 0
    UNION
    SELECT {next}, reached.distance + 1 FROM reached JOIN flow ON {here} = reached.node
    WHERE reached.distance < %(depth)s
) SELECT node, min(distance) FROM reached GROUP BY node ORDER BY 2, 1 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Node:
    """An entity in the picture; `distance` is negative upstream, 0 for the entity asked about."""

    entity: Entity
    distance: int


@dataclass(frozen=True, slots=True)
class Edge:
    """Data moves from `start` to `end` (entity ids); `type` is the relation as people entered it."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool


def lineage(
    user: Any, entity: Entity, direction: Direction = "both", depth: int = 3, limit: int = MOST_NODES
) -> Graph:
    """The visible neighbourhood of `entity` along data flow, at most `depth` hops and `limit` nodes; cycle-safe."""
    depth, limit = max(1, min(depth, DEEPEST)), max(2, min(limit, MOST_NODES))
    distances: dict[int, int] = {entity.pk: 0}
    truncated = False
    for sign in {"up": (-1,), "down": (1,), "both": (-1, 1)}[direction]:
        reached = _walk(user, entity.pk, sign, depth, limit + 1)
        truncated |= len(reached) > limit
        for pk, distance in reached[:limit]:
            known = distances.get(pk)
            if known is None or distance < abs(known):
                distances[pk] = sign * distance
    kept = dict(sorted(distances.items(), key=lambda item: (abs(item[1]), item[0]))[:limit])
    rows = Entity.objects.visible_to(user).filter(pk__in=kept).select_related("owner")
    nodes = sorted((Node(row, kept[row.pk]) for row in rows), key=lambda node: (node.distance, node.entity.name.lower()))
    return Graph(nodes, _edges(user, kept), truncated or len(distances) > limit)


def effective_classification(user: Any, entity: Entity) -> tuple[str, list[Entity]]:
    """The strictest classification that reaches `entity` along its visible lineage, and the datasets it comes from.

    Empty where no dataset with details lies upstream: unknown is not public.
    """
    graph = lineage(user, entity, "up", DEEPEST)
    order = list(DatasetDetails.Classification.values)
    rows = DatasetDetails.objects.visible_to(user).filter(entity__in=[node.entity.pk for node in graph.nodes])
    classes = dict(rows.values_list("entity_id", "classification"))
    if not classes:
        return "", []
    strictest = max(classes.values(), key=order.index)
    return strictest, [node.entity for node in graph.nodes if classes.get(node.entity.pk) == strictest]


def _walk(user: Any, start: int, sign: int, depth: int, limit: int) -> list[tuple[int, int]]:
    try:
        visible, params = Relation.objects.visible_to(user).order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return [(start, 0)]
    here, following = ("flow.a", "flow.b") if sign > 0 else ("flow.b", "flow.a")
    named = {
        "forward": list(FORWARD), "types": list(FORWARD + BACKWARD), "start": start, "depth": depth, "limit": limit,
        **{f"v{index}": value for index, value in enumerate(params)},
    }  # fmt: skip
    visible = visible % tuple(f"%(v{index})s" for index in range(len(params)))
    with connection.cursor() as cursor:
        cursor.execute(WALK.format(visible=visible, next=following, here=here), named)
        return [(int(pk), int(distance)) for pk, distance in cursor.fetchall()]


def _edges(user: Any, kept: Iterable[int]) -> list[Edge]:
    ids = list(kept)
    rows = Relation.objects.visible_to(user).filter(
        source__in=ids, target__in=ids, ended_at=None, type__in=FORWARD + BACKWARD
    )
    found = {
        (row.source_id, row.target_id, row.type) if row.type in FORWARD else (row.target_id, row.source_id, row.type)
        for row in rows
    }
    return [Edge(*edge) for edge in sorted(found)]
