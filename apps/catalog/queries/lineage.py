"""What flows into an entity and what flows out of it, as far as somebody may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from django.db.models import Case, F, Q, Value, When

from apps.catalog.models import DatasetDetails, Entity, Relation
from apps.catalog.vocabulary import READINGS
from apps.core.errors import Invalid
from apps.core.policies import PolicyQuerySet

Direction = Literal["up", "down", "both"]
DEEPEST = 10
MOST_NODES = 150
FORWARD = tuple(name for name, reading in READINGS.items() if reading.flow > 0)
BACKWARD = tuple(name for name, reading in READINGS.items() if reading.flow < 0)


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
    """What `entity` comes from and flows into, as `user` sees it: `depth` hops, `limit` nodes; cycle-safe.

    Raises Invalid for a depth below 1 or above DEEPEST, on every surface the same.
    """
    if not 1 <= depth <= DEEPEST:
        raise Invalid(errors={"depth": [f"The depth is 1 to {DEEPEST} hops."]})
    limit = max(2, min(limit, MOST_NODES))
    signs = {"up": (-1,), "down": (1,), "both": (-1, 1)}[direction]
    reached = _walk(user, entity.pk, signs, depth, limit + 1)
    truncated = any(len(found) > limit for found in reached.values())
    distances: dict[int, int] = {entity.pk: 0}
    for sign in signs:
        for pk, distance in list(reached[sign].items())[:limit]:
            if pk not in distances or distance < abs(distances[pk]):
                distances[pk] = sign * distance
    kept = dict(sorted(distances.items(), key=lambda item: (abs(item[1]), item[0]))[:limit])
    rows = Entity.objects.visible_to(user).filter(pk__in=kept).select_related("owner")
    nodes = sorted(
        (Node(row, kept[row.pk]) for row in rows), key=lambda node: (node.distance, str(node.entity).lower())
    )
    return Graph(nodes, _edges(user, kept), truncated or len(distances) > limit)


def effective_classification(user: Any, entity: Entity) -> tuple[str, list[Entity]]:
    """The strictest classification that reaches `entity` along its visible lineage, and its datasets.

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


def _walk(user: Any, start: int, signs: Iterable[int], depth: int, limit: int) -> dict[int, dict[int, int]]:
    """For each sign (1 downstream, -1 upstream) the nodes that visible edges reach, with least distances.

    Goes level by level, one statement each for all signs, so that it reads edges of what it has reached and
    no others, meets each node once (cycles end) and stops a direction at `limit` nodes: nearest first, then
    smallest id.
    """
    reached: dict[int, dict[int, int]] = {sign: {start: 0} for sign in signs}
    frontier: dict[int, list[int]] = {sign: [start] for sign in signs}
    for distance in range(1, depth + 1):
        found = _next_level(user, frontier, reached, limit)
        frontier = {}
        for sign, node in found:
            if len(reached[sign]) < limit:
                reached[sign][node] = distance
                frontier.setdefault(sign, []).append(node)
        frontier = {sign: nodes for sign, nodes in frontier.items() if len(reached[sign]) < limit}
        if not frontier:
            break
    return reached


def _next_level(
    user: Any, frontier: dict[int, list[int]], reached: dict[int, dict[int, int]], limit: int
) -> list[tuple[int, int]]:
    """`(sign, node)` of what lies one hop beyond each frontier and is new there, smallest ids first."""
    edges = Relation.objects.visible_to(user).filter(ended_at=None)
    parts = [
        _beyond(edges, sign, nodes).exclude(node__in=list(reached[sign])).distinct().order_by("node")[:limit]
        for sign, nodes in frontier.items()
    ]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return sorted(rows, key=itemgetter(1))


def _beyond(edges: PolicyQuerySet[Relation], sign: int, nodes: list[int]) -> Any:
    """`(sign, node)` for the far end of every edge that carries data out of `nodes` (1) or into them (-1)."""
    with_flow, against = (FORWARD, BACKWARD) if sign > 0 else (BACKWARD, FORWARD)
    leaving = edges.filter(Q(source__in=nodes, type__in=with_flow) | Q(target__in=nodes, type__in=against))
    far_end = Case(When(type__in=with_flow, then=F("target_id")), default=F("source_id"))
    return leaving.annotate(sign=Value(sign), node=far_end).values_list("sign", "node")


def _edges(user: Any, kept: Iterable[int]) -> list[Edge]:
    ids = list(kept)
    rows = Relation.objects.visible_to(user).filter(
        source__in=ids, target__in=ids, ended_at=None, type__in=FORWARD + BACKWARD
    )
    found = {
        (row.source_id, row.target_id, row.type)
        if row.type in FORWARD
        else (row.target_id, row.source_id, row.type)
        for row in rows
    }
    return [Edge(*edge) for edge in sorted(found)]
