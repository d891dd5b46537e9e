"""A cycle as an election in the .pb format: what outsiders need to try another rule on it.

Weeks are person-weeks with decimals. What the format does not know stands in columns of its own: each role's weeks
and the value of a request, the share (basis points) and the wallet of a unit.
"""

from __future__ import annotations

from fractions import Fraction

from apps.roadmap.planning.instance import MICRO_WEEKS, POINTS, Instance, Request, Unit
from apps.roadmap.planning.off_the_top import in_weeks, off_the_top, wallets
from apps.roadmap.planning.pabulib import Election, Project, Vote, VoteType


def election_of(instance: Instance, name: str) -> Election:
    """The vote of a checked instance: without what is off the top, and without units that cast no ballot."""
    top = off_the_top(instance)
    purse = wallets(instance, top.pool)
    requests = [each for each in instance.requests if each.id not in top.requests]
    votes = [_vote(unit, purse[unit.id], top.requests) for unit in instance.units if unit.ballot is not None]
    budget = Fraction(top.pool, MICRO_WEEKS)
    meta = {
        "description": name,
        "num_projects": str(len(requests)),
        "num_votes": str(len(votes)),
        "budget": _decimal(top.pool),
        "vote_type": VoteType.CUMULATIVE.value,
        "rule": "equal_shares",
        "max_sum_points": str(POINTS),
    }
    return Election(meta, budget, VoteType.CUMULATIVE, tuple(map(_project, requests)), tuple(votes))


def _project(request: Request) -> Project:
    weeks = {f"weeks_{role}": _decimal(amount) for role, amount in request.weeks.items()}
    return Project(request.id, Fraction(request.cost, MICRO_WEEKS), {"value": str(request.value), **weeks})


def _vote(unit: Unit, wallet: int, taken: tuple[str, ...]) -> Vote:
    given = {key: points for key, points in (unit.ballot or {}).items() if key not in taken}
    columns = {"share": str(unit.share), "wallet": _decimal(wallet)}
    return Vote(unit.id, tuple(given), tuple(Fraction(points) for points in given.values()), columns)


def _decimal(micro: int) -> str:
    return in_weeks(micro).replace(",", "")
