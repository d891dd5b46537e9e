"""Geometry of the radar: four quarter circles that stand together as one, or below each other on a phone.

Each ring is cut into arcs of places that are far enough apart for a blip, so that no two can overlap whatever stands
where; which place a tool takes follows from a hash of its reference, so that it stays there while others come and go.
Units are those of the drawing (`SIZE` wide and high); the template only writes them down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2s
from math import asin, cos, gcd, hypot, pi, sin, sqrt

SIZE = 330.0
EDGE = 12.0  # between the outermost ring and the end of the drawing
LABELS = 15.0  # kept free along the horizontal axis, for the names of the rings
AXIS = 3.0
LEAST_WIDTHS = (58.0, 68.0, 32.0, 38.0, 28.0, 42.0)  # of the rings: as much as their names need
SHARES = (22.0, 18.0, 16.0, 12.0, 8.0, 6.0)  # who gets the room that is left
LARGEST, SMALLEST = 22, 13  # diameter of a blip
APART, ROWS_APART = 3.0, 7.5
TIP = 7.0
CORNERS = ((-1, -1), (1, -1), (-1, 1), (1, 1))  # where a quadrant lies, seen from the centre


@dataclass(frozen=True, slots=True)
class Dot:
    """What is to be placed: an identity that does not change, its ring from the inside out, how it moved."""

    key: str
    ring: int
    move: str = ""  # "in", "out", "new" or nothing


@dataclass(frozen=True, slots=True)
class Mark:
    """A blip's place in its quadrant's drawing."""

    key: str
    x: float
    y: float
    radius: float
    tip: str  # a path for the one that moved, towards the centre or away from it
    halo: float  # a second circle for the new one, else 0

    @property
    def text_y(self) -> float:
        return round(self.y + self.radius * 0.36, 1)


@dataclass(frozen=True, slots=True)
class Band:
    """One ring of a quadrant: a filled quarter of its outer radius, and where its name stands."""

    ring: int
    path: str
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Quarter:
    """One quadrant's drawing; bands run from the outside in, so that each covers the middle of the one before."""

    place: int
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    axes: str
    title_x: float
    title_y: float
    small: bool

    @property
    def ends(self) -> bool:
        """Whether the title stands at the right edge and ends there."""
        return self.title_x > SIZE / 2


@dataclass(frozen=True, slots=True)
class Picture:
    quarters: tuple[Quarter, ...]
    diameter: float
    radii: tuple[float, ...]
    size: float


@dataclass(frozen=True, slots=True)
class _Scale:
    diameter: float
    radii: tuple[float, ...]  # the outer radius of each ring
    size: float


def draw(quadrants: Sequence[Iterable[Dot]]) -> Picture:
    """The drawing of four quadrants; rings are as wide, and blips as large, as the fullest of them allows."""
    dots = [list(each) for each in quadrants]
    needs = [max(sum(dot.ring == ring for dot in each) for each in dots) for ring in range(len(LEAST_WIDTHS))]
    scale = _scale(needs)
    quarters = tuple(_quarter(place, each, scale) for place, each in enumerate(dots))
    return Picture(quarters, scale.diameter, scale.radii, scale.size)


def _scale(needs: Sequence[int]) -> _Scale:
    """The largest blips that fit; where even the smallest do not, the drawing itself grows."""
    size = SIZE
    while True:
        for diameter in range(LARGEST, SMALLEST - 1, -1):
            radii = _radii(needs, float(diameter), size - EDGE)
            if radii:
                return _Scale(float(diameter), radii, size)
        size *= 1.15


def _radii(needs: Sequence[int], diameter: float, reach: float) -> tuple[float, ...]:
    """Outer radii that give each ring places for what it holds and a quarter more; nothing where they do not fit."""
    widths: list[float] = []
    for need, least in zip(needs, LEAST_WIDTHS, strict=True):
        inner, width = sum(widths), least
        while len(_places(inner, inner + width, diameter)) < need + need // 4:
            width += 2
            if inner + width > reach:
                return ()
        widths.append(width)
    left = reach - sum(widths)
    if left < 0:
        return ()
    given = [width + left * share / sum(SHARES) for width, share in zip(widths, SHARES, strict=True)]
    return tuple(round(sum(given[: ring + 1]), 1) for ring in range(len(given)))


def _places(inner: float, outer: float, diameter: float) -> list[tuple[float, float]]:
    """(radius, angle) of every place between two radii, angles from the horizontal axis."""
    lowest, highest = inner + diameter / 2 + 2, outer - diameter / 2 - 2
    rows = int((highest - lowest) // (diameter + ROWS_APART)) + 1 if highest >= lowest else 0
    step = (highest - lowest) / (rows - 1) if rows > 1 else 0.0
    first = lowest if rows > 1 else (lowest + highest) / 2
    return [place for row in range(rows) for place in _row(first + row * step, diameter)]


def _row(radius: float, diameter: float) -> list[tuple[float, float]]:
    low, high = LABELS + diameter / 2, AXIS + diameter / 2
    if radius <= hypot(low, high):
        return []
    start, end = asin(low / radius), pi / 2 - asin(high / radius)
    apart = 2 * asin(min(1.0, (diameter + APART) / (2 * radius)))
    count = int((end - start) / apart) + 1
    if count == 1:
        return [(radius, (start + end) / 2)]
    return [(radius, start + (end - start) * number / (count - 1)) for number in range(count)]


def _quarter(place: int, dots: Iterable[Dot], scale: _Scale) -> Quarter:
    right, down = CORNERS[place]
    centre = (0.0 if right > 0 else scale.size, 0.0 if down > 0 else scale.size)
    title = (8.0 if right < 0 else scale.size - 8, 18.0 if down < 0 else scale.size - 24)
    return Quarter(
        place,
        tuple(_bands(centre, (right, down), scale)),
        tuple(_marks(centre, (right, down), list(dots), scale)),
        f"M{centre[0]:g} {scale.size - centre[1]:g}V{centre[1]:g}H{scale.size - centre[0]:g}",
        *title,
        small=scale.diameter < 17,
    )


def _bands(centre: tuple[float, float], signs: tuple[int, int], scale: _Scale) -> Iterable[Band]:
    (x, y), (right, down) = centre, signs
    sweep = 1 if right * down > 0 else 0
    for ring in reversed(range(len(scale.radii))):
        outer = scale.radii[ring]
        inner = scale.radii[ring - 1] if ring else 0.0
        path = (
            f"M{x:g} {y:g}H{x + right * outer:g}A{outer:g} {outer:g} 0 0 {sweep} {x:g} {y + down * outer:g}Z"
        )
        yield Band(ring, path, round(x + right * (inner + outer) / 2, 1), y + (10.5 if down > 0 else -5.0))


def _marks(
    centre: tuple[float, float], signs: tuple[int, int], dots: list[Dot], scale: _Scale
) -> Iterable[Mark]:
    for ring in range(len(scale.radii)):
        inner = scale.radii[ring - 1] if ring else 0.0
        places = _places(inner, scale.radii[ring], scale.diameter)
        for dot, (radius, angle) in _seated([dot for dot in dots if dot.ring == ring], places):
            across, along = signs[0] * cos(angle), signs[1] * sin(angle)
            x, y = centre[0] + radius * across, centre[1] + radius * along
            yield _mark(dot, x, y, (across, along), scale.diameter / 2 - 0.5)


def _seated(dots: list[Dot], places: list[tuple[float, float]]) -> Iterable[tuple[Dot, tuple[float, float]]]:
    """Each dot takes the place of its hash, else the next free one by steps of its own size."""
    count, taken = len(places), set[int]()
    for number, dot in sorted(((_hash(dot.key), dot) for dot in dots), key=lambda each: each[0]):
        place, step = number % count, _step(number, count)
        while place in taken:
            place = (place + step) % count
        taken.add(place)
        yield dot, places[place]


def _hash(key: str) -> int:
    return int.from_bytes(blake2s(key.encode(), digest_size=8).digest())


def _step(number: int, count: int) -> int:
    """A stride that comes by every place before it comes back."""
    stride = 1 + (number // count) % count
    while gcd(stride, count) != 1:
        stride += 1
    return stride


def _mark(dot: Dot, x: float, y: float, away: tuple[float, float], radius: float) -> Mark:
    tip = {"in": -1, "out": 1}.get(dot.move, 0)
    path = _beak(x, y, (away[0] * tip, away[1] * tip), radius) if tip else ""
    halo = round(radius + 2, 1) if dot.move == "new" else 0.0
    return Mark(dot.key, round(x, 1), round(y, 1), radius, path, halo)


def _beak(x: float, y: float, towards: tuple[float, float], radius: float) -> str:
    """A point that grows out of the circle along its tangents, as of a drop."""
    (dx, dy), reach = towards, radius + TIP
    foot = radius * radius / reach
    side = radius * sqrt(1 - (radius / reach) ** 2)
    left = (x + dx * foot - dy * side, y + dy * foot + dx * side)
    right = (x + dx * foot + dy * side, y + dy * foot - dx * side)
    top = (x + dx * reach, y + dy * reach)
    return f"M{left[0]:.1f} {left[1]:.1f}L{top[0]:.1f} {top[1]:.1f}L{right[0]:.1f} {right[1]:.1f}Z"
