"""The winners of an election of a city, recomputed from its file: the outside check of the method.

Completions, as published (D. Peters, P. Skowron, equalshares.net; "Add1" and "Add1U" there): equal shares leaves
money over, so the method is run again with every voter's wallet one currency unit larger, until a stop.
`add1_exhaustive` stops at the first outcome to which no project can be added within the true budget, or before the
first that exceeds it; `add1_until_overspending` only before the first that exceeds it. Leftovers are not filled.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from apps.roadmap.planning.pabulib import read_election
from apps.roadmap.planning.profile import Profile, Utility, profile_of


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
    """Equal shares with a completion; the places of the winners in the order they were bought.

    Of two runs with the same course everything between is a straight line, so that all runs between them have that
    course too (`exact_shares.Course`): the way is taken in growing steps while it does not change.
    """
    from apps.roadmap.planning.exact_shares import ExactShares

    shares = ExactShares(profile)
    raised, step = 0, 1
    course = shares.course(raised, within=None)
    while course is not None and not _is_last(profile, course.winners, completion):
        ahead = shares.course(raised + step, within=profile.budget)
        if ahead is None and step == 1:
            break
        same = ahead is not None and course.same_as(ahead)
        if ahead is None or (step > 1 and not same):
            step //= 2
            continue
        raised, course, step = raised + step, ahead, step * 2 if same else 1
    return list(course.winners) if course is not None else []


def _is_last(profile: Profile, winners: tuple[int, ...], completion: Completion) -> bool:
    """Whether no further run is asked for. Where everybody's wishes are funded, no further run changes anything."""
    if completion is Completion.NONE or profile.supported <= set(winners):
        return True
    if completion is Completion.ADD1_UNTIL_OVERSPENDING:
        return False
    left = profile.budget - profile.cost(winners)
    others = set(range(len(profile.ids))) - set(winners)
    return all(profile.costs[place] > left for place in others)
