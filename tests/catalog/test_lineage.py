"""Lineage follows visible edges only, nearest first, whatever the graph looks like."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Literal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Entity, Relation
from apps.catalog.queries import lineage
from apps.catalog.queries.lineage import DEEPEST
from apps.catalog.vocabulary import READINGS, RelationType
from apps.core.errors import Invalid
from tests.factories import EntityFactory, RelationFactory
from tests.personas import People
from tests.portal.graphql_client import refusal

Bearer = Callable[..., Client]

Direction = Literal["up", "down", "both"]
Flows = set[tuple[int, int]]
SEEDS = range(8)


def random_graph(dice: random.Random, size: int) -> list[Entity]:
    """Entities of which a third is hidden from chloe, with edges of every type and way, some ended."""
    rows = [EntityFactory(visibility=dice.choice(["company", "company", "restricted"])) for _ in range(size)]
    for _ in range(dice.randrange(size, 3 * size)):
        source, target = dice.sample(rows, 2)
        kind = dice.choice(RelationType.values)
        if not Relation.objects.filter(source=source, target=target, type=kind).exists():
            ended = timezone.now() if dice.random() < 0.1 else None
            RelationFactory(source=source, target=target, type=kind, ended_at=ended)
    return rows


def visible_flows(hidden: set[int]) -> Flows:
    """Every living edge between two things that are shown, turned the way in which data moves."""
    flows = set()
    for edge in Relation.objects.filter(ended_at=None):
        flow = READINGS[edge.type].flow
        if flow and not hidden & {edge.source_id, edge.target_id}:
            flows.add((edge.source_id, edge.target_id) if flow > 0 else (edge.target_id, edge.source_id))
    return flows


def levels(flows: Flows, start: int, depth: int) -> dict[int, int]:
    """Breadth first, by hand."""
    distances, frontier = {start: 0}, {start}
    for distance in range(1, depth + 1):
        frontier = {b for a, b in flows if a in frontier and b not in distances}
        distances |= dict.fromkeys(frontier, distance)
    return distances


def expected(flows: Flows, start: int, direction: Direction, depth: int) -> dict[int, int]:
    """Negative distances upstream; of two ways the shorter, upstream where they are equally long."""
    against = {(b, a) for a, b in flows}
    upstream = levels(against, start, depth) if direction != "down" else {start: 0}
    downstream = levels(flows, start, depth) if direction != "up" else {start: 0}
    found = {pk: -distance for pk, distance in upstream.items()}
    for pk, distance in downstream.items():
        if pk not in found or distance < abs(found[pk]):
            found[pk] = distance
    return found


def nearest(distances: dict[int, int], limit: int) -> dict[int, int]:
    return dict(sorted(distances.items(), key=lambda item: (abs(item[1]), item[0]))[:limit])


@pytest.mark.parametrize("seed", SEEDS)
def test_random_graphs_as_by_brute_force(people: People, seed: int) -> None:
    dice = random.Random(seed)
    rows = random_graph(dice, dice.randrange(4, 14))
    hidden = {row.pk for row in rows if row.visibility == "restricted"}
    flows = visible_flows(hidden)
    directions: Iterable[Direction] = ("up", "down", "both")
    for start in [row for row in rows if row.pk not in hidden]:
        for direction in directions:
            for depth in (1, 2, 10):
                found = lineage(people.chloe, start, direction, depth)
                wanted = expected(flows, start.pk, direction, depth)
                assert {node.entity.pk: node.distance for node in found.nodes} == wanted
                inside = {(a, b) for a, b in flows if {a, b} <= set(wanted)}
                assert {(edge.start, edge.end) for edge in found.edges} == inside
                assert not found.truncated


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("limit", [2, 3, 5])
def test_a_cut_picture_keeps_the_nearest_and_says_so(people: People, seed: int, limit: int) -> None:
    dice = random.Random(seed)
    start = random_graph(dice, 12)[0]
    wanted = expected(visible_flows(set()), start.pk, "down", 10)
    found = lineage(people.root, start, "down", 10, limit)
    assert {node.entity.pk: node.distance for node in found.nodes} == nearest(wanted, limit)
    assert found.truncated == (len(wanted) > limit)


def test_a_hidden_node_ends_the_way_behind_it(people: People) -> None:
    first, hidden, last = EntityFactory(), EntityFactory(visibility="restricted"), EntityFactory()
    RelationFactory(source=first, target=hidden, type="produces")
    RelationFactory(source=hidden, target=last, type="produces")
    assert [node.entity for node in lineage(people.ada, first, "down").nodes] == [first, hidden, last]
    assert [node.entity for node in lineage(people.chloe, first, "down").nodes] == [first]
    assert lineage(people.chloe, last, "up").edges == []


def test_nothing_is_drawn_of_what_one_does_not_see(people: People) -> None:
    hidden = EntityFactory(visibility="restricted")
    RelationFactory(source=hidden, target=EntityFactory(), type="produces")
    graph = lineage(people.chloe, hidden)
    assert (graph.nodes, graph.edges) == ([], [])


def test_a_circle_ends(people: People) -> None:
    rows = [EntityFactory() for _ in range(3)]
    for source, target in zip(rows, rows[1:] + rows[:1], strict=True):
        RelationFactory(source=source, target=target, type="produces")
    graph = lineage(people.ada, rows[0], "both", 10)
    assert sorted(node.distance for node in graph.nodes) == [-1, 0, 1]
    assert len(graph.edges) == 3


def test_statements_follow_the_depth_and_not_the_rows(people: People) -> None:
    """A statement a level (two levels asked, the standing before them), the nodes, the edges between them."""
    start = EntityFactory()
    counts = []
    for _ in range(2):
        for _ in range(10):
            middle = EntityFactory()
            RelationFactory(source=start, target=middle, type="produces")
            RelationFactory(source=middle, target=EntityFactory(), type="produces")
        user = people.ada
        lineage(user, start, "both", 2)
        with CaptureQueriesContext(connection) as captured:
            lineage(user, start, "both", 2)
        counts.append(len(captured))
    assert counts == [4, 4]


@pytest.mark.parametrize("depth", [0, -1, DEEPEST + 1, 10**6])
def test_every_surface_refuses_the_same_depths(people: People, bearer: Bearer, depth: int) -> None:
    start = EntityFactory()
    with pytest.raises(Invalid, match="The depth is 1 to 10 hops"):
        lineage(people.ada, start, "both", depth)
    client = bearer("ada")
    asked = "query ($ref: String!, $depth: Int) { lineage(ref: $ref, depth: $depth) { truncated } }"
    error = refusal(client, asked, ref=start.ref, depth=depth)
    assert (error["extensions"]["code"], error["message"]) == ("invalid", "The depth is 1 to 10 hops.")
    answer = client.get(f"/api/v1/entities/{start.pk}/lineage/?depth={depth}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "depth" in answer.json()["errors"]
