"""What becomes of the things that a request needs first, for somebody who votes on it. As far as the reader sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apps.roadmap.models import Request
from apps.roadmap.queries.cycles import Candidacy
from apps.roadmap.workflow import DONE, Entry


def needs_told(found: Iterable[Candidacy]) -> dict[int, list[tuple[Request, str]]]:
    """By request: what it needs, and how that comes. `found` are all candidates, also those off the top."""
    rows = {each.row.request_id: each for each in found}
    top = off_the_top(rows)
    return {pk: [(other, _way(other, rows, top)) for other in each.needs] for pk, each in rows.items()}


def off_the_top(rows: Mapping[int, Candidacy]) -> set[int]:
    """What is carried over or mandatory, with everything that this needs, as the planner takes it."""
    waiting = [pk for pk, each in rows.items() if each.row.entry != Entry.OPEN]
    taken: set[int] = set()
    while waiting:
        pk = waiting.pop()
        if pk in rows and pk not in taken:
            taken.add(pk)
            waiting += [other.pk for other in rows[pk].needs]
    return taken


def _way(other: Request, rows: Mapping[int, Candidacy], top: set[int]) -> str:
    if other.pk in top:
        return "which comes off the top anyway"
    if other.pk in rows:
        return "which is bought with it"
    return "which is delivered already" if other.state in DONE else "which is not in this cycle"
