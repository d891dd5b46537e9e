"""What changed between two texts: by line, within a changed line by word, in bounded time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from apps.core.matching import blocks, lines_of, normalised

RowKind = Literal["same", "added", "removed", "changed"]
SegmentKind = Literal["same", "added", "removed"]
_WORDS = re.compile(r"\w+|[^\S\n]+|[^\w\s]")
_ALIKE = 0.5  # from here on, two lines are one that changed (difflib's ratio over words)
_NEAR = 4  # how many lines further down the changed line is looked for
_LONGEST = 400  # words of a line that is compared by word
_EFFORT = 2_000_000  # pairs of words that one diff may weigh; what comes later is shown by line
_PAIR = 50  # what a pair of lines costs besides


@dataclass(frozen=True, slots=True)
class Segment:
    text: str
    kind: SegmentKind


@dataclass(frozen=True, slots=True)
class Row:
    """One line: numbers count from 1 and are None where the line is not in that text. Line ends are left out."""

    kind: RowKind
    old_number: int | None
    new_number: int | None
    old: tuple[Segment, ...]
    new: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that belong together, or (without rows) how many unchanged lines are folded away."""

    rows: tuple[Row, ...]
    folded: int = 0


@dataclass(slots=True)
class _Effort:
    left: int = field(default=_EFFORT)

    def spend(self, pairs: int) -> bool:
        self.left -= pairs
        return self.left >= 0


def diff(old: str, new: str, context: int = 3) -> list[Block]:
    """Changed lines with `context` unchanged ones around them; other unchanged lines are folded. Equal texts give
    no block with rows."""
    rows = list(_rows(lines_of(normalised(old)), lines_of(normalised(new))))
    return list(_folded(rows, max(context, 0)))


def summary(old: str, new: str) -> tuple[int, int]:
    """How many lines were added and removed; a changed line counts as both."""
    before, after = lines_of(normalised(old)), lines_of(normalised(new))
    kept = sum(length for _, _, length in blocks(before, after))
    return len(after) - kept, len(before) - kept


def _rows(old: Sequence[str], new: Sequence[str]) -> Iterator[Row]:
    effort = _Effort()
    at_old = at_new = 0
    for i, j, length in blocks(old, new):
        yield from _changed(old, new, (at_old, i, at_new, j), effort)
        for step in range(length):
            both = (Segment(_bare(old[i + step]), "same"),)
            yield Row("same", i + step + 1, j + step + 1, both, both)
        at_old, at_new = i + length, j + length


def _changed(
    old: Sequence[str], new: Sequence[str], within: tuple[int, int, int, int], effort: _Effort
) -> Iterator[Row]:
    """Lines that resemble each other stand in one row; of the others, those that went come first."""
    old_at, old_to, new_at, new_to = within
    added_from = new_at
    removed: list[Row] = []
    while old_at < old_to:
        found = _alike(old[old_at], new[added_from : min(added_from + _NEAR, new_to)], effort)
        if found is None:
            removed.append(_removed(old_at, old[old_at]))
        else:
            yield from removed
            removed = []
            yield from (_added(at, new[at]) for at in range(added_from, added_from + found[0]))
            added_from += found[0]
            yield Row("changed", old_at + 1, added_from + 1, *found[1])
            added_from += 1
        old_at += 1
    yield from removed
    yield from (_added(at, new[at]) for at in range(added_from, new_to))


def _alike(
    old: str, candidates: Sequence[str], effort: _Effort
) -> tuple[int, tuple[tuple[Segment, ...], tuple[Segment, ...]]] | None:
    before = _WORDS.findall(old)
    if not any(word.strip() for word in before) or len(before) > _LONGEST:
        return None
    for at, line in enumerate(candidates):
        after = _WORDS.findall(line)
        if len(after) > _LONGEST or not effort.spend(len(before) * len(after) + _PAIR):
            continue
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        if (
            matcher.real_quick_ratio() >= _ALIKE
            and matcher.quick_ratio() >= _ALIKE
            and _resemble(matcher, before)
        ):
            return at, _segments(before, after, matcher)
    return None


def _resemble(matcher: SequenceMatcher[str], before: list[str]) -> bool:
    """Half of the words, and one that is more than white space."""
    shared = any(before[i + step].strip() for i, _, n in matcher.get_matching_blocks() for step in range(n))
    return shared and matcher.ratio() >= _ALIKE


def _segments(
    before: list[str], after: list[str], matcher: SequenceMatcher[str]
) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    old: list[Segment] = []
    new: list[Segment] = []
    for kind, i, i_to, j, j_to in matcher.get_opcodes():
        _add(old, "".join(before[i:i_to]), "same" if kind == "equal" else "removed")
        _add(new, "".join(after[j:j_to]), "same" if kind == "equal" else "added")
    return tuple(old), tuple(new)


def _add(segments: list[Segment], text: str, kind: SegmentKind) -> None:
    if text:
        segments.append(Segment(text, kind))


def _bare(line: str) -> str:
    return line.removesuffix("\n")


def _removed(at: int, line: str) -> Row:
    return Row("removed", at + 1, None, (Segment(_bare(line), "removed"),), ())


def _added(at: int, line: str) -> Row:
    return Row("added", None, at + 1, (), (Segment(_bare(line), "added"),))


def _folded(rows: list[Row], context: int) -> Iterator[Block]:
    """A single unchanged line between two changes stays open: a fold would be as high as the line."""
    changed = [at for at, row in enumerate(rows) if row.kind != "same"]
    spans: list[list[int]] = []
    for at in changed:
        start, end = max(at - context, 0), min(at + context + 1, len(rows))
        if spans and start <= spans[-1][1] + 1:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    edges = [0, *(edge for span in spans for edge in span), len(rows)]
    for number, (start, end) in enumerate(pairwise(edges)):
        if end > start:
            yield Block(tuple(rows[start:end])) if number % 2 else Block((), folded=end - start)
