"""Predicted against realised: figures count when business or finance confirmed them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.core.checking import checked_choice, checked_text, refuse
from apps.core.concurrency import refused_as
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.roadmap.actions.figures import exact_number, whole_number
from apps.roadmap.actions.moving import locked, moment, move
from apps.roadmap.models import Outcome, OutcomeReview, RequestKpi
from apps.roadmap.workflow import State

LARGEST = Decimal(10) ** 18
MOST_PEOPLE = 2_000_000_000


@transaction.atomic
def record_outcome(
    *,
    actor: Any,
    kpi: RequestKpi,
    period_start: date,
    period_end: date,
    value: Any,
    source: str,
    attribution: Any = 1,
    at: datetime | None = None,
) -> Outcome:
    """A KPI's measured change in [period_start, period_end), and the part that this work may claim (0 to 1)."""
    require(actor, "measure", kpi.request)
    if period_end <= period_start:
        raise refuse("period_end", "The period ends after it starts.")
    number, part = _decimal("value", value), _decimal("attribution", attribution)
    if not 0 <= part <= 1:
        raise refuse("attribution", "Between 0 and 1.")
    text = checked_text("source", source, 500, empty="Say where the figure comes from.")
    row = Outcome._base_manager.create(
        kpi=kpi,
        request=kpi.request,
        period_start=period_start,
        period_end=period_end,
        value=number,
        attribution=part,
        source=text,
        recorded_by_id=actor.pk,
        requester_id=kpi.request.requester_id,
        at=moment(at),
    )
    record("roadmap.request.outcome_recorded", actor=actor, target=kpi.request, data={"kpi": kpi.name}, at=at)
    return row


@transaction.atomic
def confirm_outcome(*, actor: Any, outcome: Outcome, at: datetime | None = None) -> Outcome:
    """Business or finance says that the figure is right; from now on it counts."""
    require(actor, "confirm", outcome)
    with refused_as(outcome_four_eyes="Somebody else confirms what you recorded or asked for."):
        rows = Outcome._base_manager.filter(pk=outcome.pk, confirmed_at=None)
        if not rows.update(confirmed_by_id=actor.pk, confirmed_at=moment(at)):
            raise Conflict("It is confirmed already.")
    data = {"kpi": outcome.kpi.name}
    record("roadmap.request.outcome_confirmed", actor=actor, target=outcome.request, data=data, at=at)
    outcome.refresh_from_db()
    return outcome


@transaction.atomic
def review_outcome(
    *,
    actor: Any,
    review: OutcomeReview,
    verdict: str,
    lesson: str,
    adoption: int | None = None,
    target_adoption: int | None = None,
    at: datetime | None = None,
) -> OutcomeReview:
    """Looks back: adopted or not, and what others should know. The first begins the review, the last closes it.

    Conflict before its day: whether people use it is not known yet. That use was stopped is known, so that it is said at
    once, at the look back that comes next; it closes the request, and the later looks back fall away.
    """
    require(actor, "measure", review.request)
    if review.request.state == State.CLOSED and review.done_at is None:
        raise Conflict("It was stopped and is closed; there is nothing to look back at any more.")
    require(actor, "change", review)
    checked_choice("verdict", verdict, OutcomeReview.Verdict.values)
    text = checked_text("lesson", lesson, 10_000, lines=True, empty="Say what others should know.")
    when = moment(at)
    given = {"adoption": adoption, "target_adoption": target_adoption}
    counted = {
        name: None if number is None else whole_number(name, number, 0, MOST_PEOPLE)
        for name, number in given.items()
    }
    request = locked(review.request)
    stopped = verdict == OutcomeReview.Verdict.STOPPED_LEARNED
    early = when.date() < review.due
    if early:
        _require_stopped(review, stopped)
    changed = OutcomeReview._base_manager.filter(pk=review.pk, done_at=None).update(
        verdict=verdict,
        lesson=text,
        **counted,
        done_by_id=actor.pk,
        done_at=when,
    )
    if not changed:
        raise Conflict("This review is done already.")
    data = {"days": review.days, "verdict": verdict} | ({"early": True} if early else {})
    if request.state == State.DELIVERED:
        why = {"reason": "It was stopped before the first look back."} if early else {}
        move(actor, request, State.OUTCOME_REVIEW, when, "reviewed", data=data | why)
    else:
        record("roadmap.request.reviewed", actor=actor, target=request, data=data, at=at)
    if request.state == State.OUTCOME_REVIEW and (stopped or not _open(review)):
        move(actor, request, State.CLOSED, when, "closed")
    review.refresh_from_db()
    return review


def _require_stopped(review: OutcomeReview, stopped: bool) -> None:
    """Before its day a look back only says that use was stopped, and only the next one does."""
    if not stopped:
        raise Conflict(
            f"The look back after {review.days} days is due on {review.due:%-d %B %Y}; "
            "what came of it is not known before.",
            next_step="Record outcomes as they are measured, and review on that day. What was stopped is said at once.",
        )
    first = OutcomeReview._base_manager.filter(request=review.request_id, done_at=None).order_by("due")[0]
    if first.pk != review.pk:
        raise Conflict(
            f"The look back after {first.days} days comes before this one.",
            next_step="Say there that it was stopped; this one falls away then.",
        )


def _open(review: OutcomeReview) -> bool:
    return OutcomeReview._base_manager.filter(request=review.request_id, done_at=None).exists()


def _decimal(field: str, value: Any) -> Decimal:
    number = exact_number(field, value)
    if abs(number) >= LARGEST:
        raise refuse(field, "Give a number of ordinary size.")
    return number
