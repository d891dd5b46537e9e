"""Which lines of two texts are the same, in bounded time: what a merge and a diff stand on.

`difflib` alone is quadratic or worse on long texts. Here a common beginning and end go first; lines that stand once
in both texts anchor the rest (the idea of patience diff); only short stretches between anchors meet `difflib`; a long
stretch without anchors pairs the n-th occurrence of a line with the n-th. So the cost is about n log n.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

SHORT = 4_096  # lines on one side times lines on the other
DEEPEST = 8  # how often a stretch is cut at anchors of its own

Block = tuple[int, int, int]  # a[i:i+n] == b[j:j+n]
Range = tuple[int, int, int, int]  # a[from:to], b[from:to]


def normalised(text: str) -> str:
    """Line ends are LF and the text ends with exactly one, or is empty. Nothing else changes."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    return lines + "\n" if lines else ""


def lines_of(text: str) -> list[str]:
    """Lines with their LF; other characters that Unicode calls line ends are characters."""
    *lines, last = text.split("\n")
    return [line + "\n" for line in lines] + ([last] if last else [])


def blocks(a: Sequence[str], b: Sequence[str]) -> list[Block]:
    """Matching blocks (i, j, length) in rising order, closed by (len(a), len(b), 0) as `difflib` does."""
    pairs = _pairs(a, b, (0, len(a), 0, len(b)), 0)
    return [*_joined(pairs), (len(a), len(b), 0)]


class Matcher:
    """`blocks` in the form that `merge3` asks for."""

    def __init__(
        self,
        isjunk: Callable[[str], bool] | None = None,
        a: Sequence[str] = "",
        b: Sequence[str] = "",
        autojunk: bool = True,
    ) -> None:
        self._a, self._b = a, b

    def get_matching_blocks(self) -> list[Block]:
        return blocks(self._a, self._b)


def _joined(pairs: Iterator[Block]) -> Iterator[Block]:
    """Blocks that touch on both sides are one."""
    held: Block | None = None
    for i, j, length in pairs:
        if held and held[0] + held[2] == i and held[1] + held[2] == j:
            held = (held[0], held[1], held[2] + length)
        else:
            if held:
                yield held
            held = (i, j, length)
    if held:
        yield held


def _pairs(a: Sequence[str], b: Sequence[str], within: Range, depth: int) -> Iterator[Block]:
    a_from, a_to, b_from, b_to = within
    start = _common(a, b, zip(range(a_from, a_to), range(b_from, b_to), strict=False))
    if start:
        yield a_from, b_from, start
    a_from, b_from = a_from + start, b_from + start
    end = _common(a, b, zip(range(a_to - 1, a_from - 1, -1), range(b_to - 1, b_from - 1, -1), strict=False))
    yield from _between(a, b, (a_from, a_to - end, b_from, b_to - end), depth)
    if end:
        yield a_to - end, b_to - end, end


def _common(a: Sequence[str], b: Sequence[str], places: Iterator[tuple[int, int]]) -> int:
    found = 0
    for i, j in places:
        if a[i] != b[j]:
            break
        found += 1
    return found


def _between(a: Sequence[str], b: Sequence[str], within: Range, depth: int) -> Iterator[Block]:
    a_from, a_to, b_from, b_to = within
    if a_from == a_to or b_from == b_to:
        return
    if (a_to - a_from) * (b_to - b_from) <= SHORT:
        matcher = SequenceMatcher(None, a[a_from:a_to], b[b_from:b_to], autojunk=False)
        yield from ((a_from + i, b_from + j, n) for i, j, n in matcher.get_matching_blocks() if n)
    elif depth < DEEPEST and (anchors := _anchors(a, b, within)):
        yield from _around(a, b, within, anchors, depth + 1)
    else:
        yield from ((i, j, 1) for i, j in _counted(a, b, within))


def _around(
    a: Sequence[str], b: Sequence[str], within: Range, anchors: list[tuple[int, int]], depth: int
) -> Iterator[Block]:
    a_from, a_to, b_from, b_to = within
    for i, j in anchors:
        yield from _pairs(a, b, (a_from, i, b_from, j), depth)
        yield i, j, 1
        a_from, b_from = i + 1, j + 1
    yield from _pairs(a, b, (a_from, a_to, b_from, b_to), depth)


def _anchors(a: Sequence[str], b: Sequence[str], within: Range) -> list[tuple[int, int]]:
    """Lines that stand exactly once on both sides, as far as their order agrees."""
    a_from, a_to, b_from, b_to = within
    in_a, in_b = Counter(a[a_from:a_to]), Counter(b[b_from:b_to])
    where = {b[j]: j for j in range(b_from, b_to) if in_b[b[j]] == 1}
    return _rising([(i, where[a[i]]) for i in range(a_from, a_to) if in_a[a[i]] == 1 and a[i] in where])


def _counted(a: Sequence[str], b: Sequence[str], within: Range) -> list[tuple[int, int]]:
    a_from, a_to, b_from, b_to = within
    where = {key: b_from + at for at, key in enumerate(_numbered(b[b_from:b_to]))}
    keys = enumerate(_numbered(a[a_from:a_to]))
    return _rising([(a_from + at, where[key]) for at, key in keys if key in where])


def _numbered(lines: Sequence[str]) -> Iterator[tuple[Hashable, int]]:
    seen: Counter[Any] = Counter()
    for line in lines:
        seen[line] += 1
        yield line, seen[line]


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs, which rise on the left, that rises on the right too (patience sorting)."""
    ends: list[int] = []  # the smallest right side that ends a run of each length
    holders: list[int] = []  # and whose pair that is
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(holders[length - 1] if length else -1)
        if length == len(ends):
            ends.append(j)
            holders.append(at)
        else:
            ends[length], holders[length] = j, at
    return _walked_back(pairs, before, holders[-1]) if holders else []


def _walked_back(pairs: list[tuple[int, int]], before: list[int], at: int) -> list[tuple[int, int]]:
    found = []
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
