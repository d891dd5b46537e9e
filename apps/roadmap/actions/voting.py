"""Sealed ballots: one a voter, cast and recast until the freeze; members advise, the unit's sponsor decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from apps.core.checking import checked_text, refuse
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import User
from apps.people.standing import standing_of
from apps.roadmap.actions.moving import locked_cycle, moment
from apps.roadmap.models import Advice, Ballot, BallotLine, Candidate, Delegate, Share
from apps.roadmap.policies import voter_of
from apps.roadmap.workflow import CycleState, Entry

POINTS = 100


@transaction.atomic
def cast_ballot(
    *,
    actor: Any,
    share: Share,
    points: Mapping[Candidate, int],
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Ballot:
    """Casts or recasts the voter's ballot: points of 1 to 100 for candidates, 100 together at most.

    The event says that a ballot was cast, never what is in it. Forbidden for those who do not cast it, Conflict when the
    vote is not open or somebody recast it meanwhile.
    """
    require(actor, "view", share)
    _require_voter(actor, share)
    cycle, when = locked_cycle(share.cycle), moment(at)
    if cycle.state != CycleState.VOTING or (cycle.ballots_until and cycle.ballots_until <= when):
        raise Conflict("The vote is not open.", possible=["reload"])
    wanted = {candidate: number for candidate, number in points.items() if number != 0}
    _check(actor, share, wanted)
    ballot = Ballot._base_manager.select_for_update().filter(share=share).first()
    if expected_version is not None and expected_version != (ballot.version if ballot else 0):
        raise Conflict("The ballot was recast meanwhile.", next_step="Load it again.", possible=["reload"])
    if ballot is None:
        ballot = Ballot._base_manager.create(share=share, cycle=cycle, cast_by_id=actor.pk, cast_at=when)
    else:
        changes = {"cast_by_id": actor.pk, "cast_at": when, "version": F("version") + 1, "updated_at": when}
        Ballot._base_manager.filter(pk=ballot.pk).update(**changes)
        ballot.lines.all().delete()
        ballot.refresh_from_db()
    BallotLine._base_manager.bulk_create(
        BallotLine(ballot=ballot, candidate=candidate, points=number) for candidate, number in wanted.items()
    )
    record("roadmap.cycle.ballot_cast", actor=actor, target=cycle, data={"voter": share.key}, at=at)
    return ballot


def _check(actor: Any, share: Share, points: Mapping[Candidate, int]) -> None:
    for candidate, number in points.items():
        require(actor, "view", candidate)
        if candidate.cycle_id != share.cycle_id:
            raise refuse("points", f"“{candidate.request}” is not in this cycle.")
        if candidate.entry != Entry.OPEN:
            raise refuse("points", f"“{candidate.request}” comes off the top; it is not voted on.")
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= POINTS:
            raise refuse("points", "Points are whole numbers from 1 to 100.")
    total = sum(points.values())
    if total > POINTS:
        raise refuse("points", f"The points add up to {total}; there are {POINTS}.")


@transaction.atomic
def name_delegate(*, actor: Any, share: Share, user: User, at: datetime | None = None) -> Delegate:
    """The unit's sponsor lets somebody else cast its ballot."""
    require(actor, "view", share)
    if share.unit is None or share.unit.sponsor_id != actor.pk:
        raise Forbidden("The unit's sponsor names its delegate.")
    require(actor, "delegate", share)
    if user.kind != User.Kind.PERSON or not user.is_active:
        raise refuse("user", "Choose an active person.")
    if share.cycle.state not in (CycleState.PREPARING, CycleState.VOTING):
        raise Conflict("The vote is over.")
    row, made = Delegate._base_manager.get_or_create(
        share=share, user=user, defaults={"cycle": share.cycle, "named_by_id": actor.pk, "at": moment(at)}
    )
    if made:
        data = {"voter": share.key, "user": user.username}
        record("roadmap.cycle.delegate_named", actor=actor, target=share.cycle, data=data, at=at)
    return row


@transaction.atomic
def take_back_delegate(*, actor: Any, share: Share, user: User, at: datetime | None = None) -> None:
    """The unit's sponsor casts alone again. A ballot that the delegate has cast stays until it is recast."""
    require(actor, "view", share)
    if share.unit is None or share.unit.sponsor_id != actor.pk:
        raise Forbidden("The unit's sponsor takes its delegate back.")
    require(actor, "delegate", share)
    cycle = locked_cycle(share.cycle)
    if cycle.state not in (CycleState.PREPARING, CycleState.VOTING):
        raise Conflict("The vote is over.")
    gone, _ = Delegate._base_manager.filter(share=share, user=user).delete()
    if not gone:
        raise Conflict(f"{user} is no delegate of {share.unit}.", possible=["reload"])
    data = {"voter": share.key, "user": user.username}
    record("roadmap.cycle.delegate_taken_back", actor=actor, target=cycle, data=data, at=at)


@transaction.atomic
def advise(
    *, actor: Any, share: Share, candidate: Candidate, points: int, note: str = "", at: datetime | None = None
) -> Advice:
    """A member of the unit says what they would give; only the voter reads it."""
    require(actor, "view", candidate)
    if share.unit_id is None or share.unit_id not in standing_of(actor).units:
        raise Forbidden("Members of a unit advise its voter.")
    require(actor, "advise", share)
    if (
        share.cycle.state not in (CycleState.PREPARING, CycleState.VOTING)
        or candidate.cycle_id != share.cycle_id
    ):
        raise Conflict("There is no vote to advise on.")
    if isinstance(points, bool) or not isinstance(points, int) or not 0 <= points <= POINTS:
        raise refuse("points", "Points are whole numbers from 0 to 100.")
    text = checked_text("note", note, 300)
    row, _ = Advice._base_manager.update_or_create(
        share=share,
        candidate=candidate,
        user_id=actor.pk,
        defaults={"points": points, "note": text, "at": moment(at)},
    )
    return row


def _require_voter(actor: Any, share: Share) -> None:
    if not Share._base_manager.filter(voter_of(actor), pk=share.pk).exists():
        raise Forbidden(
            "Units vote, not people: the sponsor or their delegate casts the ballot.",
            next_step="Leave advice; your sponsor reads it before voting.",
        )
    require(actor, "cast", share)
