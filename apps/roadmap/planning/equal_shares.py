"""The Method of Equal Shares with unequal wallets, bundles and capacities per role.

Source: D. Peters, G. Pierczynski, P. Skowron, "Proportional Participatory Budgeting with Additive Utilities",
NeurIPS 2021. What this adds to the paper: wallets differ; a request and its unfunded prerequisites are bought as one
bundle; role capacities are hard caps; payments are whole micro-weeks.

A round buys the bundle with the lowest rho among those that fit the room left (ties: lower cost, more supporters,
id). What excludes it leaves, with everything that needs what left. The rule stops when nothing that fits can be paid.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from apps.roadmap.planning.market import Market, Offer
from apps.roadmap.planning.prices import Price, payments, price_of


@dataclass(frozen=True, slots=True)
class Round:
    """One purchase: the receipt, and what the market looked like just before it."""

    number: int
    price: Price
    items: tuple[str, ...]
    offer: Offer
    payments: Mapping[str, int]
    wallets: Mapping[str, int]
    room: Mapping[str, int]

    @property
    def head(self) -> str:
        return self.price.head


@dataclass(frozen=True, slots=True)
class Course:
    """All rounds, and what is left after the last one. `left` says which funded request drove which one out."""

    rounds: tuple[Round, ...]
    wallets: Mapping[str, int]
    room: Mapping[str, int]
    left: Mapping[str, str]

    @property
    def funded(self) -> frozenset[str]:
        return frozenset(item for each in self.rounds for item in each.items)


def equal_shares(market: Market) -> Course:
    """The course of the method on this market, from full wallets to the stop."""
    run = _Run(market)
    rounds: list[Round] = []
    while (bought := run.buy_next()) is not None:
        rounds.append(bought)
    return Course(tuple(rounds), run.wallets, run.room, run.left)


def buys(market: Market, key: str) -> bool:
    """Whether the method funds this request; it ends as soon as that is known."""
    run = _Run(market)
    while key not in run.funded and key not in run.left:
        if run.buy_next() is None:
            return False
    return key in run.funded


class _Run:
    """Prices are re-evaluated only when they may have become the lowest.

    While a bundle stays the same its rho can only rise, since wallets only shrink: an old price is a lower bound.
    The price of a bundle falls when a part of it is bought, so those are priced anew at once.
    """

    def __init__(self, market: Market) -> None:
        self.market = market
        self.wallets = dict(market.wallets)
        self.room = dict(market.room)
        self.funded = set(market.funded)
        self.left: dict[str, str] = {}
        self.offers: dict[str, tuple[tuple[str, ...], Offer]] = {}
        self.queue: list[tuple[Price, int]] = []
        self.version: dict[str, int] = {}
        self.number = 0
        for key in sorted(market.funded):
            self._drive_out(key)
        for head in market.offers:
            self._offer(head)

    def buy_next(self) -> Round | None:
        """The next round, or None where the method stops."""
        price = self._lowest()
        if price is None:
            return None
        self.number += 1
        return self._buy(price)

    def _offer(self, head: str) -> None:
        """(Re-)enters a bundle that may be bought, with its present parts."""
        self.version[head] = self.version.get(head, 0) + 1
        if head in self.funded or head in self.left:
            return
        items = self.market.ties.bundle(head, self.funded)
        if not self.market.ties.quarrels(items):
            self.offers[head] = items, self.market.bundle(items)
            self._price(head)

    def _price(self, head: str) -> None:
        price = price_of(head, self.offers[head][1], self.wallets)
        if price is not None:
            heapq.heappush(self.queue, (price, self.version[head]))

    def _lowest(self) -> Price | None:
        """The lowest true price among the bundles that fit; what cannot be paid or does not fit is set aside."""
        while self.queue:
            price, version = self.queue[0]
            head = price.head
            if version != self.version[head] or not self.offers[head][1].fits(self.room):
                heapq.heappop(self.queue)
                continue
            true = price_of(head, self.offers[head][1], self.wallets)
            if true == price:
                return price
            heapq.heappop(self.queue)
            if true is not None:
                heapq.heappush(self.queue, (true, version))
        return None

    def _buy(self, price: Price) -> Round:
        items, offer = self.offers[price.head]
        paid = payments(price, offer, self.wallets)
        bought = Round(self.number, price, items, offer, paid, dict(self.wallets), dict(self.room))
        for unit, amount in paid.items():
            self.wallets[unit] -= amount
        for role, weeks in offer.weeks.items():
            self.room[role] -= weeks
        self.funded.update(items)
        for item in items:
            self._drive_out(item)
        for head in sorted({head for item in items for head in (item, *self.market.ties.dependants[item])}):
            self._offer(head)
        return bought

    def _drive_out(self, funded: str) -> None:
        """What a funded request excludes leaves, and whatever needs that."""
        for rival in sorted(self.market.ties.excluded[funded]):
            for key in sorted({rival, *self.market.ties.dependants[rival]}):
                if key not in self.funded and key not in self.left:
                    self.left[key] = funded
                    self.version[key] = self.version.get(key, 0) + 1
