"""A cycle on its way back and at its end: the vote is broken off, or what was decided is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.checking import checked_text
from apps.core.policies import require
from apps.roadmap.actions.moving import locked_cycle, moment, move_cycle
from apps.roadmap.models import Cycle
from apps.roadmap.queries.carrying import unfinished_of
from apps.roadmap.workflow import CycleState


@transaction.atomic
def prepare_again(
    *, actor: Any, cycle: Cycle, reason: str, expected_version: int | None = None, at: datetime | None = None
) -> Cycle:
    """Breaks the vote off, so that capacity and candidates can be changed. Ballots are kept, sealed as they were."""
    require(actor, "run", cycle)
    why = checked_text("reason", reason, 500, lines=True, empty="Say why; every voter reads it.")
    cycle = locked_cycle(cycle, expected_version)
    move_cycle(actor, cycle, CycleState.PREPARING, moment(at), "preparing_again", data={"reason": why})
    return cycle


@transaction.atomic
def close_cycle(
    *, actor: Any, cycle: Cycle, expected_version: int | None = None, at: datetime | None = None
) -> Cycle:
    """Ends a cycle that was decided on. What of it is not finished goes on: it is offered to the next one."""
    require(actor, "run", cycle)
    cycle = locked_cycle(cycle, expected_version)
    left = unfinished_of(cycle).count()
    move_cycle(actor, cycle, CycleState.CLOSED, moment(at), "closed", data={"unfinished": left})
    return cycle
