"""The frame of a cycle, changed while its state allows: all of it in preparation, its name and the end of its vote while
that is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps.core.checking import checked_text, refuse, refuse_unknown
from apps.core.concurrency import differing, swap
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.roadmap.actions.cycles import LAST_YEAR, WHOLE
from apps.roadmap.actions.figures import whole_number
from apps.roadmap.actions.freshness import refuse_stale
from apps.roadmap.actions.moving import locked_cycle, moment
from apps.roadmap.models import Cycle
from apps.roadmap.workflow import CycleState

FRAME = ("name", "starts", "ends", "mandatory_cap", "ballots_until")
CHANGEABLE: dict[str, tuple[str, ...]] = {
    CycleState.PREPARING: FRAME,
    CycleState.VOTING: ("name", "ballots_until"),
}


@transaction.atomic
def change_cycle(
    *,
    actor: Any,
    cycle: Cycle,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Cycle:
    """Changes the fields that are given. Conflict for one that stays as it is in the cycle's state, and for an end of the
    vote that has passed or that its scores do not reach."""
    require(actor, "run", cycle)
    cycle, when = locked_cycle(cycle, expected_version), moment(at)
    new = _checked(cycle, changes)
    changed = differing(cycle, new)
    _require_changeable(cycle, changed)
    until = changed.get("ballots_until")
    if until is not None:
        _require_reached(cycle, until, when)
    if changed:
        swap(cycle, cycle.version, changed, at=when)
        record("roadmap.cycle.changed", actor=actor, target=cycle, data={"changes": sorted(changed)}, at=at)
    return cycle


def _require_changeable(cycle: Cycle, changed: Mapping[str, Any]) -> None:
    possible = CHANGEABLE.get(cycle.state, ())
    fixed = [name.replace("_", " ") for name in changed if name not in possible]
    if fixed:
        state = CycleState(cycle.state).label.lower()
        raise Conflict(
            f"{cycle} is {state}; {', '.join(fixed)} cannot be changed any more.",
            next_step="Open the vote again, or take the cycle back to preparation, while it is not decided on.",
            possible=[name.replace("_", " ") for name in possible],
        )


def _require_reached(cycle: Cycle, until: datetime, at: datetime) -> None:
    if until <= at:
        raise refuse(
            "ballots_until", "Choose an instant that has not passed; without one, the freeze ends the vote."
        )
    if cycle.state == CycleState.VOTING:
        refuse_stale(cycle, until)


def _checked(cycle: Cycle, changes: Mapping[str, Any]) -> dict[str, Any]:
    refuse_unknown(changes, FRAME)
    new = dict(changes)
    if "name" in new:
        new["name"] = checked_text("name", new["name"] or "", 100, empty="Give it a name.")
    if "mandatory_cap" in new:
        whole_number("mandatory_cap", new["mandatory_cap"], 0, WHOLE)
    _check_dates(new.get("starts", cycle.starts), new.get("ends", cycle.ends), new.get("ballots_until"))
    return new


def _check_dates(starts: date | None, ends: date | None, until: datetime | None) -> None:
    for name, day in (("starts", starts), ("ends", ends)):
        if day is None:
            raise refuse(name, "Give a day.")
    assert starts is not None and ends is not None
    if ends <= starts:
        raise refuse("ends", "The cycle ends after it starts.")
    if ends.year > LAST_YEAR or (until is not None and until.year > LAST_YEAR):
        raise refuse("ends", f"A cycle and its vote end before {LAST_YEAR + 1}.")
