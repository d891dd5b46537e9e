"""An election as the rules see it: whole numbers only, equal ballots counted together, projects in byte order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.pabulib import Election, Vote, VoteType


class Utility(StrEnum):
    """What an approval is worth: the cost of the project, or one."""

    COST = "cost"
    CARDINALITY = "cardinality"


Ballot = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """`costs`, `budget` and the currency `unit` are in one whole measure. A ballot is pairs (place of a project in
    `ids`, utility above 0); `ballots` counts how many voters cast each. `voters` counts empty ballots too."""

    ids: tuple[str, ...]
    costs: tuple[int, ...]
    budget: int
    unit: int
    voters: int
    ballots: tuple[tuple[Ballot, int], ...]

    @property
    def supported(self) -> frozenset[int]:
        """The projects with a voter who gains from them."""
        return frozenset(place for ballot, _ in self.ballots for place, _ in ballot)

    def cost(self, places: Iterable[int]) -> int:
        return sum(self.costs[place] for place in places)


def profile_of(election: Election, utility: Utility = Utility.COST) -> Profile:
    """Points are the utility where ballots carry them; ranks count by Borda; `utility` speaks of approvals.

    Raises PlanningError for an election without voters.
    """
    if not election.votes:
        raise PlanningError("The election has no votes: there are no shares to give out.")
    projects = sorted(election.projects, key=lambda each: each.id)
    place = {each.id: number for number, each in enumerate(projects)}
    unit = math.lcm(election.budget.denominator, *(each.cost.denominator for each in projects))
    costs = tuple(_whole(each.cost * unit) for each in projects)
    longest = _ranks(election)
    finest = math.lcm(1, *(each.denominator for vote in election.votes for each in vote.points))
    counted: Counter[Ballot] = Counter()
    for vote in election.votes:
        worth = _worth(vote, election.vote_type, utility, longest, finest)
        pairs = ((place[key], costs[place[key]] if amount is None else amount) for key, amount in worth)
        counted[tuple(sorted((number, amount) for number, amount in pairs if amount))] += 1
    ballots = tuple(sorted((ballot, times) for ballot, times in counted.items() if ballot))
    return Profile(
        tuple(place), costs, _whole(election.budget * unit), unit, len(election.votes), ballots
    )  # fmt: skip


def _worth(
    vote: Vote, vote_type: VoteType, utility: Utility, longest: int, finest: int
) -> Iterator[tuple[str, int | None]]:
    """Project and utility; None stands for its cost."""
    if vote_type.has_points:
        yield from (
            (key, _whole(each * finest)) for key, each in zip(vote.projects, vote.points, strict=True)
        )
    elif vote_type is VoteType.ORDINAL:
        yield from ((key, longest - rank) for rank, key in enumerate(vote.projects))
    else:
        yield from ((key, None if utility is Utility.COST else 1) for key in vote.projects)


def _ranks(election: Election) -> int:
    """Borda: the first of a ranking gets as many points as a ballot may rank projects, the next one fewer."""
    allowed = election.meta.get("max_length", "")
    longest = max(len(vote.projects) for vote in election.votes)
    return (
        max(longest, int(allowed))
        if allowed.isascii() and allowed.isdigit() and len(allowed) < 7
        else longest
    )


def _whole(number: Fraction) -> int:
    if number.denominator != 1:
        raise AssertionError("the measure was chosen so that this is whole")
    return number.numerator
