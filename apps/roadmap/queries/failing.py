"""Why plans could not be computed, in plain words for one reader, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.roadmap.models import PlanRun
from apps.roadmap.queries.naming import told
from apps.roadmap.queries.plans import LOST, UNFORESEEN, is_lost


@dataclass(frozen=True, slots=True)
class Failure:
    """`foreseen`: the inputs are at fault, and the same inputs fail again."""

    why: str
    next_step: str
    foreseen: bool


def failure_of(user: Any, run: PlanRun | None) -> Failure | None:
    """None for a run that did not fail."""
    if run is None or run.state != PlanRun.State.FAILED:
        return None
    foreseen = run.error not in (UNFORESEEN, LOST)
    return Failure(told(user, run.error), _next_step(run, foreseen), foreseen)


def stopped(user: Any, run: PlanRun | None) -> Failure | None:
    """The failure, also of a run whose worker was lost, which nobody has written down yet; a statement while it is
    computed."""
    if run is not None and is_lost(run):
        return Failure(LOST, _next_step(run, foreseen=False), foreseen=False)
    return failure_of(user, run)


def _next_step(run: PlanRun, foreseen: bool) -> str:
    if run.sandbox:
        return (
            "Try other figures." if foreseen else "Try it again; if it fails again, tell who runs the portal."
        )
    if not foreseen:
        return "A CoE lead has it planned again; if it fails again, who runs the portal looks into the worker's log."
    return (
        "The same inputs fail again. A CoE lead opens the vote again, takes the cycle back to preparation, puts this "
        "right there, and freezes it anew."
    )
