"""Headings of a page: their ids, which nobody can aim at another part of the portal, and their order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, pairwise

from markdown_it.token import Token

from apps.wiki.text.wording import words_of

_GAP = re.compile(r"[\W_]+")
_LONGEST = 80  # characters of an id, without its prefix


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading: its level (1 is the page's highest, and none is skipped), the id of its element, its words without
    marks."""

    level: int
    id: str
    title: str


def anchor_id(title: str) -> str:
    """The id that the first heading of this title has; letters of any script, the same for `Setup` and `setup`."""
    name = _GAP.sub("-", unicodedata.normalize("NFKC", title).lower()).strip("-")[:_LONGEST].strip("-")
    return f"h-{name or 'section'}"


def number_headings(tokens: Sequence[Token]) -> list[Heading]:
    """Give each heading its id and its level below the page's own h1. Changes the tokens.

    Writers begin with `#` or with `##` and skip levels; a screen reader wants them in order, so levels count from the
    highest that the page uses, and none is more than one below the heading before it.
    """
    taken: set[str] = set()
    counters: dict[str, count[int]] = {}
    found: list[Heading] = []
    highest = min((int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=1)
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        title = words_of(inline.children)
        level = min(int(opening.tag[1]) - highest + 1, found[-1].level + 1 if found else 1)
        heading = Heading(level, _free(anchor_id(title), taken, counters), title)
        opening.meta = {"heading": heading}
        found.append(heading)
    return found


def _free(wanted: str, taken: set[str], counters: dict[str, count[int]]) -> str:
    """The wanted id, or the next free one with a number; one counter a name keeps ten thousand equal ones cheap."""
    chosen = wanted
    while chosen in taken:
        chosen = f"{wanted}-{next(counters.setdefault(wanted, count(2)))}"
    taken.add(chosen)
    return chosen
