"""The score ranking: the highest value per person-week first, while the roles last. What most backlogs do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from apps.roadmap.planning.bundles import Ties
from apps.roadmap.planning.instance import Instance

Bundle = tuple[str, ...]


def score_ranking(instance: Instance, fixed: Iterable[str]) -> tuple[str, ...]:
    """The fixed requests, then bundles in the order they were taken (their items by id).

    Greedy by value per micro-week of the bundle (a request with what it still needs), ties by id; a bundle that does
    not fit the roles, or excludes something taken, is passed over. It can never fit later: buying a part of it takes
    from the roles what it saves.
    """
    ranking = _Ranking(instance, sorted(set(fixed)))
    waiting = {key: ranking.bundle(key) for key in ranking.requests if key not in ranking.taken}
    while waiting := {key: bundle for key, bundle in waiting.items() if ranking.fits(bundle)}:
        best = min(waiting, key=lambda key: (-ranking.density(waiting[key]), key))
        bought = waiting[best]
        ranking.take(bought)
        waiting = {
            key: ranking.bundle(key) if set(bundle) & set(bought) else bundle
            for key, bundle in waiting.items()
            if key not in bought
        }
    return tuple(ranking.taken)


class _Ranking:
    def __init__(self, instance: Instance, fixed: list[str]) -> None:
        self.requests = {each.id: each for each in instance.requests}
        self.ties = Ties.of(instance.requests)
        self.room = {
            role: weeks - instance.reserve.get(role, 0) for role, weeks in instance.capacities.items()
        }
        self.taken: list[str] = []
        self._densities: dict[Bundle, Fraction] = {}
        self.take(tuple(fixed))

    def bundle(self, key: str) -> Bundle:
        return self.ties.bundle(key, set(self.taken))

    def take(self, bundle: Bundle) -> None:
        for role, weeks in self._weeks(bundle).items():
            self.room[role] -= weeks
        self.taken.extend(bundle)

    def fits(self, bundle: Bundle) -> bool:
        if any(weeks > self.room[role] for role, weeks in self._weeks(bundle).items()):
            return False
        others = {*bundle, *self.taken}
        return not any(self.ties.excluded[key] & others for key in bundle)

    def density(self, bundle: Bundle) -> Fraction:
        if bundle not in self._densities:
            value = sum(self.requests[key].value for key in bundle)
            self._densities[bundle] = Fraction(value, sum(self.requests[key].cost for key in bundle))
        return self._densities[bundle]

    def _weeks(self, bundle: Bundle) -> Mapping[str, int]:
        if len(bundle) == 1:
            return self.requests[bundle[0]].weeks
        weeks: dict[str, int] = {}
        for key in bundle:
            for role, amount in self.requests[key].weeks.items():
                weeks[role] = weeks.get(role, 0) + amount
        return weeks
