"""Small line charts as PNG for the demo world's wiki, drawn with the standard library: the product itself needs no
drawing library, and binary files in the repository would hide what they show."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

WIDTH, HEIGHT, EDGE = 640, 240, 16
PAPER, GRID = (250, 250, 251), (222, 225, 230)
INKS = ((37, 99, 178), (196, 84, 26), (41, 128, 92))
Colour = tuple[int, int, int]


def line_chart(*series: Sequence[float]) -> bytes:
    """One line for each series over a grid, from the smallest to the largest value of all of them."""
    canvas = [bytearray(bytes(PAPER) * WIDTH) for _ in range(HEIGHT)]
    for step in range(5):
        _dash(canvas, EDGE + step * (HEIGHT - 2 * EDGE) // 4)
    values = [value for one in series for value in one]
    low, span = min(values), (max(values) - min(values)) or 1.0
    for ink, one in zip(INKS, series, strict=False):
        _line(canvas, [(value - low) / span for value in one], ink)
    return _png(canvas)


def _dash(canvas: list[bytearray], y: int) -> None:
    for x in range(EDGE, WIDTH - EDGE):
        _dot(canvas, x, y, GRID)


def _line(canvas: list[bytearray], shares: Sequence[float], ink: Colour) -> None:
    """A line of three pixels; shares are heights from 0 to 1."""
    across = (WIDTH - 2 * EDGE - 1) / max(1, len(shares) - 1)
    before = _height(shares[0])
    for x in range(WIDTH - 2 * EDGE):
        place = min(x / across, len(shares) - 1.0)
        left = min(int(place), len(shares) - 2) if len(shares) > 1 else 0
        right = min(left + 1, len(shares) - 1)
        y = _height(shares[left] + (shares[right] - shares[left]) * (place - left))
        for row in range(min(before, y) - 1, max(before, y) + 2):
            _dot(canvas, EDGE + x, row, ink)
        before = y


def _height(share: float) -> int:
    return HEIGHT - EDGE - 1 - round(share * (HEIGHT - 2 * EDGE - 2))


def _dot(canvas: list[bytearray], x: int, y: int, ink: Colour) -> None:
    if 0 <= y < HEIGHT:
        canvas[y][3 * x : 3 * x + 3] = bytes(ink)


def _png(rows: Iterable[bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = _part(b"IHDR", header) + _part(b"IDAT", pixels) + _part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
