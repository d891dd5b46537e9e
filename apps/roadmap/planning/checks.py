"""What may be wrong with an instance, said before anything is planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import BASIS_POINTS, LARGEST, POINTS, Instance, Request, Unit

Problem = tuple[str, tuple[str, ...]]


def check(instance: Instance) -> None:
    """Raises PlanningError with every problem of the instance and the ids concerned."""
    problems = list(_problems(instance))
    if problems:
        items = dict.fromkeys(item for _, items in problems for item in items)
        raise PlanningError((sentence for sentence, _ in problems), items)


def _problems(instance: Instance) -> Iterator[Problem]:
    yield from _twice("request", (each.id for each in instance.requests))
    yield from _twice("unit", (each.id for each in instance.units))
    yield from _capacities(instance)
    known = {each.id for each in instance.requests}
    for request in instance.requests:
        yield from _request(request, instance.capacities, known)
    yield from _shares(instance)
    for unit in instance.units:
        yield from _ballot(unit, known)
    if ring := dependency_cycle({each.id: each.needs & known for each in instance.requests}):
        yield f"These requests need each other in a circle: {' needs '.join([*ring, ring[0]])}.", tuple(ring)


def _twice(kind: str, ids: Iterable[str]) -> Iterator[Problem]:
    for key, times in Counter(ids).items():
        if times > 1:
            yield f"The {kind} {key} is there {times} times.", (key,)


def _capacities(instance: Instance) -> Iterator[Problem]:
    for role, weeks in instance.capacities.items():
        if not _is_count(weeks):
            yield (
                f"The capacity of {role} is {weeks!r}: it is a whole number of micro-weeks, 0 or more.",
                (role,),
            )
    for role, weeks in instance.reserve.items():
        if not _is_count(weeks) or role not in instance.capacities:
            yield (
                f"The reserve of {role} is {weeks!r}: it is a whole number for a role with capacity.",
                (role,),
            )
    if not any(weeks for weeks in instance.capacities.values()):
        yield "The cycle has no capacity in any role: enter person-weeks before planning.", ()


def _request(request: Request, capacities: Mapping[str, int], known: set[str]) -> Iterator[Problem]:
    for role, weeks in request.weeks.items():
        if not _is_count(weeks):
            yield (
                f"{request.id} needs {weeks!r} of {role}: it is a whole number of micro-weeks.",
                (request.id,),
            )
        elif role not in capacities:
            yield (
                f"{request.id} needs the role {role}, for which the cycle has no capacity line.",
                (request.id,),
            )
    if not any(request.weeks.values()):
        yield f"{request.id} needs no capacity at all: estimate it first.", (request.id,)
    if not _is_count(request.value):
        yield (
            f"The value of {request.id} is {request.value!r}: it is a whole number from 0 to a trillion.",
            (request.id,),
        )
    for verb, others in (("needs", request.needs), ("excludes", request.excludes)):
        for other in sorted(others - known):
            yield (
                f"{request.id} {verb} {other}, which is not in the cycle (withdrawn perhaps).",
                (request.id, other),
            )
    if request.id in request.excludes:
        yield f"{request.id} excludes itself.", (request.id,)


def _shares(instance: Instance) -> Iterator[Problem]:
    for unit in instance.units:
        if not _is_count(unit.share):
            yield (
                f"The share of {unit.id} is {unit.share!r}: it is a whole number of basis points.",
                (unit.id,),
            )
            return
    total = sum(each.share for each in instance.units)
    if total != BASIS_POINTS:
        yield f"The shares add up to {total:,} basis points, not to {BASIS_POINTS:,}.", ()


def _ballot(unit: Unit, known: set[str]) -> Iterator[Problem]:
    ballot = unit.ballot or {}
    wrong = [request for request, points in ballot.items() if not _is_count(points)]
    if wrong:
        yield (
            f"The ballot of {unit.id} gives {', '.join(wrong)} something else than whole points.",
            (unit.id, *wrong),
        )
    elif sum(ballot.values()) > POINTS:
        yield (
            f"The ballot of {unit.id} gives {sum(ballot.values())} points, {POINTS} at most are allowed.",
            (unit.id,),
        )
    for request in ballot:
        if request not in known:
            yield (
                f"The ballot of {unit.id} gives points to {request}, which is not in the cycle.",
                (unit.id, request),
            )


def _is_count(number: object) -> bool:
    """Beyond `LARGEST` the solver's floats could no longer tell values apart."""
    return type(number) is int and 0 <= number <= LARGEST


def dependency_cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The ids of one circle in the order of their needs, or nothing where there is none."""
    done: set[str] = set()
    for start in sorted(needs):
        if ring := _walk(start, needs, done):
            return ring
    return []


def _walk(start: str, needs: Mapping[str, Iterable[str]], done: set[str]) -> list[str]:
    """Depth first without recursion, so that a long chain is no danger."""
    if start in done:
        return []
    path, open_ids = [start], {start}
    branches = [iter(sorted(needs.get(start, ())))]
    while path:
        following = next(branches[-1], None)
        if following is None:
            branches.pop()
            done.add(path[-1])
            open_ids.discard(path.pop())
        elif following in open_ids:
            return path[path.index(following) :]
        elif following not in done:
            path.append(following)
            open_ids.add(following)
            branches.append(iter(sorted(needs.get(following, ()))))
    return []
