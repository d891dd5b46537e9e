"""Two people changed one text: what each of them did is kept, or both are shown where they meet.

Lines are compared as they are. `normalised` changes line ends only: search, SHA-256 and the diff must show what
people typed, so no character is composed, trimmed or replaced (an NFC pass would silently edit code samples).
Changes of neighbouring lines, and two insertions at one place, count as a conflict: in prose, neighbours are usually
one thought, and a question too many costs less than a sentence that nobody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from merge3 import Merge3

from apps.core.matching import Matcher, lines_of, normalised

Kind = Literal["same", "theirs", "mine", "both", "conflict"]
SIDES = frozenset({"base", "theirs", "mine", "theirs+mine", "mine+theirs"})


@dataclass(frozen=True, slots=True)
class Hunk:
    """One stretch of the text in its three states, as lines with their ends.

    The kind says who changed it: nobody ("same"), one side, both in the same way, or both in different ways
    ("conflict"). The hunks' `theirs` put together are their whole text, and so are `mine` and `base`.
    """

    kind: Kind
    base: tuple[str, ...]
    theirs: tuple[str, ...]
    mine: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What stands in the merged text; empty for a conflict."""
        if self.kind == "conflict":
            return ()
        return self.mine if self.kind == "mine" else self.theirs


@dataclass(frozen=True, slots=True)
class Merge:
    """`text` is None where somebody must choose; the hunks then hold every line of all three texts."""

    text: str | None
    hunks: tuple[Hunk, ...]

    @property
    def conflicts(self) -> tuple[int, ...]:
        """The indices of the hunks that need a choice."""
        return tuple(at for at, hunk in enumerate(self.hunks) if hunk.kind == "conflict")


def merge(base: str, theirs: str, mine: str) -> Merge:
    """What they and I made of the base, in one text. The texts are normalised first."""
    hunks = tuple(_hunks(*(lines_of(normalised(text)) for text in (base, theirs, mine))))
    clean = all(hunk.kind != "conflict" for hunk in hunks)
    return Merge(resolved(hunks, {}) if clean else None, hunks)


def resolved(hunks: Sequence[Hunk], choices: Mapping[int, str]) -> str:
    """The text with a side (one of `SIDES`) chosen for each conflict, by the hunk's index.

    Raises ValueError that names the conflicts without a choice, counted from 1 as people see them.
    """
    conflicts = [at for at, hunk in enumerate(hunks) if hunk.kind == "conflict"]
    open_ones = [str(number) for number, at in enumerate(conflicts, 1) if choices.get(at) not in SIDES]
    if open_ones:
        raise ValueError(f"Choose a side for conflict {', '.join(open_ones)}.")
    return normalised(
        "".join(chain.from_iterable(_chosen(hunk, choices.get(at)) for at, hunk in enumerate(hunks)))
    )


def _chosen(hunk: Hunk, choice: str | None) -> Iterator[str]:
    if hunk.kind != "conflict" or choice is None:
        yield from hunk.lines
        return
    for side in choice.split("+"):
        yield from getattr(hunk, side)


def _hunks(base: list[str], theirs: list[str], mine: list[str]) -> Iterator[Hunk]:
    """`merge3` finds what all three share; what lies between is told apart here, with the base beside it."""
    merging: Any = Merge3(base, theirs, mine, sequence_matcher=Matcher)
    at = (0, 0, 0)
    for base_from, base_to, theirs_from, theirs_to, mine_from, mine_to in merging.find_sync_regions():
        changed = base[at[0] : base_from], theirs[at[1] : theirs_from], mine[at[2] : mine_from]
        if any(changed):
            yield _changed(*map(tuple, changed))
        if base_to > base_from:
            same = tuple(base[base_from:base_to])
            yield Hunk("same", same, same, same)
        at = (base_to, theirs_to, mine_to)


def _changed(base: tuple[str, ...], theirs: tuple[str, ...], mine: tuple[str, ...]) -> Hunk:
    kind: Kind = "conflict"
    if theirs == mine:
        kind = "same" if theirs == base else "both"
    elif theirs == base:
        kind = "mine"
    elif mine == base:
        kind = "theirs"
    return Hunk(kind, base, theirs, mine)
