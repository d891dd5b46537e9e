"""How a request moves from state to state: only along `MOVES`, under a lock on its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.concurrency import require_version, swap
from apps.core.errors import Conflict
from apps.core.events import record
from apps.tooling.models import ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.workflow import MOVES, State


def moment(at: datetime | None) -> datetime:
    """When the action happens: now by the database's clock; another instant for imports of history only."""
    return at or clock.now()


def locked(request: ExceptionRequest, expected_version: int | None = None) -> ExceptionRequest:
    """The request as it is now, held until the end of the transaction. Conflict if it is another version."""
    row = (
        ExceptionRequest._base_manager.select_for_update(of=("self",))
        .select_related("team__business_unit", "tool", "requester")
        .get(pk=request.pk)
    )
    require_version(row, expected_version)
    return row


def move(
    actor: Any,
    request: ExceptionRequest,
    state: str,
    at: datetime,
    verb: str,
    *,
    data: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Moves the locked request and records it. Conflict where the life of a request has no such step."""
    before = request.state
    if state != before and state not in MOVES[before]:
        names = [State(each).label for each in MOVES[before]]
        raise Conflict(
            f"The request is {State(before).label.lower()} and cannot become {State(state).label.lower()}.",
            possible=names,
        )
    swap(request, request.version, {"state": state, **changes}, at=at)
    told = {"from": before, "to": state} | (data or {})
    record(f"tooling.request.{verb}", actor=actor, target=request, data=told, at=at)
