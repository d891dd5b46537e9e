"""Why a request was not bought by equal shares, and what would have sufficed: one change at a time.

With rho_t and the wallets b before round t, the supporters would have paid payable_t = sum of min(b(i), rho_t x u(i))
rather than see round t's winner bought. So a request that fits the roles in round t is bought there, or before, where
its cost is below payable_t; at equality the ties decide, which is asked of the price itself. After the last round
nothing competes: payable is all that the supporters have left.

A threshold is the last whole number that suffices: micro-weeks of cost, points of one unit, micro-weeks of one role.
For a request that hangs together with no other it follows from the course that was run, which its change leaves as
it was up to the round in question. For others, and for more room in a role, the whole method is run again at the
threshold and just below it; a threshold that does not hold there is not told (`unsure`). Of the units only those
three are asked then that lack the fewest points (and three of those that lack more than there are), so that a plan's
answers are there in seconds. That no threshold is told proves nothing of a request that hangs together with others:
it may be bought as a part of one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from apps.roadmap.planning.equal_shares import Course, buys
from apps.roadmap.planning.instance import POINTS
from apps.roadmap.planning.market import Market, Offer
from apps.roadmap.planning.prices import Price, price_of

ASKED_AGAIN = 3


class Reason(StrEnum):
    EXCLUDED = "excluded"
    QUARREL = "quarrel"
    NO_POINTS = "no_points"
    ROLE = "role"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`cost` and `weeks` are those of the bundle at the end, `payable` what its supporters have left then.

    `cost_at_most`, `points_at_least` (per unit, of 100), `more_room` (per role): each alone would have sufficed.
    `unreachable` units could pay, but not even 100 points of theirs would do. `unsure` names the kinds of threshold that
    were found for the course as it ran and did not hold when everything was run again.
    """

    request: str
    reason: Reason
    bundle: tuple[str, ...]
    cost: int
    payable: int
    driven_out_by: str | None
    lacking: Mapping[str, int]
    cost_at_most: int | None = None
    points_at_least: Mapping[str, int] = field(default_factory=dict)
    unreachable: tuple[str, ...] = ()
    more_room: Mapping[str, int] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Moment:
    """A chance to be bought: before a round, against its winner, or after the last one against nobody.

    `ready` is what each supporter would pay at the winner's rho (after the last round: all that is left), over the
    denominator of rho; `total` is payable_t over the same.
    """

    winner: Price | None
    wallets: Mapping[str, int]
    offer: Offer
    fits: bool
    lacking: Mapping[str, int]
    ready: Mapping[str, int]
    total: int

    @classmethod
    def of(
        cls, winner: Price | None, wallets: Mapping[str, int], room: Mapping[str, int], offer: Offer
    ) -> _Moment:
        if winner is None:
            ready = {unit: wallets[unit] for unit in offer.utility}
        else:
            rho, over = winner.numerator, winner.denominator
            ready = {unit: min(wallets[unit] * over, rho * amount) for unit, amount in offer.utility.items()}
        lacking = offer.lacking(room)
        return cls(winner, wallets, offer, not lacking, lacking, ready, sum(ready.values()))

    @property
    def over(self) -> int:
        return 1 if self.winner is None else self.winner.denominator

    def suffices(self, head: str, offer: Offer) -> bool:
        price = price_of(head, offer, self.wallets)
        return price is not None and (self.winner is None or price < self.winner)

    def highest_cost(self, head: str) -> int:
        """The highest cost of the whole bundle that would do; at equality the ties decide."""
        highest = self.total // self.over
        return highest if self.suffices(head, replace(self.offer, cost=highest)) else highest - 1

    def least_utility(self, unit: str) -> int | None:
        """The least utility of this unit that may do (1 where any will), or None where its wallet is too small."""
        due = self.offer.cost * self.over - self.total + self.ready.get(unit, 0)
        if due > self.wallets[unit] * self.over:
            return None
        return 1 if self.winner is None else max(1, -(-due // self.winner.numerator))


class Explainer:
    """Answers for all requests of one course. `shares` turn utilities back into points."""

    def __init__(self, market: Market, course: Course, shares: Mapping[str, int]) -> None:
        self.market, self.course, self.shares = market, course, shares

    def all(self) -> dict[str, WhyNot]:
        """One answer for every request that equal shares did not buy."""
        return {key: self.why_not(key) for key in sorted(self.market.offers) if key not in self.course.funded}

    def why_not(self, head: str) -> WhyNot:
        moments = list(self._moments(head))
        final = moments[-1]
        answer = self._without_thresholds(head, final)
        if answer.reason in (Reason.EXCLUDED, Reason.QUARREL):
            return answer
        points = {unit: self._points(head, unit, moments) for unit in self._units(head)}
        found = replace(
            answer,
            cost_at_most=self._cost(head, moments),
            points_at_least={
                unit: least for unit, least in points.items() if least is not None and least <= POINTS
            },
            unreachable=tuple(unit for unit, least in points.items() if least is not None and least > POINTS),
            more_room=self._room(head, moments),
        )
        return self._confirmed(found)

    def _units(self, head: str) -> list[str]:
        return sorted(unit for unit, share in self.shares.items() if share and self.market.wallets[unit])

    def _moments(self, head: str) -> Iterator[_Moment]:
        funded = set(self.market.funded)
        for each in self.course.rounds:
            offer = self.market.bundle(self.market.ties.bundle(head, funded))
            yield _Moment.of(each.price, each.wallets, each.room, offer)
            funded.update(each.items)
        offer = self.market.bundle(self.market.ties.bundle(head, funded))
        yield _Moment.of(None, self.course.wallets, self.course.room, offer)

    def _without_thresholds(self, head: str, final: _Moment) -> WhyNot:
        return WhyNot(
            request=head,
            reason=self._reason(head, final),
            bundle=self._last_bundle(head),
            cost=final.offer.cost,
            payable=final.total,
            driven_out_by=self.course.left.get(head),
            lacking=final.lacking,
        )

    def _last_bundle(self, head: str) -> tuple[str, ...]:
        return self.market.ties.bundle(head, self.market.funded | self.course.funded)

    def _reason(self, head: str, final: _Moment) -> Reason:
        if head in self.course.left:
            return Reason.EXCLUDED
        if self.market.ties.quarrels(self._last_bundle(head)):
            return Reason.QUARREL
        if not final.offer.utility:
            return Reason.NO_POINTS
        return Reason.PRICE if final.total < final.offer.cost else Reason.ROLE

    def _cost(self, head: str, moments: list[_Moment]) -> int | None:
        """The highest own cost at which some round that it fits would have bought it, the needs of roles held."""
        own = self.market.offers[head].cost
        fitting = [each for each in moments if each.fits and each.total]
        best = max((each.highest_cost(head) - (each.offer.cost - own) for each in fitting), default=0)
        return best if 0 < best < own else None

    def _points(self, head: str, unit: str, moments: list[_Moment]) -> int | None:
        """The fewest points of this unit with which some round that it fits would have bought it."""
        share = self.shares[unit]
        now = self.market.offers[head].utility.get(unit, 0) // share
        least: int | None = None
        for each in moments:
            utility = each.least_utility(unit) if each.fits else None
            if utility is None:
                continue
            own = each.offer.utility.get(unit, 0)
            first = max(now + 1, now - (own - utility) // share)
            for points in (first, first + 1):
                raised = {**each.offer.utility, unit: own + (points - now) * share}
                if least is not None and points >= least:
                    break
                if each.suffices(head, replace(each.offer, utility=raised)):
                    least = points
        return least

    def _room(self, head: str, moments: list[_Moment]) -> dict[str, int]:
        """Per role, the least that was lacking when it could otherwise have been bought."""
        least: dict[str, int] = {}
        for each in moments:
            payable = each.total >= each.offer.cost * each.over
            if payable and len(each.lacking) == 1 and each.suffices(head, each.offer):
                for role, weeks in each.lacking.items():
                    least[role] = min(weeks, least.get(role, weeks))
        return least

    def _confirmed(self, found: WhyNot) -> WhyNot:
        """Drops what does not hold when the method is run again; what stands alone needs it for roles only."""
        key, unsure = found.request, []
        room = {role: more for role, more in found.more_room.items() if self._room_holds(key, role, more)}
        if room != found.more_room:
            unsure.append("room")
        if self.market.ties.alone(key):
            return replace(found, more_room=room, unsure=tuple(unsure))
        cost = found.cost_at_most
        if cost is not None and not self._cost_holds(key, cost):
            cost, unsure = None, ["cost", *unsure]
        nearest = self._nearest(found)
        points = {unit: least for unit, least in nearest.items() if self._points_hold(key, unit, least)}
        beyond = self._beyond(found)
        if points != nearest or len(beyond) < len(found.unreachable[:ASKED_AGAIN]):
            unsure.append("points")
        return replace(
            found,
            cost_at_most=cost,
            points_at_least=points,
            unreachable=beyond,
            more_room=room,
            unsure=tuple(unsure),
        )

    def _beyond(self, found: WhyNot) -> tuple[str, ...]:
        """The units whose 100 points would not do either; no more are asked than of those whose points would."""
        market, key = self.market, found.request
        return tuple(
            unit
            for unit in found.unreachable[:ASKED_AGAIN]
            if not buys(market.with_utility(key, unit, POINTS * self.shares[unit]), key)
        )

    def _nearest(self, found: WhyNot) -> dict[str, int]:
        utility = self.market.offers[found.request].utility
        more = {
            unit: least - utility.get(unit, 0) // self.shares[unit]
            for unit, least in found.points_at_least.items()
        }
        nearest = sorted(more, key=lambda unit: (more[unit], unit))[:ASKED_AGAIN]
        return {unit: found.points_at_least[unit] for unit in sorted(nearest)}

    def _room_holds(self, key: str, role: str, more: int) -> bool:
        market = self.market
        return buys(market.with_room(role, more), key) and not buys(market.with_room(role, more - 1), key)

    def _cost_holds(self, key: str, cost: int) -> bool:
        market = self.market
        return buys(market.with_cost(key, cost), key) and not buys(market.with_cost(key, cost + 1), key)

    def _points_hold(self, key: str, unit: str, least: int) -> bool:
        at, below = (
            self.market.with_utility(key, unit, points * self.shares[unit]) for points in (least, least - 1)
        )
        return buys(at, key) and not buys(below, key)
