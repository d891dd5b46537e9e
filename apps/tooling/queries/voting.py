"""How committees vote, on requests and on proposals: a quorum, then the side that leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from apps.people.models import Committee, User
from apps.tooling.models import Proposal
from apps.tooling.queries import clock


def quorum() -> int:
    """How many of the standards committee must have voted; its own rule."""
    committee = Committee._base_manager.filter(purpose=Committee.Purpose.STANDARDS).order_by("pk").first()
    return committee.quorum if committee else 1


def majority(votes: Sequence[bool], needed: int) -> bool | None:
    """What the votes come to once `needed` were given and one side leads; None while they do not."""
    in_favour = sum(votes)
    against = len(votes) - in_favour
    return None if len(votes) < needed or in_favour == against else in_favour > against


def seated() -> list[User]:
    """Everybody who has a running seat on a standards committee."""
    now = clock.now()
    running = Q(seats__ends=None) | Q(seats__ends__gt=now)
    rows = User._base_manager.filter(
        running, seats__starts__lte=now, seats__committee__purpose=Committee.Purpose.STANDARDS
    )
    return list(rows.filter(is_active=True).distinct().order_by("name", "pk"))


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a vote stands. `missing` are the seats that may still vote; the proposer's never may."""

    votes: tuple[bool, ...]
    needed: int
    missing: tuple[User, ...]

    @property
    def in_favour(self) -> int:
        return sum(self.votes)

    @property
    def against(self) -> int:
        return len(self.votes) - self.in_favour

    @property
    def to_quorum(self) -> int:
        """How many votes the quorum still lacks."""
        return max(self.needed - len(self.votes), 0)

    @property
    def beyond_reach(self) -> bool:
        """Whether the seats that may still vote are too few for the quorum."""
        return len(self.missing) < self.to_quorum

    @property
    def answer(self) -> bool | None:
        """True or False once decided. A tie waits for more votes; where none can come, the proposal is rejected."""
        tied = bool(self.votes) and self.in_favour == self.against
        return False if tied and not self.missing else majority(self.votes, self.needed)


def tally(proposal: Proposal) -> Tally:
    """The vote on a proposal now: its votes, the quorum, the seats."""
    votes = dict(proposal.votes.values_list("user", "approves"))
    done = {proposal.proposer_id, *votes}
    return Tally(tuple(votes.values()), quorum(), tuple(user for user in seated() if user.pk not in done))
