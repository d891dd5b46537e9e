"""How requests and cycles move from state to state: only along their moves, under a lock on the row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.concurrency import require_version, swap
from apps.core.errors import Conflict
from apps.core.events import record
from apps.roadmap.actions.telling import tell_of
from apps.roadmap.models import Cycle, Request
from apps.roadmap.workflow import CYCLE_MOVES, MOVES, CycleState, State


def moment(at: datetime | None) -> datetime:
    """When the action happens: now, or for imports of history another instant."""
    return at or timezone.now()


def locked(request: Request, expected_version: int | None = None) -> Request:
    """The request as it is now, held until the end of the transaction. Conflict if it is another version."""
    row = (
        Request._base_manager.select_for_update(of=("self",))
        .select_related("unit", "owner")
        .get(pk=request.pk)
    )
    require_version(row, expected_version)
    return row


def locked_candidates(cycle: Cycle) -> QuerySet[Request]:
    """All requests of a cycle, held likewise, in one statement."""
    rows = Request._base_manager.select_for_update(of=("self",)).filter(candidacies__cycle=cycle)
    return rows.select_related("unit", "owner").order_by("pk")


def locked_cycle(cycle: Cycle, expected_version: int | None = None) -> Cycle:
    row = Cycle._base_manager.select_for_update().get(pk=cycle.pk)
    require_version(row, expected_version)
    return row


def move(
    actor: Any,
    request: Request,
    state: str,
    at: datetime,
    verb: str,
    *,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Moves the locked request and records it, with the reason that was given; who asked for it and who follows it are
    told of a new state. A reason is that of the last step: a step without one leaves none. Conflict where the life of a
    request has no such step."""
    before = request.state
    if state != before:
        _require_move(State(before).label, state, MOVES[before], State)
        changes = {"reason": "", **changes, "state_since": at}
    swap(request, request.version, {"state": state, **changes}, at=at)
    why = {"reason": changes["reason"]} if changes.get("reason") else {}
    told = {"from": before, "to": state} | why | (data or {})
    event = record(f"roadmap.request.{verb}", actor=actor, target=request, data=told, at=at)
    if state != before:
        tell_of(event, request, actor)


def move_cycle(
    actor: Any,
    cycle: Cycle,
    state: str,
    at: datetime,
    verb: str,
    *,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Moves the locked cycle and records it. Conflict where the life of a cycle has no such step, staying included."""
    before = cycle.state
    _require_move(CycleState(before).label, state, CYCLE_MOVES[before], CycleState)
    swap(cycle, cycle.version, {"state": state, **changes}, at=at)
    told = {"from": before, "to": state} | (data or {})
    record(f"roadmap.cycle.{verb}", actor=actor, target=cycle, data=told, at=at)


def _require_move(before: str, state: str, possible: tuple[str, ...], words: Any) -> None:
    if state not in possible:
        label = words(state).label
        raise Conflict(
            f"This is {before.lower()} already."
            if label == before
            else f"This is {before.lower()} and cannot become {label.lower()}.",
            possible=[words(each).label for each in possible],
        )
