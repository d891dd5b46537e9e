"""What a bundle costs its supporters: the rho of the paper, exact, and the shares that each of them pays.

rho is the least number with sum over supporters of min(wallet(i), rho x u(i)) = cost. It is kept as numerator and
denominator and compared by cross-multiplying whole numbers; no fraction is reduced and no float decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.roadmap.planning.market import Offer


@dataclass(frozen=True, slots=True)
class Price:
    """rho of a bundle, with what decides between equal ones: lower cost, then more supporters, then the id."""

    numerator: int
    denominator: int
    cost: int
    supporters: int
    head: str

    def __lt__(self, other: Price) -> bool:
        left, right = self.numerator * other.denominator, other.numerator * self.denominator
        return left < right if left != right else self._tie() < other._tie()

    def _tie(self) -> tuple[int, int, str]:
        return self.cost, -self.supporters, self.head

    def shared(self, amount: int) -> tuple[int, int]:
        """rho x amount as whole part and numerator of the fraction (over `denominator`)."""
        return divmod(self.numerator * amount, self.denominator)


def price_of(head: str, offer: Offer, wallets: Mapping[str, int]) -> Price | None:
    """The price with these wallets, or None where the supporters cannot pay.

    At first all are taken to pay in proportion; whoever cannot gives the whole wallet, which raises rho for the
    others, until nobody else falls short.
    """
    if not offer.utility or sum(wallets[unit] for unit in offer.utility) < offer.cost:
        return None
    due, weight = offer.cost, sum(offer.utility.values())
    able = list(offer.utility.items())
    while True:
        short = [unit for unit, amount in able if wallets[unit] * weight < due * amount]
        if not short:
            return Price(due, weight, offer.cost, len(offer.utility), head)
        due -= sum(wallets[unit] for unit in short)
        weight -= sum(offer.utility[unit] for unit in short)
        able = [(unit, amount) for unit, amount in able if unit not in short]


def payments(price: Price, offer: Offer, wallets: Mapping[str, int]) -> dict[str, int]:
    """Whole micro-weeks per supporter, adding up to the cost exactly.

    min(wallet, rho x u) rounded down; the rest goes by the largest fraction, then the lowest unit id.
    """
    paid: dict[str, int] = {}
    fractions: dict[str, int] = {}
    for unit, amount in offer.utility.items():
        whole, fraction = price.shared(amount)
        if whole >= wallets[unit]:
            whole, fraction = wallets[unit], 0
        paid[unit], fractions[unit] = whole, fraction
    for unit in sorted(fractions, key=lambda key: (-fractions[key], key))[: offer.cost - sum(paid.values())]:
        paid[unit] += 1
    return {unit: amount for unit, amount in sorted(paid.items()) if amount}
