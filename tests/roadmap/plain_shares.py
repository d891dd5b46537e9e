"""Equal shares written a second time, plainly and slowly, from the sentences of roadmap.md and of the paper alone.

Nothing is shared with the planner: fractions instead of whole numbers, every price anew in every round, the least
rho found by trying who pays everything, and bundles collected by walking the needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import Any

from apps.roadmap.planning.instance import Instance


def least_rho(cost: int, utility: Mapping[Any, Any], purse: Mapping[Any, Any]) -> Fraction | None:
    """The least rho at which the supporters can pay, or None. rho is tried where one more has given all."""

    def payable(rho: Fraction) -> Fraction:
        return sum((min(Fraction(purse[who]), rho * amount) for who, amount in utility.items()), Fraction(0))

    if cost == 0 and utility:
        return Fraction(0)
    corner = Fraction(0)
    for step in sorted({Fraction(purse[who]) / amount for who, amount in utility.items()}):
        if payable(step) >= cost:
            slope = sum(amount for who, amount in utility.items() if Fraction(purse[who]) / amount >= step)
            return corner + (cost - payable(corner)) / slope
        corner = step
    return None


class PlainCycle:
    """Buys as the sentences say; `bought` are the bundles in order, `paid` who gave what for each."""

    def __init__(
        self, instance: Instance, funded: set[str], room: dict[str, int], purse: dict[str, int]
    ) -> None:
        self.requests = {each.id: each for each in instance.requests}
        self.units = instance.units
        self.funded, self.room, self.purse = set(funded), dict(room), dict(purse)
        self.bought: list[tuple[str, ...]] = []
        self.paid: list[dict[str, int]] = []
        while self.buy():
            pass

    def buy(self) -> bool:
        offers = [offer for key in self.requests if (offer := self.offer(key)) is not None]
        if not offers:
            return False
        rho, cost, _, _, items, utility = min(offers, key=lambda each: each[:4])
        self.pay(rho, cost, utility)
        for key in items:
            for role, weeks in self.requests[key].weeks.items():
                self.room[role] -= weeks
        self.funded |= set(items)
        self.bought.append(items)
        return True

    def offer(self, key: str) -> tuple[Fraction, int, int, str, tuple[str, ...], dict[str, int]] | None:
        items = self.bundle(key)
        if not items or any(self.clash(one, two) for one in items for two in (*items, *self.funded)):
            return None
        for role in self.room:
            if sum(self.requests[item].weeks.get(role, 0) for item in items) > self.room[role]:
                return None
        cost = sum(sum(self.requests[item].weeks.values()) for item in items)
        gains = {each.id: sum(each.points(item) for item in items) * each.share for each in self.units}
        utility = {unit: gain for unit, gain in gains.items() if gain > 0}
        rho = least_rho(cost, utility, self.purse)
        return None if rho is None else (rho, cost, -len(utility), key, items, utility)

    def bundle(self, key: str) -> tuple[str, ...]:
        if key in self.funded:
            return ()
        found, waiting = {key}, [key]
        while waiting:
            for other in self.requests[waiting.pop()].needs - self.funded - found:
                found.add(other)
                waiting.append(other)
        return tuple(sorted(found))

    def clash(self, one: str, two: str) -> bool:
        return two in self.requests[one].excludes or one in self.requests[two].excludes

    def pay(self, rho: Fraction, cost: int, utility: dict[str, int]) -> None:
        due = {unit: min(Fraction(self.purse[unit]), rho * gain) for unit, gain in utility.items()}
        paid = {unit: floor(amount) for unit, amount in due.items()}
        for unit in sorted(due, key=lambda each: (paid[each] - due[each], each))[: cost - sum(paid.values())]:
            paid[unit] += 1
        for unit, amount in paid.items():
            self.purse[unit] -= amount
        self.paid.append({unit: amount for unit, amount in sorted(paid.items()) if amount})


def plain_election(
    costs: Mapping[str, Fraction], ballots: list[dict[str, Fraction]], purse: Fraction
) -> list[str]:
    """The winners of the method with equal wallets, ties by id."""
    left = dict.fromkeys(range(len(ballots)), purse)
    winners: list[str] = []
    while True:
        offers = []
        for key in costs:
            utility = {number: ballot[key] for number, ballot in enumerate(ballots) if ballot.get(key)}
            rho = least_rho(costs[key], utility, left) if key not in winners else None  # type: ignore[arg-type]
            if rho is not None:
                offers.append((rho, key, utility))
        if not offers:
            return winners
        rho, key, utility = min(offers, key=lambda each: each[:2])
        winners.append(key)
        for number, amount in utility.items():
            left[number] -= min(left[number], rho * amount)


def plain_completion(
    costs: Mapping[str, Fraction], ballots: list[dict[str, Fraction]], budget: Fraction, completion: str
) -> list[str]:
    """add1, run after run, without leaps."""
    purse = budget / len(ballots)
    winners = plain_election(costs, ballots, purse)
    wanted = {key for ballot in ballots for key, amount in ballot.items() if amount}
    while completion != "none" and not wanted <= set(winners):
        rest = budget - sum(costs[key] for key in winners)
        if completion == "add1_exhaustive" and all(costs[key] > rest for key in costs if key not in winners):
            break
        purse += 1
        following = plain_election(costs, ballots, purse)
        if sum(costs[key] for key in following) > budget:
            break
        winners = following
    return winners
