"""What hangs together: a request with its unfunded prerequisites is one bundle; what excludes each other never meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.roadmap.planning.instance import Request


@dataclass(frozen=True, slots=True)
class Ties:
    """For each request: its prerequisites over any number of steps, who has it as one, and what it excludes.

    An exclusion holds in both directions. The needs must be without a circle (`checks.check`).
    """

    prerequisites: Mapping[str, frozenset[str]]
    dependants: Mapping[str, frozenset[str]]
    excluded: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, requests: Iterable[Request]) -> Ties:
        listed = list(requests)
        prerequisites = _over_any_steps({each.id: each.needs for each in listed})
        dependants: dict[str, set[str]] = {each.id: set() for each in listed}
        excluded: dict[str, set[str]] = {each.id: set(each.excludes) for each in listed}
        for each in listed:
            for other in prerequisites[each.id]:
                dependants[other].add(each.id)
            for other in each.excludes:
                excluded[other].add(each.id)
        return cls(
            prerequisites,
            {key: frozenset(others) for key, others in dependants.items()},
            {key: frozenset(others) for key, others in excluded.items()},
        )

    def alone(self, key: str) -> bool:
        """Nothing needs it, it needs nothing, and it excludes nothing."""
        return not (self.prerequisites[key] or self.dependants[key] or self.excluded[key])

    def bundle(self, key: str, funded: frozenset[str] | set[str]) -> tuple[str, ...]:
        """The request and what it still needs, by id."""
        return tuple(sorted((self.prerequisites[key] | {key}) - funded))

    def quarrels(self, items: Iterable[str]) -> bool:
        """Whether two of the items exclude each other."""
        listed = set(items)
        return any(self.excluded[key] & listed for key in listed)


def _over_any_steps(needs: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    closed: dict[str, frozenset[str]] = {}
    for start in needs:
        waiting = [start]
        while waiting:
            key = waiting[-1]
            missing = [other for other in needs[key] if other not in closed]
            if missing:
                waiting.extend(missing)
                continue
            closed[key] = needs[key].union(*(closed[other] for other in needs[key]))
            waiting.pop()
    return closed
