"""How committees vote, on requests and on proposals: a quorum, then the side that leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.people.models import Committee, CommitteeSeat, Membership, Team, User
from apps.people.queries import running
from apps.tooling.models import ExceptionRequest, Proposal
from apps.tooling.queries import clock
from apps.tooling.workflow import StepRole


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
    rows = User._base_manager.filter(
        running("seats__", clock.now()), seats__committee__purpose=Committee.Purpose.STANDARDS
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


def free_eyes(request: ExceptionRequest, role: str) -> list[User]:
    """Who could still take a step of this kind: nobody of the asking team, and nobody who has decided or keeps out."""
    held = running(at=clock.now())
    done = {request.requester_id, *request.verdicts.values_list("user", flat=True)}
    done |= {*request.recusals.values_list("user", flat=True)}
    done |= {*request.team.memberships.filter(held).values_list("user", flat=True)}
    if role == StepRole.COMMITTEE:
        people = seated()
    elif role == StepRole.SECURITY:
        seats = CommitteeSeat._base_manager.filter(held, seat=CommitteeSeat.Seat.SECURITY)
        people = list(User._base_manager.filter(pk__in=seats.values("user"), is_active=True))
    elif role == StepRole.BUSINESS:
        people = list(User._base_manager.filter(sponsored_units__isnull=False, is_active=True).distinct())
    else:
        teams = Team._base_manager.filter(held, kind=Team.Kind.CENTRAL)
        members = Membership._base_manager.filter(held, team__in=teams)
        people = list(User._base_manager.filter(pk__in=members.values("user"), is_active=True))
    return [user for user in people if user.pk not in done]
