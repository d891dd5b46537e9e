"""The steps of a review: opened by its tier, closed by verdicts, and what they come to together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from apps.tooling.models import ExceptionRequest, ReviewStep, Verdict
from apps.tooling.queries.tiers import tier_of
from apps.tooling.queries.voting import free_eyes, majority, quorum
from apps.tooling.workflow import StepRole


def open_steps(request: ExceptionRequest, at: datetime) -> None:
    """The steps of the request's tier in its round; those that are there already stay as they are.

    An appeal goes to other people: where a kind of eyes has nobody else, the committee decides in its place.
    """
    roles = set(tier_of(request.level).steps)
    if request.round > 1:
        lacking = {role for role in roles if not free_eyes(request, role)}
        roles = (roles - lacking) | {StepRole.COMMITTEE} if lacking else roles
    for role in (each for each in StepRole if each in roles):
        open_step(request, role, at)


def open_step(request: ExceptionRequest, role: str, at: datetime) -> None:
    ReviewStep._base_manager.get_or_create(
        request=request, round=request.round, role=role, defaults={"opened_at": at}
    )


def close_if_decided(step: ReviewStep, at: datetime) -> bool:
    """Closes the step when its verdicts suffice: one, or in the committee a majority at its quorum."""
    votes = list(step.verdicts.values_list("approves", flat=True))
    answer = _committee_says(step, votes) if step.role == StepRole.COMMITTEE else majority(votes, 1)
    if answer is None:
        return False
    ReviewStep._base_manager.filter(pk=step.pk).update(closed_at=at, approved=answer)
    return True


def _committee_says(step: ReviewStep, votes: list[bool]) -> bool | None:
    """A majority at the quorum, or of all that may still vote where those are fewer; a tie that stays is a no."""
    waiting = free_eyes(step.request, StepRole.COMMITTEE)
    answer = majority(votes, min(quorum(), len(votes) + len(waiting)))
    return False if answer is None and votes and not waiting else answer


def outcome(steps: Iterable[ReviewStep]) -> bool | None:
    """True or False when the round is decided, else None.

    All agree: so it is. Where they differ, the committee decides, but never over security's no.
    """
    rows = list(steps)
    answers = {step.role: step.approved for step in rows if step.closed_at is not None}
    if answers.get(StepRole.SECURITY) is False:
        return False
    if len(answers) < len(rows):
        return None
    if len(set(answers.values())) == 1:
        return next(iter(answers.values()))
    return answers.get(StepRole.COMMITTEE)


def steps_of_round(request: ExceptionRequest) -> list[ReviewStep]:
    return list(ReviewStep._base_manager.filter(request=request, round=request.round))


def rejecting(request: ExceptionRequest) -> Verdict:
    """The last verdict against the request in this round; its alternative is the one that the answer names."""
    rows = Verdict._base_manager.filter(Q(step__round=request.round), request=request, approves=False)
    return rows.select_related("alternative").latest("at", "id")
