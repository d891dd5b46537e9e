"""A cycle's rows as the planner's instance: the only place where tables become the planner's integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.core.errors import Conflict
from apps.roadmap.models import BallotLine, Candidate, Cycle, Dependency
from apps.roadmap.planning.checks import check
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import BASIS_POINTS, MICRO_WEEKS, Instance, Request, Standing, Unit
from apps.roadmap.planning.off_the_top import in_weeks, off_the_top
from apps.roadmap.queries.scores import role_weeks, valuations
from apps.roadmap.valuing import whole
from apps.roadmap.workflow import DONE, UNDER_WAY, Entry, Link, State

COMPETING = (State.IN_CYCLE, *UNDER_WAY)  # what was withdrawn, cancelled or delivered since needs no capacity


def plannable(cycle: Cycle) -> Instance:
    """What is frozen. Raises PlanningError, in the planner's keys, for whatever would stop the planner."""
    instance = instance_of(cycle)
    check(instance)
    off_the_top(instance)
    return instance


def instance_of(cycle: Cycle) -> Instance:
    """The cycle as it stands now, without what left it. Raises PlanningError for a need that nothing in the cycle meets,
    and for too many mandatory items."""
    rows = cycle.candidates.filter(request__state__in=COMPETING)
    candidates = list(rows.select_related("request").order_by("request"))
    weeks = role_weeks([each.request_id for each in candidates])
    values = valuations([each.request for each in candidates], cycle.scoring_policy)
    needs, excludes = _joined(candidates)
    capacities = {row.role: micro(row.weeks) for row in cycle.capacities.all()}
    requests = [
        Request(
            id=key(each.request_id),
            weeks={role: micro(part) for role, part in weeks.get(each.request_id, {}).items()},
            value=whole(values[each.request_id].value) if each.request_id in values else 0,
            needs=frozenset(needs.get(each.request_id, ())),
            excludes=frozenset(excludes.get(each.request_id, ())),
            standing=Standing(each.entry),
        )
        for each in candidates
    ]
    _refuse_too_much_mandatory(cycle, candidates, requests, sum(capacities.values()))
    return Instance(
        capacities=capacities,
        requests=tuple(requests),
        units=tuple(_units(cycle, {each.pk for each in candidates})),
        reserve={row.role: micro(row.reserve) for row in cycle.capacities.all()},
    )


def key(request: int) -> str:
    """How the planner names a request; padded, so that the order of names is that of ids."""
    return f"request:{request:08d}"


def request_id(name: str) -> int:
    return int(name.removeprefix("request:"))


def micro(weeks: Decimal) -> int:
    return int(weeks * MICRO_WEEKS)


def changed(instance: Instance, sandbox: Mapping[str, Any]) -> Instance:
    """The instance with other capacities (`{"capacities": {role: weeks}}`) or shares (`{"shares": {voter: points}}`)."""
    capacities = dict(instance.capacities)
    for role, weeks in sandbox.get("capacities", {}).items():
        if role in capacities:
            capacities[role] = micro(Decimal(str(weeks)))
    reserve = {role: min(kept, capacities[role]) for role, kept in instance.reserve.items()}
    shares = {name: int(part) for name, part in sandbox.get("shares", {}).items()}
    units = tuple(replace(unit, share=shares.get(unit.id, unit.share)) for unit in instance.units)
    if sum(unit.share for unit in units) != BASIS_POINTS:
        raise Conflict("The shares must add up to 10,000 basis points.")
    return replace(instance, capacities=capacities, reserve=reserve, units=units)


def _units(cycle: Cycle, candidates: set[int]) -> list[Unit]:
    points: dict[int, dict[str, int]] = {}
    lines = BallotLine._base_manager.filter(ballot__cycle=cycle, candidate__in=candidates)
    for share, request, number in lines.values_list("ballot__share", "candidate__request", "points"):
        points.setdefault(share, {})[key(request)] = number
    cast = set(cycle.ballots.values_list("share", flat=True))
    return [
        Unit(share.key, share.basis_points, points.get(share.pk, {}) if share.pk in cast else None)
        for share in cycle.shares.select_related("unit")
    ]


def _joined(candidates: list[Candidate]) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """Needs and exclusions among the candidates. What is delivered already is needed no more."""
    here = {each.request_id: each.request for each in candidates}
    needs: dict[int, set[str]] = {}
    excludes: dict[int, set[str]] = {}
    rows = Dependency._base_manager.filter(request__in=here).select_related("other")
    for row in rows:
        if row.kind == Link.EXCLUDES:
            if row.other_id in here:
                excludes.setdefault(row.request_id, set()).add(key(row.other_id))
                excludes.setdefault(row.other_id, set()).add(key(row.request_id))
        elif row.other_id in here:
            needs.setdefault(row.request_id, set()).add(key(row.other_id))
        elif row.other.state not in DONE:
            names = key(row.request_id), key(row.other_id)
            raise PlanningError(
                f"{names[0]} needs {names[1]}, which is neither in the cycle nor delivered: "
                "take that one in too, or take this one out.",
                names,
            )
    return needs, excludes


def _refuse_too_much_mandatory(
    cycle: Cycle, candidates: list[Candidate], requests: list[Request], capacity: int
) -> None:
    mandatory = {key(each.request_id) for each in candidates if each.entry == Entry.MANDATORY}
    taken = sum(request.cost for request in requests if request.id in mandatory)
    if taken * BASIS_POINTS > cycle.mandatory_cap * capacity:
        most = in_weeks(cycle.mandatory_cap * capacity // BASIS_POINTS)
        raise PlanningError(
            f"Mandatory items may take {cycle.mandatory_cap / 100:g}% of the capacity, {most} person-weeks, "
            f"and would take {in_weeks(taken)}: {', '.join(sorted(mandatory))}. Take one out.",
            sorted(mandatory),
        )
