"""What is left to buy after the top is off: offers, wallets, room in each role. What-ifs are other markets.

Utility u(i, r) = points of the ballot x share. A cost is the sum over roles; the rule keeps both apart, so that a
what-if may move one of them alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.roadmap.planning.bundles import Ties
from apps.roadmap.planning.instance import Instance
from apps.roadmap.planning.off_the_top import OffTheTop, off_the_top, wallets


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to buy: `utility` holds its supporters only, those with more than nothing for it."""

    cost: int
    weeks: Mapping[str, int]
    utility: Mapping[str, int]

    def fits(self, room: Mapping[str, int]) -> bool:
        return all(weeks <= room[role] for role, weeks in self.weeks.items())

    def lacking(self, room: Mapping[str, int]) -> dict[str, int]:
        """The micro-weeks that are missing, per role that is too small."""
        return {role: weeks - room[role] for role, weeks in self.weeks.items() if weeks > room[role]}


@dataclass(frozen=True, slots=True)
class Market:
    """`funded` are the requests off the top; `offers` all others."""

    offers: Mapping[str, Offer]
    wallets: Mapping[str, int]
    room: Mapping[str, int]
    ties: Ties
    funded: frozenset[str] = frozenset()

    def bundle(self, items: tuple[str, ...]) -> Offer:
        """Several offers as one: costs and needs of roles add, utilities add."""
        if len(items) == 1:
            return self.offers[items[0]]
        weeks: dict[str, int] = {}
        utility: dict[str, int] = {}
        for item in items:
            for role, amount in self.offers[item].weeks.items():
                weeks[role] = weeks.get(role, 0) + amount
            for unit, amount in self.offers[item].utility.items():
                utility[unit] = utility.get(unit, 0) + amount
        return Offer(sum(self.offers[item].cost for item in items), weeks, utility)

    def with_cost(self, key: str, cost: int) -> Market:
        return self._with_offer(key, replace(self.offers[key], cost=cost))

    def with_utility(self, key: str, unit: str, utility: int) -> Market:
        changed = {**self.offers[key].utility, unit: utility}
        supporters = {name: amount for name, amount in sorted(changed.items()) if amount}
        return self._with_offer(key, replace(self.offers[key], utility=supporters))

    def with_room(self, role: str, more: int) -> Market:
        """More capacity in one role, the wallets held."""
        return replace(self, room={**self.room, role: self.room[role] + more})

    def _with_offer(self, key: str, offer: Offer) -> Market:
        return replace(self, offers={**self.offers, key: offer})


def open_market(instance: Instance, taken: OffTheTop | None = None) -> Market:
    """The market of a checked instance. Raises PlanningError where the mandatory items do not fit."""
    top = taken or off_the_top(instance)
    offers = {
        each.id: Offer(
            each.cost,
            {role: weeks for role, weeks in each.weeks.items() if weeks},
            {
                unit.id: unit.points(each.id) * unit.share
                for unit in instance.units
                if unit.points(each.id) * unit.share
            },
        )
        for each in instance.requests
        if each.id not in top.requests
    }
    ties = Ties.of(instance.requests)
    return Market(offers, wallets(instance, top.pool), top.left, ties, frozenset(top.requests))
