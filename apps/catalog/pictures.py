"""The lineage graph as a drawing: data moves from left to right, the entity asked about stands in the middle column.

Layered layout after Sugiyama, Tagawa and Toda (1981), without dummy nodes: columns are hops, the order within a
column follows the mean position of the neighbours (barycentre), a few sweeps in both directions.
Geometry in pixels; the template only writes it down.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from apps.catalog.models import Entity
from apps.catalog.queries.lineage import Edge, Graph, Node

FOLD = 40
NODE_WIDTH, NODE_HEIGHT = 180, 44
COLUMN_GAP, ROW_GAP, MARGIN = 56, 12, 8
SWEEPS = 4
LONGEST_LABEL = 23
FIRST_TO_STAY = {"production": 0, "pilot": 1, "experiment": 2, "idea": 3}


@dataclass(slots=True)
class Box:
    """A node's place; `folded` counts the entities that a folded box stands for."""

    x: float
    y: float
    distance: int
    entity: Entity | None = None
    folded: int = 0

    @property
    def label(self) -> str:
        text = str(self.entity) if self.entity else f"and {self.folded} more"
        return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"

    @property
    def text_x(self) -> float:
        return self.x + 14

    @property
    def title_y(self) -> float:
        return self.y + 19

    @property
    def fold_y(self) -> float:
        return self.y + 27

    @property
    def note_y(self) -> float:
        return self.y + 34


@dataclass(frozen=True, slots=True)
class Line:
    """An edge as an SVG path; `start` and `end` are entity ids (0 for a folded box)."""

    path: str
    start: int
    end: int
    type: str

    @property
    def words(self) -> str:
        return self.type.replace("_", " ")


@dataclass(slots=True)
class Hop:
    """One column as a list, for readers and narrow screens."""

    distance: int
    entities: list[Entity] = field(default_factory=list)

    @property
    def label(self) -> str:
        if self.distance == 0:
            return "This entity"
        hops = f"{abs(self.distance)} hop{'s' if abs(self.distance) > 1 else ''}"
        return f"{hops} {'upstream' if self.distance < 0 else 'downstream'}"


@dataclass(frozen=True, slots=True)
class Picture:
    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]
    hops: list[Hop]
    folded: int


def draw(graph: Graph, centre: Entity, *, unfolded: bool = False) -> Picture:
    """The graph's geometry; beyond 40 nodes each column folds its least telling ones into one box."""
    columns: dict[int, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        columns[node.distance].append(node)
    hops = [Hop(distance, [node.entity for node in columns[distance]]) for distance in sorted(columns)]
    kept, folded = (
        (columns, {}) if unfolded or len(graph.nodes) <= FOLD else _fold(columns, graph.edges, centre)
    )
    order = _ordered(
        {distance: [node.entity.pk for node in nodes] for distance, nodes in kept.items()}, graph.edges
    )
    boxes = _placed(order, {node.entity.pk: node for node in graph.nodes}, folded)
    width = max((box.x for box in boxes), default=0) + NODE_WIDTH + MARGIN + COLUMN_GAP / 2
    height = max((box.y for box in boxes), default=0) + NODE_HEIGHT + MARGIN
    return Picture(
        width, height, boxes, _lines(boxes, graph.edges, folded), hops, sum(map(len, folded.values()))
    )


def _fold(
    columns: dict[int, list[Node]], edges: list[Edge], centre: Entity
) -> tuple[dict[int, list[Node]], dict[int, set[int]]]:
    room = max(3, FOLD // len(columns))
    degree: dict[int, int] = defaultdict(int)
    for edge in edges:
        degree[edge.start] += 1
        degree[edge.end] += 1
    kept, folded = {}, {}
    for distance, nodes in columns.items():
        ranked = sorted(
            nodes,
            key=lambda node: (
                FIRST_TO_STAY.get(node.entity.stage, 4),
                -degree[node.entity.pk],
                node.entity.pk,
            ),
        )
        kept[distance] = ranked[:room]
        if rest := {node.entity.pk for node in ranked[room:]}:
            folded[distance] = rest
    return kept, folded


def _ordered(columns: dict[int, list[int]], edges: list[Edge]) -> dict[int, list[int]]:
    """Entity ids by column from top to bottom with few crossings."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for edge in edges:
        neighbours[edge.start].add(edge.end)
        neighbours[edge.end].add(edge.start)
    place = {pk: row - len(rows) / 2 for rows in columns.values() for row, pk in enumerate(rows)}
    for sweep in range(SWEEPS):
        for distance in sorted(columns, reverse=bool(sweep % 2)):
            rows = columns[distance]
            rows.sort(
                key=lambda pk: (
                    _mean([place[other] for other in neighbours[pk] if other in place], place[pk]),
                    pk,
                )
            )
            place.update({pk: row - len(rows) / 2 for row, pk in enumerate(rows)})
    return columns


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _placed(order: dict[int, list[int]], nodes: dict[int, Node], folded: dict[int, set[int]]) -> list[Box]:
    tallest = max((len(rows) + (distance in folded) for distance, rows in order.items()), default=1)
    step = NODE_HEIGHT + ROW_GAP
    boxes = []
    for index, distance in enumerate(sorted(order)):
        x = MARGIN + index * (NODE_WIDTH + COLUMN_GAP)
        top = MARGIN + (tallest - len(order[distance]) - (distance in folded)) * step / 2
        for row, pk in enumerate(order[distance]):
            boxes.append(Box(x, top + row * step, distance, nodes[pk].entity))
        if distance in folded:
            boxes.append(Box(x, top + len(order[distance]) * step, distance, folded=len(folded[distance])))
    return boxes


def _lines(boxes: list[Box], edges: list[Edge], folded: dict[int, set[int]]) -> list[Line]:
    at = {box.entity.pk: box for box in boxes if box.entity}
    folds = {pk: box for box in boxes if box.folded for pk in folded[box.distance]}
    seen, lines = set(), []
    for edge in edges:
        start, end = at.get(edge.start) or folds.get(edge.start), at.get(edge.end) or folds.get(edge.end)
        if start is None or end is None or start is end or (key := (id(start), id(end), edge.type)) in seen:
            continue
        seen.add(key)
        ids = (start.entity.pk if start.entity else 0, end.entity.pk if end.entity else 0)
        lines.append(Line(_path(start, end), *ids, edge.type))
    return lines


def _path(start: Box, end: Box) -> str:
    """A calm curve from the right side of one box to the left side of the other; within a column, an arc beside it."""
    y1, y2 = start.y + NODE_HEIGHT / 2, end.y + NODE_HEIGHT / 2
    if start.x == end.x:
        x, bulge = start.x + NODE_WIDTH, start.x + NODE_WIDTH + COLUMN_GAP / 2
        return f"M{x:g} {y1:g}C{bulge:g} {y1:g} {bulge:g} {y2:g} {x:g} {y2:g}"
    x1, x2 = start.x + NODE_WIDTH, end.x
    reach = max(COLUMN_GAP / 2, abs(x2 - x1) / 2)
    return f"M{x1:g} {y1:g}C{x1 + reach:g} {y1:g} {x2 - reach:g} {y2:g} {x2:g} {y2:g}"
