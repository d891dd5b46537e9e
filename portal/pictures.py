"""Geometry of the small pictures that the server draws as SVG; their colours come from classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Spark:
    """A line through `values` in a box of `width` x `height` units, and the ring of its last point."""

    width: int
    height: int
    line: str
    area: str
    last_x: float
    last_y: float
    first: Number
    last: Number
    least: Number
    most: Number


def spark(values: Sequence[Number], width: int = 96, height: int = 24, margin: int = 3) -> Spark | None:
    """The line of a sparkline; None for fewer than two values. A flat series runs through the middle."""
    numbers = list(values)
    if len(numbers) < 2:
        return None
    points = _points(numbers, width, height, margin)
    line = " ".join(f"{x:g},{y:g}" for x, y in points)
    area = f"{points[0][0]:g},{height} {line} {points[-1][0]:g},{height}"
    return Spark(width, height, line, area, *points[-1], numbers[0], numbers[-1], min(numbers), max(numbers))


def _points(numbers: list[Number], width: int, height: int, margin: int) -> list[tuple[float, float]]:
    least, most = float(min(numbers)), float(max(numbers))
    step = (width - 2 * margin) / (len(numbers) - 1)
    room = height - 2 * margin
    heights = [(float(number) - least) / (most - least) if most > least else 0.5 for number in numbers]
    return [
        (round(margin + index * step, 2), round(height - margin - share * room, 2))
        for index, share in enumerate(heights)
    ]


def stacked(parts: Sequence[tuple[str, Number, str]], total: Number) -> list[dict[str, object]]:
    """Segments of a bar of 100 units from (label, amount, meaning); more than `total` fills the bar."""
    whole = max(float(total), sum(float(amount) for _label, amount, _meaning in parts)) or 1.0
    segments: list[dict[str, object]] = []
    start = 0.0
    for label, amount, meaning in parts:
        width = round(float(amount) / whole * 100, 2)
        segments.append(
            {"label": label, "amount": amount, "meaning": meaning, "x": round(start, 2), "width": width}
        )
        start += width
    return segments
