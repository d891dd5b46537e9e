"""The steps of a review: opened by its tier, closed by verdicts, and what they come to together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from apps.tooling.models import ExceptionRequest, ReviewStep, Verdict
from apps.tooling.queries.tiers import tier_of
from apps.tooling.queries.voting import majority, quorum
from apps.tooling.workflow import StepRole


def open_steps(request: ExceptionRequest, at: datetime) -> None:
    """The steps of the request's tier in its round; those that are there already stay as they are."""
    for role in tier_of(request.level).steps:
        open_step(request, role, at)


def open_step(request: ExceptionRequest, role: str, at: datetime) -> None:
    ReviewStep._base_manager.get_or_create(
        request=request, round=request.round, role=role, defaults={"opened_at": at}
    )


def close_if_decided(step: ReviewStep, at: datetime) -> bool:
    """Closes the step when its verdicts suffice: one, or in the committee a majority at its quorum."""
    votes = list(step.verdicts.values_list("approves", flat=True))
    answer = majority(votes, quorum() if step.role == StepRole.COMMITTEE else 1)
    if answer is None:
        return False
    ReviewStep._base_manager.filter(pk=step.pk).update(closed_at=at, approved=answer)
    return True


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
