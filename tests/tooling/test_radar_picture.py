"""The picture of the radar: nothing overlaps, nothing leaves its ring, and tools keep their places."""

from __future__ import annotations

from itertools import combinations
from math import hypot

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tooling.pictures import CORNERS, SMALLEST, Dot, Picture, Quarter, draw

MOVES = ("", "in", "out", "new")
dots = st.builds(Dot, st.uuids().map(str), st.integers(0, 5), st.sampled_from(MOVES))
quadrants = st.tuples(*(st.lists(dots, max_size=40, unique_by=lambda dot: dot.key) for _ in range(4)))


def distance(quarter: Quarter, picture: Picture, x: float, y: float) -> float:
    right, down = CORNERS[quarter.place]
    return hypot(x - (0 if right > 0 else picture.size), y - (0 if down > 0 else picture.size))


@settings(max_examples=60, deadline=None)
@given(quadrants)
def test_blips_stand_apart_in_their_ring_and_inside_the_drawing(given_dots: tuple[list[Dot], ...]) -> None:
    picture = draw(given_dots)
    for quarter, asked in zip(picture.quarters, given_dots, strict=True):
        rings = {dot.key: dot.ring for dot in asked}
        assert {mark.key for mark in quarter.marks} == set(rings)
        for one, other in combinations(quarter.marks, 2):
            assert hypot(one.x - other.x, one.y - other.y) >= picture.diameter
        for mark in quarter.marks:
            ring = rings[mark.key]
            far = distance(quarter, picture, mark.x, mark.y)
            inner = picture.radii[ring - 1] if ring else 0
            assert inner + mark.radius < far + 0.2 and far + mark.radius < picture.radii[ring] + 0.2
            assert mark.radius <= mark.x <= picture.size - mark.radius
            assert mark.radius <= mark.y <= picture.size - mark.radius


def test_the_order_of_the_tools_does_not_matter() -> None:
    tools = [Dot(f"tool:coe/{number}", number % 6) for number in range(40)]
    assert draw([tools, [], [], []]).quarters[0].marks == draw([tools[::-1], [], [], []]).quarters[0].marks


def test_most_tools_stay_where_they_are_when_one_comes() -> None:
    tools = [Dot(f"tool:coe/{number}", number % 6) for number in range(30)]
    before = {mark.key: (mark.x, mark.y) for mark in draw([tools, [], [], []]).quarters[0].marks}
    after = {
        mark.key: (mark.x, mark.y) for mark in draw([[*tools, Dot("new", 3)], [], [], []]).quarters[0].marks
    }
    assert sum(before[key] == after[key] for key in before) >= len(before) - 2


@pytest.mark.parametrize("number", [0, 1, 64, 400, 2_000])
def test_any_number_of_tools_is_drawn(number: int) -> None:
    tools = [Dot(str(place), place % 6) for place in range(number)]
    picture = draw([tools, [], [], []])
    assert len(picture.quarters[0].marks) == number and picture.diameter >= SMALLEST


def test_all_tools_in_the_innermost_ring_still_fit() -> None:
    picture = draw([[Dot(str(place), 0) for place in range(60)], [], [], []])
    assert len(picture.quarters[0].marks) == 60


def test_sixty_tools_are_as_large_as_any() -> None:
    tools = [[Dot(f"{place}-{number}", number % 6) for number in range(16)] for place in range(4)]
    assert draw(tools).diameter >= 20


def test_moves_are_told_by_shape() -> None:
    marks = {
        mark.key: mark
        for mark in draw([[Dot(move, 3, move) for move in MOVES], [], [], []]).quarters[0].marks
    }
    assert marks["in"].tip and marks["out"].tip and marks["in"].tip != marks["out"].tip
    assert marks["new"].halo > marks["new"].radius and not marks["new"].tip
    assert not marks[""].tip and not marks[""].halo
