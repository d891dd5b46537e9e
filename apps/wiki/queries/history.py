"""A page's revisions, and how the text grew and shrank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, IntegerField, QuerySet, Value, Window
from django.db.models.functions import Lag, Length, Replace

from apps.core.differences import Block, diff
from apps.core.errors import NotFound
from apps.wiki.models import Page, Revision

PER_PAGE = 50
MOST_LINES = 2_000  # of a comparison that are shown at once
MOST_COMPARED = 2_000_000  # characters of a list of revisions whose changed lines are counted
WHOLE = 1_000_000  # lines around a change when nothing is to be folded


def history(user: Any, page: Page, before: int | None = None) -> list[Revision]:
    """Up to 50 revisions, newest first, without their texts; those below number `before` where it is given.

    `more_characters` and `more_lines` compare with the revision before, in the same statement; they are None for the
    first one. Numbers have no gaps, so that the texts of one page of the list alone are measured. The rows have
    `added` and `removed` lines too, as far as the texts are not too long to be read for that.
    """
    top = before or (page.revision.number + 1 if page.revision else 1)
    rows = Revision.objects.visible_to(user).filter(page=page, number__lt=top, number__gte=top - PER_PAGE - 1)
    found = _measured(rows).select_related("author", "restored").defer("text", "restored__text")
    listed = list(found[: PER_PAGE + 1])
    _count_lines(listed, _texts(rows, listed))
    return listed[:PER_PAGE]


def _texts(rows: QuerySet[Revision], listed: list[Any]) -> dict[int, str]:
    """By number, newest first, until they are too long together."""
    wanted, room = [], MOST_COMPARED
    for row in listed:
        room -= row.characters
        if room < 0:
            break
        wanted.append(row.number)
    return dict(rows.filter(number__in=wanted, redacted_at=None).values_list("number", "text"))


def _count_lines(listed: Iterable[Any], texts: dict[int, str]) -> None:
    lines = {number: Counter(text.splitlines()) for number, text in texts.items()}
    for row in listed:
        new, old = lines.get(row.number), lines.get(row.number - 1)
        if new is not None and old is not None:
            row.added, row.removed = (new - old).total(), (old - new).total()
            row.lines_changed = row.added + row.removed


def _measured(rows: QuerySet[Revision]) -> QuerySet[Revision]:
    length, lines = Length("text"), _line_ends()
    return rows.annotate(
        characters=length,
        more_characters=length - _lag(length),
        more_lines=lines - _lag(lines),
        fewer_characters=_lag(length) - length,
        fewer_lines=_lag(lines) - lines,
        redacted_before=_lag("redacted_at"),
    )


def _lag(expression: Any) -> Window:
    """The value of the revision before."""
    return Window(Lag(expression), order_by=F("number").asc())


def _line_ends() -> Any:
    ends = Length("text") - Length(Replace("text", Value("\n"), Value("")))
    ends.output_field = IntegerField()
    return ends


def revision_at(user: Any, page: Page, number: int) -> Revision:
    rows = Revision.objects.visible_to(user).filter(page=page, number=number)
    found = rows.select_related("author", "restored").defer("restored__text").first()
    if found is None:
        raise NotFound(f"This page has no revision {number}.", next_step="Choose one in the page's history.")
    found.page = page
    return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one revision to another; `blocks` is empty where one of them was redacted.

    `left_out` counts the lines beyond the first 2,000, which are not in `blocks`.
    """

    old: Revision
    new: Revision
    blocks: list[Block]
    added: int
    removed: int
    left_out: int = 0

    @property
    def redacted(self) -> Revision | None:
        return next((side for side in (self.old, self.new) if side.redacted_at), None)

    @property
    def retitled(self) -> bool:
        return self.old.title != self.new.title


def comparison(old: Revision, new: Revision, *, whole: bool = False) -> Comparison:
    """Lines that changed count as added and as removed; `whole` folds and leaves out nothing."""
    if old.redacted_at or new.redacted_at:
        return Comparison(old, new, [], 0, 0)
    blocks = diff(old.text, new.text, WHOLE if whole else 3)
    kinds = [row.kind for block in blocks for row in block.rows]
    changed = kinds.count("changed")
    shown, left_out = (blocks, 0) if whole else _beginning(blocks)
    added, removed = kinds.count("added") + changed, kinds.count("removed") + changed
    return Comparison(old, new, shown, added, removed, left_out)


def _beginning(blocks: list[Block]) -> tuple[list[Block], int]:
    """The first 2,000 lines, and how many more there are."""
    shown: list[Block] = []
    room, left_out = MOST_LINES, 0
    for block in blocks:
        if room:
            shown.append(Block(block.rows[:room], block.folded))
        left_out += len(block.rows[room:])
        room = max(room - len(block.rows), 0)
    return shown, left_out
