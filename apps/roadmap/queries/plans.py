"""Kept plans read back: which requests each takes, and what they need of each role."""

from __future__ import annotations

import json
from typing import Any

from apps.core import jobs
from apps.roadmap.models import PlanRun
from apps.roadmap.planning.canonical import read_instance
from apps.roadmap.planning.instance import Instance
from apps.roadmap.queries.instance import changed, key, request_id
from apps.roadmap.workflow import PlanKind, Role

PARTS = {
    PlanKind.EQUAL_SHARES: "default",
    PlanKind.VALUE_MAXIMUM: "maximum",
    PlanKind.SCORE_RANKING: "ranking",
}
GOING_ON = (PlanRun.State.QUEUED, PlanRun.State.RUNNING)
LOST = "The worker was lost before the plans were there."
UNFORESEEN = "The planner stopped at a fault that is not in the inputs; the worker's log tells which."


def may_plan_again(run: PlanRun | None) -> bool:
    """Whether the last real computation of a snapshot failed, or its worker was lost on the way."""
    return run is None or run.state == PlanRun.State.FAILED or is_lost(run)


def is_lost(run: PlanRun) -> bool:
    """Whether nobody computes it any more: its job is gone, or the worker that ran it gives no sign of life. A run waits
    as long as its job does, however long no worker comes."""
    return run.state in GOING_ON and not jobs.is_waiting("roadmap.plan", run=run.pk)


def result_of(run: PlanRun) -> dict[str, Any]:
    """The canonical JSON as it was kept."""
    found: dict[str, Any] = json.loads(run.result)
    return found


def instance_of_run(run: PlanRun) -> Instance:
    return changed(read_instance(run.snapshot.inputs), run.sandbox)


def items_of(run: PlanRun, kind: str) -> set[int]:
    """The ids of the requests that a plan takes."""
    return {request_id(name) for name in result_of(run)[PARTS[PlanKind(kind)]]["requests"]}


def overfull_roles(run: PlanRun, items: set[int]) -> list[str]:
    """The names of roles that these requests would need more of than there is, the reserve kept."""
    instance = instance_of_run(run)
    left = {role: weeks - instance.reserve.get(role, 0) for role, weeks in instance.capacities.items()}
    names = {key(pk) for pk in items}
    for request in instance.requests:
        if request.id in names:
            for role, weeks in request.weeks.items():
                left[role] = left.get(role, 0) - weeks
    return [str(Role(role).label) for role, weeks in sorted(left.items()) if weeks < 0]


def broken_ties(run: PlanRun, items: set[int]) -> list[str]:
    """In the planner's keys: which of these requests lack what they need, and which exclude each other."""
    names = {key(pk) for pk in items}
    found = []
    for request in instance_of_run(run).requests:
        if request.id in names:
            found += [
                f"{request.id} needs {other}, which would not be planned."
                for other in sorted(request.needs - names)
            ]
            rivals = sorted(other for other in request.excludes & names if request.id < other)
            found += [f"{request.id} and {other} exclude each other." for other in rivals]
    return found
