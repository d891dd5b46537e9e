"""The winners of an election of a city, recomputed from its file: the outside check of the method.

Completions, as published (D. Peters, P. Skowron, equalshares.net; "Add1" and "Add1U" there): equal shares leaves
money over, so the method is run again with every voter's wallet one currency unit larger, until a stop.
`add1_exhaustive` stops at the first outcome to which no project can be added within the true budget, or before the
first that exceeds it; `add1_until_overspending` only before the first that exceeds it. Leftovers are not filled.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from apps.roadmap.planning.pabulib import read_election
from apps.roadmap.planning.profile import Profile, Utility, profile_of

if TYPE_CHECKING:
    from apps.roadmap.planning.exact_shares import ExactShares


class Rule(StrEnum):
    EQUAL_SHARES = "equal_shares"
    GREEDY = "greedy"


class Completion(StrEnum):
    NONE = "none"
    ADD1_EXHAUSTIVE = "add1_exhaustive"
    ADD1_UNTIL_OVERSPENDING = "add1_until_overspending"


def recompute(
    content: bytes,
    rule: Rule = Rule.EQUAL_SHARES,
    utility: Utility = Utility.COST,
    completion: Completion = Completion.NONE,
) -> list[str]:
    """The ids of the winners in byte order. Raises PlanningError where the file is no election.

    `utility` counts for approvals only: points are their own utility. `completion` counts for equal shares only.
    """
    profile = profile_of(read_election(content), utility)
    winners = greedy(profile) if rule is Rule.GREEDY else completed_shares(profile, completion)
    return sorted(profile.ids[place] for place in winners)


def greedy(profile: Profile) -> list[int]:
    """The highest utility per cost first, ties by id; what does not fit the rest of the budget is passed over.

    With the cost as utility that is the number of votes, as most cities count.
    """
    total = [0] * len(profile.ids)
    for ballot, times in profile.ballots:
        for place, utility in ballot:
            total[place] += utility * times
    free = [place for place in profile.supported if not profile.costs[place]]
    priced = [place for place in profile.supported if profile.costs[place]]
    winners, left = sorted(free), profile.budget
    for place in sorted(priced, key=lambda each: (-Fraction(total[each], profile.costs[each]), each)):
        if profile.costs[place] <= left:
            winners.append(place)
            left -= profile.costs[place]
    return winners


def completed_shares(profile: Profile, completion: Completion) -> list[int]:
    """Equal shares with a completion; the places of the winners in the order they were bought."""
    from apps.roadmap.planning.exact_shares import ExactShares

    walk = _Walk(ExactShares(profile), profile.budget)
    while not _is_last(profile, walk.course.winners, completion) and walk.goes_on():
        pass
    return list(walk.course.winners)


class _Walk:
    """The runs of add1, one currency unit a step. Of two runs with the same fingerprint all runs between them have
    that course too (`exact_shares.Course`): where runs look alike, the walk leaps, and rests after a leap in vain."""

    def __init__(self, shares: ExactShares, budget: int) -> None:
        self.shares, self.budget = shares, budget
        self.raised, self.rest, self.patience = 0, 1, 1
        course = shares.course(0)
        if course is None:
            raise AssertionError("a course without a limit has an end")
        self.course = course

    def goes_on(self) -> bool:
        """Takes the next step; False where it would overspend."""
        ahead = self.shares.course(self.raised + 1, self.budget)
        if ahead is None:
            return False
        alike = ahead.looks_like(self.course)
        self.raised, self.course, self.rest = self.raised + 1, ahead, self.rest - 1
        if alike and self.rest <= 0:
            leapt = self._leaps()
            self.patience = 1 if leapt else min(2 * self.patience, 64)
            self.rest = self.patience
        return True

    def _leaps(self) -> bool:
        """To the last run that is certainly of the same course, by steps that double while it is and halve then."""
        start, step, growing = self.raised, 1, True
        here = self.shares.course(self.raised, noted=True)
        while step and here is not None and here.fingerprint is not None:
            there = self.shares.course(self.raised + step, self.budget, noted=True)
            if there is not None and here.same_as(there):
                self.raised += step
                step = step * 2 if growing else step // 2
            else:
                step, growing = step // 2, False
        return self.raised > start


def _is_last(profile: Profile, winners: tuple[int, ...], completion: Completion) -> bool:
    """Whether no further run is asked for. Where everybody's wishes are funded, no further run changes anything."""
    if completion is Completion.NONE or profile.supported <= set(winners):
        return True
    if completion is Completion.ADD1_UNTIL_OVERSPENDING:
        return False
    left = profile.budget - profile.cost(winners)
    others = set(range(len(profile.ids))) - set(winners)
    return all(profile.costs[place] > left for place in others)
