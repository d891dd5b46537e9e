"""Geometry of a cycle's pictures: capacity by role, value received against share, value of plans, dependencies.

Bars and marks are in percent of the drawing's width, so that they keep their shape on a phone; the drawing of
dependencies has units of its own. Templates only write them down. Every picture stands beside its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

BOX_WIDTH, BOX_HEIGHT = 204, 44
GAP_ACROSS, GAP_DOWN = 44, 12
EDGE = 4
LINE_HEIGHT = 16
LONGEST_LINE = 28


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: what it is, how much, and which paint it has."""

    label: str
    amount: int
    paint: str


@dataclass(frozen=True, slots=True)
class Piece:
    label: str
    amount: int
    paint: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Pieces one after the other; `limit` is where the capacity ends, empty where it is the drawing's end."""

    label: str
    pieces: tuple[Piece, ...]
    limit: str = ""
    outline: str = ""


def bar(label: str, parts: Iterable[Part], scale: int, limit: int | None = None) -> Bar:
    """`scale` is what the whole width stands for; `limit` draws a line there."""
    pieces, start = [], 0
    for part in parts:
        if part.amount > 0:
            pieces.append(
                Piece(
                    part.label, part.amount, part.paint, _percent(start, scale), _percent(part.amount, scale)
                )
            )
            start += part.amount
    mark = "" if limit is None else _percent(limit, scale)
    return Bar(label, tuple(pieces), mark, mark or "100%")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "0%"


@dataclass(frozen=True, slots=True)
class Mark:
    """One plan's value on a unit's line: where, and in which shape."""

    label: str
    x: str
    shape: str


def marks(values: Sequence[tuple[str, float | None, str]]) -> tuple[Mark, ...]:
    """(label, 0 to 1, shape); what has no value has no mark. The last one is drawn over the others."""
    return tuple(
        Mark(label, f"{100 * value:.2f}%", shape) for label, value, shape in values if value is not None
    )


@dataclass(frozen=True, slots=True)
class Box:
    """A request in the drawing of dependencies."""

    key: str
    title: str
    lines: tuple[str, ...]
    x: int
    y: int

    @property
    def text(self) -> tuple[tuple[int, str], ...]:
        """Each line of the title with where it stands; two at most."""
        first = self.y + BOX_HEIGHT // 2 + (4 if len(self.lines) == 1 else -4)
        return tuple((first + number * LINE_HEIGHT, line) for number, line in enumerate(self.lines))


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is needs (an arrow from what comes first) or excludes (a dashed line)."""

    kind: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def dependencies(
    titles: Mapping[str, str], needs: Mapping[str, Iterable[str]], excludes: Iterable[tuple[str, str]]
) -> Drawing:
    """What is needed stands left of what needs it; requests without any tie are left out. The needs are acyclic."""
    needed = {key: sorted(set(others) & set(titles)) for key, others in needs.items() if key in titles}
    rivals = sorted({tuple(sorted(pair)) for pair in excludes if set(pair) <= set(titles)})
    tied = {key for key, others in needed.items() if others}
    tied |= {other for others in needed.values() for other in others} | {
        key for pair in rivals for key in pair
    }
    columns = _columns(tied, needed)
    places = _places(columns)
    boxes = tuple(
        Box(
            key,
            titles[key],
            tuple(wrap(titles[key], LONGEST_LINE, max_lines=2, placeholder="…")),
            *places[key],
        )
        for key in sorted(tied, key=lambda each: places[each])
    )
    lines = [
        Line("needs", _arrow(places[other], places[key]), f"{titles[key]} needs {titles[other]}")
        for key in sorted(tied)
        for other in needed.get(key, ())
    ]
    lines += [
        Line(
            "excludes",
            _bow(places[one], places[other]),
            f"{titles[one]} and {titles[other]} exclude each other",
        )
        for one, other in rivals
    ]
    across = max((x for x, _ in places.values()), default=0) + BOX_WIDTH
    down = max((y for _, y in places.values()), default=0) + BOX_HEIGHT
    return Drawing(across + EDGE * 2, down + EDGE * 2, boxes, tuple(lines))


def _columns(tied: Iterable[str], needed: Mapping[str, Sequence[str]]) -> dict[int, list[str]]:
    """By the longest way to something that needs nothing; a step at a time, so that a long chain is no danger."""
    depth = dict.fromkeys(tied, 0)
    for _ in depth:
        moved = False
        for key in depth:
            least = max((depth[other] + 1 for other in needed.get(key, ())), default=0)
            if least > depth[key]:
                depth[key], moved = least, True
        if not moved:
            break
    columns: dict[int, list[str]] = {}
    for key in sorted(depth):
        columns.setdefault(depth[key], []).append(key)
    return columns


def _places(columns: Mapping[int, Sequence[str]]) -> dict[str, tuple[int, int]]:
    return {
        key: (EDGE + column * (BOX_WIDTH + GAP_ACROSS), EDGE + row * (BOX_HEIGHT + GAP_DOWN))
        for column, keys in columns.items()
        for row, key in enumerate(keys)
    }


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From the right side of what is needed to the left side of what needs it."""
    x, y = start[0] + BOX_WIDTH, start[1] + BOX_HEIGHT // 2
    to_x, to_y = end[0] - 5, end[1] + BOX_HEIGHT // 2
    middle = (x + to_x) // 2
    return f"M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}"


def _bow(one: tuple[int, int], other: tuple[int, int]) -> str:
    """Between the right sides where both stand below each other, else between the sides that face each other."""
    (left, top), (right, bottom) = sorted((one, other))
    if left == right:
        x, low, high = left + BOX_WIDTH, top + BOX_HEIGHT // 2, bottom + BOX_HEIGHT // 2
        return f"M{x} {low}C{x + 28} {low} {x + 28} {high} {x} {high}"
    return _arrow((left, top), (right + 5, bottom))
