"""Equal shares for tens of thousands of voters with equal wallets, exact to the last tie, and quick.

Source of the method: Peters, Pierczynski, Skowron (NeurIPS 2021). `rho` is the price per unit of utility.

How exactness and speed meet: a voter's wallet is always (first wallet) - sum over purchases of rho_t x utility, or
nothing at all once a purchase took the rest. So wallets are kept twice. Exactly, as a few long integers for the
rho_t with one common denominator, and counts of who paid what. And as floats whose error is bounded. The floats only
sort out what is clear beyond their error; every comparison that is closer is made again with the integers, and so is
rho of every purchase, so that no error is handed on.
numpy is imported with this module, and this module only where an election is recomputed.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.profile import Profile

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
ULP = 2.0**-52
LARGEST = 2**52


@dataclass(frozen=True, slots=True)
class Course:
    """The winners in order, and beside each how many ballots gave all they had left for it.

    `fingerprint`, where it was asked for, says of all ballots and projects in all rounds who could not pay the
    winner's rho. Where it is the same at both ends, wallets, prices and sums are linear in the first wallet from one
    run to the other, and what happens at neither end does not happen between them. None where a float left it open.
    """

    winners: tuple[int, ...]
    short: tuple[int, ...]
    fingerprint: bytes | None

    def looks_like(self, other: Course) -> bool:
        return (self.winners, self.short) == (other.winners, other.short)

    def same_as(self, other: Course) -> bool:
        return (
            self.fingerprint is not None and self.fingerprint == other.fingerprint and self.looks_like(other)
        )


@dataclass(frozen=True, slots=True)
class Supporters:
    """Of one project: the ballots, their weight (utility / `factor`), and how many voters cast each."""

    ballots: NDArray[np.intp]
    weight: Floats
    times: Floats
    cost: int
    factor: int

    def of(self, alive: NDArray[np.bool_]) -> Supporters:
        kept = alive[self.ballots]
        return Supporters(self.ballots[kept], self.weight[kept], self.times[kept], self.cost, self.factor)


class ExactShares:
    """One election, prepared once and run with wallets of any size (one run at a time: they share `weights`).

    `at_least` is rho of each project if all its supporters could pay in proportion; it is never lower.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.supporters = {
            place: self._supporters(place, pairs) for place, pairs in _by_project(profile).items()
        }
        self.at_least = {place: self._at_least(each) for place, each in self.supporters.items()}
        self.weights: Floats = np.zeros((len(self.supporters), len(profile.ballots)))
        everyone = self.supporters.values()
        self.pair_ballots = np.concatenate([np.zeros(0, np.intp), *(each.ballots for each in everyone)])
        self.pair_utility: Floats = np.concatenate(
            [np.zeros(0), *(each.weight * each.factor for each in everyone)]
        )

    def _supporters(self, place: int, pairs: list[tuple[int, int, int]]) -> Supporters:
        factor = math.gcd(*(amount for _, amount, _ in pairs))
        weights = [amount // factor for _, amount, _ in pairs]
        if sum(weight * times for weight, (_, _, times) in zip(weights, pairs, strict=True)) > LARGEST:
            raise PlanningError(
                f"The points for {self.profile.ids[place]} add up to more than can be counted."
            )
        return Supporters(
            np.array([number for number, _, _ in pairs], dtype=np.intp),
            np.array(weights, dtype=np.float64),
            np.array([times for _, _, times in pairs], dtype=np.float64),
            self.profile.costs[place],
            factor,
        )

    @staticmethod
    def _at_least(each: Supporters) -> float:
        return each.cost / (int(each.weight @ each.times) * each.factor) * (1 - 4 * ULP)

    def course(self, raised: int, within: int | None = None, *, noted: bool = False) -> Course | None:
        """Wallets of budget / voters + `raised` currency units. None once the winners cost more than `within`."""
        run = _Run(self, self.profile.budget + raised * self.profile.unit * self.profile.voters, noted)
        spent = 0
        while (bought := run.buy_next()) is not None:
            spent += self.profile.costs[bought]
            if within is not None and spent > within:
                return None
        fingerprint = run.digest.digest() if run.noted else None
        return Course(tuple(run.winners), tuple(run.short), fingerprint)


def _by_project(profile: Profile) -> dict[int, list[tuple[int, int, int]]]:
    """For each project (number of the ballot, utility, times it was cast)."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    for number, (ballot, times) in enumerate(profile.ballots):
        for place, amount in ballot:
            found.setdefault(place, []).append((number, amount, times))
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class _Quote:
    """rho x factor of one project as a float, its error at most, and who pays all that is left."""

    supporters: Supporters
    price: float
    error: float

    @property
    def lowest(self) -> float:
        return (self.price - self.error) / self.supporters.factor * (1 - 4 * ULP)

    @property
    def highest(self) -> float:
        return (self.price + self.error) / self.supporters.factor * (1 + 4 * ULP)


class _Run:
    """Exact state: wallet = (`first` - sum of paid[t] x weights[t]) / `over` for the ballots that are `alive`."""

    def __init__(self, shares: ExactShares, purse: int, noted: bool) -> None:
        self.shares = shares
        self.first, self.over = purse, shares.profile.voters
        self.paid: list[int] = []
        self.weights = shares.weights
        self.start = purse / self.over
        self.wallets: Floats = np.full(len(shares.profile.ballots), self.start)
        self.alive = np.ones(len(shares.profile.ballots), dtype=np.bool_)
        self.supporters = dict(shares.supporters)
        self.queue = sorted((bound, place) for place, bound in shares.at_least.items())
        self.winners: list[int] = []
        self.short: list[int] = []
        self.noted = noted
        self.digest: Any = blake2b(digest_size=16)

    @property
    def slack(self) -> float:
        """No float wallet is further from the exact one: per purchase a product, a difference and rho are rounded."""
        return 2 * (len(self.paid) + 2) * ULP * self.start

    def buy_next(self) -> int | None:
        """The place of the project that is bought in the next round, or None at the end."""
        quotes: dict[int, _Quote] = {}
        ceiling = math.inf
        while self.queue and self.queue[0][0] <= ceiling:
            _, place = heapq.heappop(self.queue)
            quote = self._quote(place)
            if quote is not None:
                quotes[place] = quote
                ceiling = min(ceiling, quote.highest)
        for place, quote in quotes.items():
            heapq.heappush(self.queue, (quote.lowest, place))
        if not quotes:
            return None
        close = [place for place, quote in quotes.items() if quote.lowest <= ceiling]
        exact = {place: _Exact(self, quotes[place]) for place in close}
        best = close[0]
        for place in close[1:]:
            if exact[place].is_below(exact[best]) or (
                not exact[best].is_below(exact[place]) and place < best
            ):
                best = place
        self.queue = [entry for entry in self.queue if entry[1] != best]
        heapq.heapify(self.queue)
        self._pay(exact[best])
        self.winners.append(best)
        return best

    def _quote(self, place: int) -> _Quote | None:
        """The price as a float, or None where the supporters cannot pay, now and hence."""
        supporters = self.supporters[place] = self.supporters[place].of(self.alive)
        wallets, due = self.wallets[supporters.ballots], float(supporters.cost)
        funds = wallets * supporters.times
        voters, total = float(supporters.times.sum()), float(funds.sum())
        error = voters * self.slack + (len(wallets) + 4) * ULP * (due + total)
        if total < due - error or (total <= due + error and not self._can_pay(supporters)):
            return None
        weights = supporters.weight * supporters.times
        limit = wallets / supporters.weight
        price, short = due / float(weights.sum()), np.zeros(len(wallets), dtype=np.bool_)
        while True:
            now_short = short | (limit < price)
            rich = float(weights[~now_short].sum())
            if rich <= 0:
                return _Quote(supporters, price, math.inf)
            if (now_short == short).all():
                return _Quote(supporters, price, 4 * error / rich)
            short = now_short
            price = (due - float(funds[short].sum())) / rich

    def _can_pay(self, supporters: Supporters) -> bool:
        return self.funds(supporters.ballots, supporters.times) >= supporters.cost * self.over

    def funds(self, ballots: NDArray[np.intp], times: Floats) -> int:
        """Exactly what these ballots (alive) have left together, times `over`."""
        used = len(self.paid)
        counted = self.weights[:used, ballots] @ times
        spent = sum(paid * int(count) for paid, count in zip(self.paid, counted, strict=True))
        return self.first * int(times.sum()) - spent

    def _pay(self, exact: _Exact) -> None:
        divisor = math.gcd(exact.due, exact.weight)
        due, weight = exact.due // divisor, exact.weight // divisor
        price = due / (self.over * weight)
        if self.noted:
            self._note(price / exact.quote.supporters.factor)
        self.first, self.over = self.first * weight, self.over * weight
        self.paid = [each * weight for each in self.paid]
        supporters, short = exact.quote.supporters, exact.short
        rich = supporters.ballots[~short]
        self.weights[len(self.paid)] = 0.0
        self.weights[len(self.paid), rich] = supporters.weight[~short]
        self.wallets[rich] = np.maximum(self.wallets[rich] - price * supporters.weight[~short], 0.0)
        self.wallets[supporters.ballots[short]] = 0.0
        self.alive[supporters.ballots[short]] = False
        self.paid.append(due)
        self.short.append(int(short.sum()))

    def _note(self, rho: float) -> None:
        """Adds to the fingerprint who cannot pay this rho, for all projects; one doubt and there is none."""
        gap = self.wallets[self.shares.pair_ballots] - rho * self.shares.pair_utility
        bound = 4 * self.slack + 8 * ULP * rho * self.shares.pair_utility
        self.noted = not bool((np.abs(gap) <= bound)[self.alive[self.shares.pair_ballots]].any())
        self.digest.update(np.packbits(gap < 0).tobytes())


class _Exact:
    """rho x factor = due / (over x weight), by integers: at first the ballots that are short beyond doubt pay all
    they have, then each doubtful one is asked, until no further one is short."""

    def __init__(self, run: _Run, quote: _Quote) -> None:
        self.quote = quote
        supporters = quote.supporters
        gap = run.wallets[supporters.ballots] - quote.price * supporters.weight
        margin = run.slack + (quote.error + 4 * ULP * quote.price) * supporters.weight
        self.short = gap < -margin
        if not math.isfinite(quote.error) or self._is_loose(gap > margin):
            self.short, margin = np.zeros(len(gap), dtype=np.bool_), np.full(len(gap), np.inf)
        doubtful = np.flatnonzero(~self.short & (gap <= margin))
        self.due = supporters.cost * run.over - run.funds(
            supporters.ballots[self.short], supporters.times[self.short]
        )
        self.weight = int((supporters.weight * supporters.times)[~self.short].sum())
        self._settle(run, [int(each) for each in doubtful])

    def _is_loose(self, surely_rich: NDArray[np.bool_]) -> bool:
        """Whether the bound on the error is no proof: it takes for granted that half of the weight is surely rich."""
        weights = self.quote.supporters.weight * self.quote.supporters.times
        return 2 * float(weights[surely_rich].sum()) < float(weights[~self.short].sum())

    def _settle(self, run: _Run, doubtful: list[int]) -> None:
        supporters, one = self.quote.supporters, np.ones(1)
        has = {each: run.funds(supporters.ballots[[each]], one) for each in doubtful}
        while True:
            short = [
                each
                for each, left in has.items()
                if left * self.weight < self.due * int(supporters.weight[each])
            ]
            if not short:
                return
            for each in short:
                times, left = int(supporters.times[each]), has.pop(each)
                self.due -= times * left
                self.weight -= times * int(supporters.weight[each])
                self.short[each] = True

    def is_below(self, other: _Exact) -> bool:
        """Compares rho by cross-multiplication; `over` is the same on both sides."""
        mine = self.due * other.weight * other.quote.supporters.factor
        return mine < other.due * self.weight * self.quote.supporters.factor
