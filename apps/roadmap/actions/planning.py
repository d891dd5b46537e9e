"""Freezing a cycle, and having the worker compute its three plans from exactly what was frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core import jobs
from apps.core.checking import checked_text, refuse
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import SYSTEM, System, require
from apps.people.standing import standing_of
from apps.roadmap.actions.figures import exact_number, whole_number
from apps.roadmap.actions.freshness import refuse_stale
from apps.roadmap.actions.moving import locked_cycle, moment, move_cycle
from apps.roadmap.models import Cycle, PlanRun, Snapshot
from apps.roadmap.planning.canonical import canonical_json, instance_json, read_instance
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.plans import STAGES, make_plans
from apps.roadmap.policies import is_central, sits_on_steering
from apps.roadmap.queries.instance import changed, plannable
from apps.roadmap.queries.naming import told
from apps.roadmap.queries.plans import LOST, UNFORESEEN, is_lost, may_plan_again
from apps.roadmap.workflow import REVEALED, CycleState

MOST_MOVED = 1_000


@transaction.atomic
def freeze(
    *, actor: Any, cycle: Cycle, expected_version: int | None = None, at: datetime | None = None
) -> Snapshot:
    """Ends the vote: the inputs are kept byte for byte with their hash, ballots are open, the worker begins to plan."""
    require(actor, "run", cycle)
    cycle, when = locked_cycle(cycle, expected_version), moment(at)
    if cycle.state != CycleState.VOTING:
        raise Conflict("Only a cycle that is being voted on can be frozen.", possible=["reload"])
    refuse_stale(cycle, when)
    try:
        instance = plannable(cycle)
    except PlanningError as error:
        raise Conflict(told(actor, str(error)), next_step="Put this right; the vote stays open.") from error
    inputs = instance_json(instance)
    sha256 = hashlib.sha256(inputs).hexdigest()
    snapshot = Snapshot._base_manager.create(
        cycle=cycle, inputs=inputs.decode(), sha256=sha256, frozen_by_id=actor.pk, at=when
    )
    move_cycle(actor, cycle, CycleState.FROZEN, when, "frozen", data={"sha256": sha256})
    queue(actor, snapshot, {}, when)
    return snapshot


@transaction.atomic
def reopen(
    *, actor: Any, cycle: Cycle, reason: str, expected_version: int | None = None, at: datetime | None = None
) -> Cycle:
    """Opens the vote again; plans of the old snapshot are stale from now on."""
    require(actor, "run", cycle)
    why = checked_text("reason", reason, 500, lines=True, empty="Say why; every voter reads it.")
    cycle = locked_cycle(cycle, expected_version)
    if cycle.state not in (CycleState.FROZEN, CycleState.PROPOSED):
        state = CycleState(cycle.state).label.lower()
        raise Conflict(f"{cycle} is {state}; the vote is opened again between its freeze and its decision.")
    move_cycle(actor, cycle, CycleState.VOTING, moment(at), "reopened", data={"reason": why})
    return cycle


def last_snapshot(cycle: Cycle) -> Snapshot | None:
    return Snapshot._base_manager.filter(cycle=cycle).order_by("-pk").first()


@transaction.atomic
def plan_again(
    *, actor: Any, cycle: Cycle, expected_version: int | None = None, at: datetime | None = None
) -> PlanRun:
    """Has the same snapshot planned once more, where the last computation failed or its worker was lost."""
    require(actor, "run", cycle)
    cycle, when = locked_cycle(cycle, expected_version), moment(at)
    snapshot = last_snapshot(cycle)
    if cycle.state != CycleState.FROZEN or snapshot is None:
        state = CycleState(cycle.state).label.lower()
        raise Conflict(
            f"Only a frozen cycle without plans is planned again; this one is {state}.", possible=["reload"]
        )
    last = PlanRun._base_manager.filter(snapshot=snapshot, sandbox={}).order_by("-pk").first()
    if not may_plan_again(last):
        raise Conflict(
            "The planner is at work on it.", next_step="Wait for its plans; the page shows how far it is."
        )
    if last is not None and is_lost(last):
        _fail(last, LOST, when)
    record("roadmap.cycle.planned_again", actor=actor, target=cycle, at=at)
    return queue(actor, snapshot, {}, when)


@transaction.atomic
def try_out(*, actor: Any, cycle: Cycle, sandbox: Mapping[str, Any], at: datetime | None = None) -> PlanRun:
    """Plans the frozen cycle with other capacities or shares; nothing follows from it."""
    require(actor, "view", cycle)
    standing = standing_of(actor)
    if not isinstance(actor, System) and not (is_central(standing) or sits_on_steering(actor)):
        raise Forbidden("The center and the steering committee try things out.")
    snapshot = last_snapshot(cycle)
    if snapshot is None or cycle.state not in REVEALED:
        raise Conflict("The cycle is not frozen yet.")
    require(actor, "try_out", cycle)
    checked = _checked_sandbox(sandbox)
    changed(read_instance(snapshot.inputs), checked)
    return queue(actor, snapshot, checked, moment(at))


def _checked_sandbox(sandbox: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    if not isinstance(sandbox, Mapping) or not sandbox or set(sandbox) - {"capacities", "shares"}:
        raise refuse("sandbox", "Give capacities, shares or both.")
    moved = {name: sandbox.get(name, {}) for name in ("capacities", "shares")}
    if not all(isinstance(part, Mapping) and len(part) <= MOST_MOVED for part in moved.values()):
        raise refuse("sandbox", "Capacities are person-weeks by role, shares basis points by voter.")
    weeks = {str(role): exact_number("sandbox", each) for role, each in moved["capacities"].items()}
    if any(not 0 <= each <= 100_000 for each in weeks.values()):
        raise refuse("sandbox", "Capacities lie between 0 and 100,000 person-weeks.")
    capacities = {role: str(each) for role, each in weeks.items()}
    shares = {str(name): whole_number("sandbox", part, 0, 10_000) for name, part in moved["shares"].items()}
    if not capacities and not shares:
        raise refuse("sandbox", "Move a capacity or a share.")  # nothing moved would count as the real plan
    return {name: part for name, part in (("capacities", capacities), ("shares", shares)) if part}


def queue(actor: Any, snapshot: Snapshot, sandbox: dict[str, Any], at: datetime) -> PlanRun:
    run = PlanRun._base_manager.create(
        cycle=snapshot.cycle,
        snapshot=snapshot,
        sandbox=sandbox,
        of=len(STAGES),
        started_by_id=actor.pk,
        queued_at=at,
    )
    jobs.defer("roadmap.plan", run=run.pk)
    return run


def carry_out(run: PlanRun, at: datetime | None = None) -> PlanRun:
    """The worker's part: reads the frozen bytes, plans, keeps the plans' bytes. A failure is told on the run; one that
    nobody foresaw is raised too, for the worker's log."""
    _stage(run, 0, state=PlanRun.State.RUNNING, error="")
    try:
        instance = changed(read_instance(run.snapshot.inputs), run.sandbox)
        plans = make_plans(instance, told=lambda stage: _stage(run, STAGES.index(stage)))
        _finish(run, canonical_json(plans), plans.reproducible, plans.solver, moment(at))
    except (PlanningError, Conflict) as error:
        _fail(run, str(error), moment(at))
    except Exception:
        _fail(run, UNFORESEEN, moment(at))
        raise
    return run


@transaction.atomic
def _fail(run: PlanRun, error: str, at: datetime) -> None:
    _stage(run, run.done, state=PlanRun.State.FAILED, error=error, finished_at=at)
    if not run.sandbox and run.snapshot == last_snapshot(run.cycle):
        record("roadmap.cycle.plan_failed", actor=SYSTEM, target=run.cycle, at=at)


@transaction.atomic
def _finish(run: PlanRun, result: bytes, reproducible: bool, solver: str, at: datetime) -> None:
    _stage(
        run,
        len(STAGES),
        state=PlanRun.State.DONE,
        result=result.decode(),
        result_sha256=hashlib.sha256(result).hexdigest(),
        reproducible=reproducible,
        solver=solver,
        finished_at=at,
    )
    if run.sandbox:
        return
    cycle = locked_cycle(run.cycle)
    if cycle.state == CycleState.FROZEN and run.snapshot == last_snapshot(cycle):
        data = {"sha256": run.result_sha256}
        move_cycle(SYSTEM, cycle, CycleState.PROPOSED, at, "planned", data=data)
    else:
        record("roadmap.cycle.planned_late", actor=SYSTEM, target=cycle, at=at)


def _stage(run: PlanRun, done: int, **changes: Any) -> None:
    stage = STAGES[done] if done < len(STAGES) else ""
    PlanRun._base_manager.filter(pk=run.pk).update(stage=stage, done=done, **changes)
    run.refresh_from_db()
