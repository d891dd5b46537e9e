"""Now, next, later: when requests may be there, as windows, never as promised dates; and what is blocked since when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.roadmap.models import Block, Estimate
from apps.roadmap.queries.requests import RequestFilter, register
from apps.roadmap.queries.turns import Turn, who_is_next
from apps.roadmap.workflow import State

COLUMNS: dict[str, tuple[str, ...]] = {
    "now": (State.IN_PROGRESS,),
    "next": (State.PLANNED, State.IN_CYCLE),
    "later": (State.READY, State.SCORING),
}
MOST = 60  # of one column
DAYS = 7
FARTHEST = 3_650  # an estimate beyond ten years is drawn as ten years


@dataclass(frozen=True, slots=True)
class Window:
    """As likely before as after `p50`, nearly surely by `p90`. `source` is what it was made from."""

    p50: date
    p90: date
    source: str


@dataclass(frozen=True, slots=True)
class Range:
    """Person-weeks of one role."""

    p10: Decimal
    p50: Decimal
    p90: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """`late`: even the later end of its window has passed. `blocks` are open, the longest first, with their days."""

    request: Any
    window: Window | None
    late: bool
    blocks: tuple[tuple[Block, int], ...]
    turn: Turn


def outlook(user: Any, wanted: RequestFilter, today: date) -> dict[str, tuple[list[Item], bool]]:
    """By column the items that `user` may see, and whether there are more than are shown; ten statements."""
    seen = register(user, wanted)
    ids = {name: _oldest(seen.filter(state__in=states)) for name, states in COLUMNS.items()}
    rows = seen.filter(pk__in=[pk for each in ids.values() for pk in each[:MOST]]).in_bulk()
    ranges = ranges_of(rows)
    items = {pk: _item(row, ranges.get(pk, {}), today) for pk, row in rows.items()}
    return {
        name: (_by_window([items[pk] for pk in each[:MOST] if pk in items]), len(each) > MOST)
        for name, each in ids.items()
    }


def _oldest(rows: Any) -> list[int]:
    return list(rows.order_by("state_since", "pk").values_list("pk", flat=True)[: MOST + 1])


def ranges_of(requests: Iterable[int]) -> dict[int, dict[str, Range]]:
    """The last estimate by request and role, with its range; one statement."""
    rows = (
        Estimate._base_manager.filter(request__in=list(requests))
        .order_by("request_id", "role", "-at", "-id")
        .distinct("request_id", "role")
    )
    found: dict[int, dict[str, Range]] = {}
    for row in rows:
        found.setdefault(row.request_id, {})[row.role] = Range(row.p10, row.p50, row.p90)
    return found


def window_of(request: Any, ranges: dict[str, Range], today: date) -> Window | None:
    """From the milestones that are not reached yet; else from the start and the role that needs longest, one person a
    role. None where neither is known."""
    left = [each for each in request.milestones.all() if each.done_at is None]
    if left:
        return Window(max(each.p50 for each in left), max(each.p90 for each in left), "milestones")
    starts = _starts(request, today)
    if starts is None or not ranges:
        return None
    p50, p90 = (max(getattr(each, name) for each in ranges.values()) for name in ("p50", "p90"))
    return Window(_after(starts, p50), _after(starts, p90), "estimate")


def _starts(request: Any, today: date) -> date | None:
    """When work began; else with its cycle, not before today. Before a cycle takes it nobody knows."""
    if request.state == State.IN_PROGRESS:
        return request.state_since.date()
    if request.state not in (State.PLANNED, State.IN_CYCLE):
        return None
    last = max(request.candidacies.all(), key=lambda each: each.pk, default=None)
    return max(last.cycle.starts, today) if last else None


def _after(starts: date, weeks: Decimal) -> date:
    return starts + timedelta(days=min(int(weeks * DAYS), FARTHEST))


def _item(request: Any, ranges: dict[str, Range], today: date) -> Item:
    window = window_of(request, ranges, today)
    late = window is not None and window.p90 < today
    return Item(request, window, late, open_blocks(request, today), who_is_next(request))


def open_blocks(request: Any, today: date) -> tuple[tuple[Block, int], ...]:
    rows = [row for row in request.blocks.all() if row.ended_at is None]
    return tuple((row, (today - row.since.date()).days) for row in sorted(rows, key=lambda row: row.since))


def _by_window(items: list[Item]) -> list[Item]:
    """What is blocked first, then what may be there first; what has no window last, the longest waiting first."""
    far = date.max
    return sorted(items, key=lambda each: (not each.blocks, each.window.p50 if each.window else far))
