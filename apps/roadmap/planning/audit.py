"""What every unit's share could have bought alone: the check that each published plan is held against.

The promise of equal shares, that a group which agrees gets what its share pays for, is proven for one budget and no
dependencies. Roles and dependencies break the proof, so the plan is audited: the same method is run with one unit
at a time, its whole wallet, its own ballot, and every role to itself. A unit of whose points a plan funds fewer than
that had reason to stay alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from apps.roadmap.planning.equal_shares import equal_shares
from apps.roadmap.planning.instance import Instance
from apps.roadmap.planning.market import Market, open_market


def bought_alone(instance: Instance) -> dict[str, frozenset[str]]:
    """Per unit, what its wallet alone would have bought; what is off the top is not among it."""
    market = open_market(instance)
    return {unit.id: equal_shares(_alone(market, unit.id)).funded for unit in instance.units}


def received_alone(instance: Instance) -> dict[str, Fraction | None]:
    """The part of its own points that each unit could have had alone, with what is off the top; None without points."""
    top = open_market(instance).funded
    bought = bought_alone(instance)
    return {unit.id: _received(unit.ballot or {}, bought[unit.id] | top) for unit in instance.units}


def _alone(market: Market, unit: str) -> Market:
    offers = {
        key: replace(offer, utility={name: each for name, each in offer.utility.items() if name == unit})
        for key, offer in market.offers.items()
    }
    return replace(market, offers=offers)


def _received(ballot: Mapping[str, int], chosen: frozenset[str]) -> Fraction | None:
    given = sum(ballot.values())
    return Fraction(sum(points for key, points in ballot.items() if key in chosen), given) if given else None
