"""Why a request was not bought, and what would have sufficed, for somebody who has never seen the method.

Every figure is a threshold that holds: a cost is rounded down, more capacity up, and where a change may move other
purchases the rounded figure is tried by running the method again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.roadmap.planning.equal_shares import buys
from apps.roadmap.planning.instance import POINTS
from apps.roadmap.queries.explaining import Explained
from apps.roadmap.queries.planner_words import (
    apart,
    exactly,
    higher,
    listed,
    lower,
    points,
    role_people,
    weeks,
)

MOST_NAMED = 3
NO_CHANGE = (
    "No single change of its cost, of one unit's points or of one role's capacity would have sufficed."
)
NO_CHANGE_FOUND = (
    "No single change of its cost, of one unit's points or of one role's capacity was found that would have sufficed. It "
    "hangs together with other requests, so that one that moves those might."
)
NO_FIGURES = (
    "What would have sufficed is not told here: it needs something first that is not shown to you, and from the figures "
    "one could tell what that costs. A CoE lead sees them."
)
ONE_CHANGE = "Each is one change at a time, with everything else as it was frozen."


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that alone would have sufficed. `amount` is the threshold as it is told, in the planner's units."""

    kind: str  # cost, points or room
    sentence: str
    amount: int
    of: str = ""  # the unit or the role


@dataclass(frozen=True, slots=True)
class No:
    """`reason` is what happened; `changes` would have led to a yes; `limits` says what no points or no change do."""

    reason: str
    changes: tuple[Change, ...] = ()
    limits: tuple[str, ...] = ()
    note: str = field(default=ONE_CHANGE)


def reason_of(read: Explained, name: str) -> str:
    """The short sentence of a table; empty for what units bought or what is off the top."""
    found = read.result["why_not"].get(name)
    return _reason(read, name, found) if found else ""


def no_of(read: Explained, name: str) -> No | None:
    """The whole answer for a request that units did not buy; None for others."""
    found = read.result["why_not"].get(name)
    if found is None:
        return None
    if not read.names.all_shown(found["bundle"]):
        return No(_reason(read, name, found), limits=(NO_FIGURES,))
    changes = (*_cost(read, name, found), *_points(read, name, found), *_room(read, name, found))
    return No(_reason(read, name, found), changes, tuple(_limits(read, found)))


def _reason(read: Explained, name: str, found: Mapping[str, Any]) -> str:
    kind = found["reason"]
    if kind == "excluded":
        rival = read.names.title(found["driven_out_by"])
        return f"It cannot be done beside {rival}, which is in the plan."
    if kind == "quarrel":
        return "What it needs cannot be done together: two of those requests exclude each other."
    whole = _whole(read, name, found)
    if kind == "no_points":
        return f"No unit gave points to {whole}."
    if kind == "price":
        return _price(read, name, found)
    lacking = _lacking(read, found)
    return (
        f"Its supporters could have paid for {whole}, but too little capacity was left: it lacked {lacking}."
    )


def _lacking(read: Explained, found: Mapping[str, Any]) -> str:
    """What the roles lacked after the last round; without amounts where they would tell of what is not shown."""
    shown = read.names.all_shown(found["bundle"])
    return listed(
        f"{weeks(amount)} of {role_people(role)}" if shown else role_people(role)
        for role, amount in found["lacking"].items()
    )


def _whole(read: Explained, name: str, found: Mapping[str, Any]) -> str:
    others = [other for other in found["bundle"] if other != name]
    return f"it with what it needs first, {listed(read.names.titles(others))}" if others else "it"


def _price(read: Explained, name: str, found: Mapping[str, Any]) -> str:
    """The money and the room of the end, since that is what the planner keeps."""
    others, lacking = [other for other in found["bundle"] if other != name], _lacking(read, found)
    too = f", and the roles lacked {lacking}" if lacking else ""
    if not read.names.all_shown(found["bundle"]):
        return (
            f"Too dear for those who gave it points: it comes with {listed(read.names.titles(others))}, "
            f"and after the last round they had {weeks(found['payable'])} left{too}."
        )
    cost, left = apart(found["cost"], found["payable"])
    what = f"Together with {listed(read.names.titles(others))}, which it needs first, it" if others else "It"
    return f"{what} costs {cost}; after the last round {_who_wanted(read, found)} had {left} left{too}."


def _who_wanted(read: Explained, found: Mapping[str, Any]) -> str:
    """Its supporters by name, where they are few enough for a sentence."""
    units = [unit for unit in read.ballots if read.points(unit, found["bundle"])]
    if not units or len(units) > MOST_NAMED:
        return "those who gave it points"
    names = listed(read.names.unit(unit) for unit in units)
    return (
        f"{names}, which gave it points," if len(units) == 1 else f"{names}, which gave it points, together"
    )


def _cost(read: Explained, name: str, found: Mapping[str, Any]) -> Iterator[Change]:
    """A lower cost never does worse: until something with this request in it is bought, the course stays as it was."""
    exact = found["cost_at_most"]
    if exact is None:
        return
    own = read.requests[name].cost
    told = lower(exact, lambda cost: cost > 0)
    now = weeks(own) if weeks(own) != weeks(told) else exactly(own)
    earlier = ", to be bought while the roles still had room" if found["lacking"] else ""
    yield Change("cost", f"a cost of {exactly(told)} or less, instead of {now}{earlier}", told)


def _points(read: Explained, name: str, found: Mapping[str, Any]) -> Iterator[Change]:
    for unit, least in sorted(found["points_at_least"].items(), key=lambda pair: (pair[1], pair[0])):
        now = read.points(unit, [name])
        who = read.names.unit(unit)
        ballot = read.ballots[unit]
        if ballot is None:
            sentence = f"{points(least)} from {who}, which cast no ballot"
        else:
            taken = _taken(least - now, POINTS - sum(ballot.values()))
            sentence = f"{points(least)} from {who} instead of {now or 'none'}{taken}"
        yield Change("points", sentence, least, unit)


def _taken(more: int, spare: int) -> str:
    """Where the points would have come from, if the ballot had too few left."""
    return "" if more <= spare else f", with {more - spare} taken from other requests on its ballot"


def _room(read: Explained, name: str, found: Mapping[str, Any]) -> Iterator[Change]:
    market = read.market
    for role, exact in found["more_room"].items():
        told = higher(exact, lambda more, role=role: buys(market.with_room(role, more), name))  # type: ignore[misc]
        yield Change("room", f"a further {exactly(told)} of {role_people(role)}", told, role)


def _has_figure(found: Mapping[str, Any]) -> bool:
    """Whether a change is known or was thought to suffice, told to this reader or not."""
    names = ("points_at_least", "more_room", "unsure")
    return found["cost_at_most"] is not None or any(found[name] for name in names)


def _limits(read: Explained, found: Mapping[str, Any]) -> Iterator[str]:
    if beyond := [read.names.unit(unit) for unit in found["unreachable"]]:
        yield f"Not reachable by points of {listed(beyond, 'or')}: even {POINTS} would not do."
    if found["unsure"]:
        kinds = {"cost": "a lower cost", "points": "more points", "room": "more capacity"}
        told = listed((kinds[kind] for kind in found["unsure"]), "or")
        yield (
            f"For {told} no figure is certain: such a change would also move what else is bought, so that what looked "
            "enough did not hold when everything was computed again."
        )
    if not _has_figure(found) and found["reason"] not in ("excluded", "quarrel"):
        yield NO_CHANGE if read.market.ties.alone(found["request"]) else NO_CHANGE_FOUND
