"""What a plan comes to: per unit (wallet, spent, left, received against share), per role, and in value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from apps.roadmap.planning.audit import received_alone
from apps.roadmap.queries.explaining import Explained, Receipt
from apps.roadmap.queries.planner_words import percent
from apps.roadmap.queries.plans import PARTS
from apps.roadmap.workflow import PlanKind


@dataclass(frozen=True, slots=True)
class UnitTotal:
    """Micro-weeks and fractions of the unit's own points. `alone` is what its share could have had by itself."""

    unit: str
    name: str
    share: int
    wallet: int
    spent: int
    left: int
    voted: bool
    received: Mapping[PlanKind, Fraction | None]
    alone: Fraction | None
    purchases: tuple[tuple[Receipt, int], ...]
    elsewhere: int

    @property
    def default(self) -> Fraction | None:
        return self.received[PlanKind.EQUAL_SHARES]

    @property
    def passes(self) -> bool:
        """Whether the plan gives it at least what it could have had alone."""
        return self.alone is None or (self.default or Fraction(0)) >= self.alone

    def shortfall(self, kind: PlanKind) -> bool:
        return self.alone is not None and (self.received[kind] or Fraction(0)) < self.alone


@dataclass(frozen=True, slots=True)
class RoleTotal:
    """Micro-weeks. `used` by plan holds what is off the top too, and leaves the reserve out."""

    role: str
    capacity: int
    reserve: int
    top: int
    bought: int
    filled: int
    used: Mapping[PlanKind, int]

    def free(self, kind: PlanKind) -> int:
        return self.capacity - self.reserve - self.used[kind]


def unit_totals(read: Explained) -> list[UnitTotal]:
    """Largest share first."""
    alone = received_alone(read.instance)
    paid = _paid(read)
    totals = []
    for unit in read.instance.units:
        wallet, left = read.result["wallets"][unit.id], read.result["course"]["wallets"][unit.id]
        purchases = tuple(paid.get(unit.id, ()))
        totals.append(
            UnitTotal(
                unit.id,
                read.names.unit(unit.id),
                unit.share,
                wallet,
                wallet - left,
                left,
                unit.ballot is not None,
                {kind: _received(read, kind, unit.id) for kind in PARTS},
                alone[unit.id],
                purchases,
                wallet - left - sum(amount for _, amount in purchases),
            )
        )
    return sorted(totals, key=lambda each: (-each.share, each.name))


def _paid(read: Explained) -> dict[str, list[tuple[Receipt, int]]]:
    """By unit, in the order of the rounds; only purchases that the reader sees wholly."""
    found: dict[str, list[tuple[Receipt, int]]] = {}
    for each in read.result["course"]["rounds"]:
        receipt = read.receipt_of(each)
        for payment in receipt.payments:
            found.setdefault(payment.unit, []).append((receipt, payment.paid))
    return found


def _received(read: Explained, kind: PlanKind, unit: str) -> Fraction | None:
    text = read.result[PARTS[kind]]["received"][unit]
    return None if text is None else Fraction(text)


def role_totals(read: Explained) -> list[RoleTotal]:
    instance, left = read.instance, read.result["off_the_top"]["left"]
    bought: dict[str, int] = {}
    for each in read.result["course"]["rounds"]:
        for role, amount in each["offer"]["weeks"].items():
            bought[role] = bought.get(role, 0) + amount
    totals = []
    for role, capacity in instance.capacities.items():
        reserve = instance.reserve.get(role, 0)
        used = {kind: int(read.result[part]["used"][role]) for kind, part in PARTS.items()}
        top = capacity - reserve - left[role]
        filled = used[PlanKind.EQUAL_SHARES] - top - bought.get(role, 0)
        totals.append(RoleTotal(role, capacity, reserve, top, bought.get(role, 0), filled, used))
    return totals


def price_in_words(read: Explained) -> str:
    """What the default plan costs in value, said once."""
    price = read.price_of_fairness
    if not read.value(PlanKind.VALUE_MAXIMUM):
        return "Nothing in this cycle has a value yet, so that fairness costs none."
    if price <= 0:
        return "The default plan has the highest value that any plan could have: fairness costs nothing here."
    return (
        f"The default plan brings {percent(1 - price)} of the highest value possible. The other {percent(price)} is "
        "the price of fairness: it pays for every unit getting what its share buys."
    )
