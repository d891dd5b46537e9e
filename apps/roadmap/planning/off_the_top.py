"""What is decided before any vote: the reserve, carried work, and mandatory items with everything they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apps.roadmap.planning.bundles import Ties
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import BASIS_POINTS, MICRO_WEEKS, Instance, Standing

Conflict = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class OffTheTop:
    """`requests` are funded whatever the ballots say; `left` is the capacity per role for the vote."""

    requests: tuple[str, ...]
    left: Mapping[str, int]

    @property
    def pool(self) -> int:
        """The micro-weeks over all roles that the wallets share."""
        return sum(self.left.values())


def off_the_top(instance: Instance) -> OffTheTop:
    """Raises PlanningError that names the items where they do not fit together or exceed a role."""
    ties = Ties.of(instance.requests)
    chosen = [each.id for each in instance.requests if each.standing is not Standing.OPEN]
    forced = sorted({item for key in chosen for item in (key, *ties.prerequisites[key])})
    conflicts = [*_overfull_roles(instance, forced), *_exclusions(ties, forced)]
    if conflicts:
        items = dict.fromkeys(item for _, items in conflicts for item in items)
        raise PlanningError((sentence for sentence, _ in conflicts), items)
    taken = _weeks(instance, forced)
    left = {role: weeks - taken[role] for role, weeks in instance.capacities.items()}
    return OffTheTop(tuple(forced), left)


def wallets(instance: Instance, pool: int) -> dict[str, int]:
    """wallet(i) = share(i) x pool in whole micro-weeks; what rounding leaves goes by largest fraction, then by id."""
    exact = {unit.id: unit.share * pool for unit in instance.units}
    whole = {key: product // BASIS_POINTS for key, product in exact.items()}
    by_fraction = sorted(exact, key=lambda key: (-(exact[key] % BASIS_POINTS), key))
    for key in by_fraction[: pool - sum(whole.values())]:
        whole[key] += 1
    return whole


def _weeks(instance: Instance, items: list[str]) -> dict[str, int]:
    taken = {role: instance.reserve.get(role, 0) for role in instance.capacities}
    for request in instance.requests:
        if request.id in items:
            for role, weeks in request.weeks.items():
                taken[role] += weeks
    return taken


def _overfull_roles(instance: Instance, forced: list[str]) -> Iterator[Conflict]:
    taken = _weeks(instance, forced)
    for role, capacity in instance.capacities.items():
        if taken[role] > capacity:
            users = [key for key in forced if instance.request(key).weeks.get(role)]
            named = ", ".join(f"{key} ({in_weeks(instance.request(key).weeks[role])})" for key in users)
            needed, there = in_weeks(taken[role]), in_weeks(capacity)
            reserve = in_weeks(instance.reserve.get(role, 0))
            sentence = f"Off the top needs {needed} person-weeks of {role}, and there are {there}"
            yield f"{sentence}: the reserve takes {reserve}; {named or 'no item'}.", (role, *users)


def _exclusions(ties: Ties, forced: list[str]) -> Iterator[Conflict]:
    for key in forced:
        for other in sorted(ties.excluded[key] & set(forced)):
            if key < other:
                yield f"{key} and {other} are both off the top and exclude each other.", (key, other)


def in_weeks(micro: int) -> str:
    """Person-weeks for a sentence, exact to the micro-week: 1.5, 12, 0.000001."""
    whole, rest = divmod(micro, MICRO_WEEKS)
    return f"{whole:,}" + (f".{rest:06d}".rstrip("0") if rest else "")
