"""Reviews: the center opens them, several kinds of eyes decide, nobody decides twice or for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.core import jobs
from apps.core.checking import checked_text
from apps.core.concurrency import refused_as
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import record
from apps.core.policies import SYSTEM, require
from apps.tooling.actions import granting
from apps.tooling.actions.moving import locked, moment, move
from apps.tooling.actions.steps import (
    close_if_decided,
    open_step,
    open_steps,
    outcome,
    rejecting,
    steps_of_round,
)
from apps.tooling.models import ExceptionRequest, Recusal, RequestComment, ReviewStep, Verdict
from apps.tooling.queries.completeness import missing
from apps.tooling.queries.holding import held_until
from apps.tooling.queries.tiers import calendar_of, tier_of
from apps.tooling.workflow import IN_REVIEW, OPEN, State, StepRole

LONGEST = 5_000
ONCE = "You have decided on this request already; one person takes one step."


@transaction.atomic
def take_triage(*, actor: Any, request: ExceptionRequest, at: datetime | None = None) -> ExceptionRequest:
    """Somebody of the center looks whether the request can be reviewed."""
    require(actor, "triage", request)
    request = locked(request)
    move(actor, request, State.TRIAGE, moment(at), "triaged", triager_id=actor.pk)
    return request


@transaction.atomic
def start_review(*, actor: Any, request: ExceptionRequest, at: datetime | None = None) -> ExceptionRequest:
    """Opens the steps of the request's tier."""
    require(actor, "triage", request)
    request, when = locked(request), moment(at)
    if request.state in IN_REVIEW:
        raise Conflict("The review is open already.")
    move(actor, request, State.IN_REVIEW, when, "review_opened")
    open_steps(request, when)
    return request


@transaction.atomic
def ask_info(
    *, actor: Any, request: ExceptionRequest, question: str, at: datetime | None = None
) -> ExceptionRequest:
    """Gives the request back with a question; the deadline rests until it is answered."""
    require(actor, "triage", request)
    text, when = _said("question", question), moment(at)
    request = locked(request)
    move(actor, request, State.NEEDS_INFO, when, "info_asked", question=text, paused_at=when)
    RequestComment._base_manager.create(request=request, author_id=actor.pk, text=text, at=when)
    return request


@transaction.atomic
def answer_info(
    *, actor: Any, request: ExceptionRequest, answer: str, at: datetime | None = None
) -> ExceptionRequest:
    """The team answers; the deadline moves by the working days that the question took."""
    require(actor, "change", request)
    text, when = _said("answer", answer), moment(at)
    request = locked(request)
    lacking = missing(request)
    if lacking:
        raise Invalid("The request is not complete any more.", errors=lacking)
    if request.state != State.NEEDS_INFO or request.due_at is None or request.paused_at is None:
        raise Conflict("Nothing was asked.")
    calendar = calendar_of(request.team)
    due = max(request.due_at, calendar.due(when, calendar.days_left(request.paused_at, request.due_at)))
    move(actor, request, State.TRIAGE, when, "info_given", due_at=due, paused_at=None, question="")
    RequestComment._base_manager.create(request=request, author_id=actor.pk, text=text, at=when)
    return request


@transaction.atomic
def give_verdict(
    *,
    actor: Any,
    step: ReviewStep,
    approves: bool,
    comment: str = "",
    alternative: Entity | None = None,
    at: datetime | None = None,
) -> ExceptionRequest:
    """One person's answer in one step. A rejection says why and names an alternative. The last one decides.

    Raises Forbidden for those whose eyes the step does not need, Conflict where it is closed or the person has
    decided on this request before.
    """
    require(actor, "view", step)
    request, when = locked(step.request), moment(at)
    step = ReviewStep._base_manager.get(pk=step.pk)
    _require_open(actor, request, step)
    require(actor, "decide", step)
    text = checked_text("comment", comment, LONGEST, lines=True)
    if not approves:
        _check_rejection(actor, request, text, alternative)
    with refused_as(verdict_one_step_a_person=ONCE):
        Verdict._base_manager.create(
            step=step,
            request=request,
            user_id=actor.pk,
            requester_id=request.requester_id,
            approves=approves,
            comment=text,
            alternative=None if approves else alternative,
            at=when,
        )
    data = {"step": step.role, "approves": approves}
    record("tooling.request.reviewed", actor=actor, target=request, data=data, at=at)
    if close_if_decided(step, when):
        _conclude(actor, request, when)
    return request


def _require_open(actor: Any, request: ExceptionRequest, step: ReviewStep) -> None:
    if request.verdicts.filter(user=actor.pk).exists():
        raise Conflict(ONCE)
    if request.recusals.filter(user=actor.pk).exists():
        raise Forbidden("You declared a conflict of interest and keep out of this request.")
    if request.state not in IN_REVIEW or step.closed_at is not None or step.round != request.round:
        raise Conflict("This step is closed already.", possible=["reload"])


def _check_rejection(actor: Any, request: ExceptionRequest, text: str, alternative: Entity | None) -> None:
    errors: dict[str, list[str]] = {}
    if not text:
        errors["comment"] = ["Say why; the team reads it, and later ones as a precedent."]
    if alternative is None or alternative.kind != Kind.TOOL or alternative.pk == request.tool_id:
        errors["alternative"] = ["Name another tool that serves the need."]
    if errors:
        raise Invalid(errors=errors)
    assert alternative is not None
    require(actor, "view", alternative)


def _conclude(actor: Any, request: ExceptionRequest, at: datetime) -> None:
    """Decides the request where its round is; where the sides differ, the committee gets a step."""
    steps = steps_of_round(request)
    answer = outcome(steps)
    if answer is True:
        granting.approve(actor, request, at)
    elif answer is False:
        _reject(actor, request, at)
    elif all(step.closed_at for step in steps):
        open_step(request, StepRole.COMMITTEE, at)
        record("tooling.request.sides_differ", actor=SYSTEM, target=request, at=at)


def _reject(actor: Any, request: ExceptionRequest, at: datetime) -> None:
    verdict = rejecting(request)
    granting.end_grants(actor, request, at, "The request was rejected.")
    move(
        actor,
        request,
        State.REJECTED,
        at,
        "rejected",
        decided_at=at,
        decision=verdict.comment,
        alternative_id=verdict.alternative_id,
    )
    release_renewed(request, at)
    jobs.defer("tooling.keep_record", request=request.pk)


def release_renewed(request: ExceptionRequest, at: datetime) -> None:
    """The exception that was to be renewed waits for nothing any more."""
    if request.renews is not None:
        renewed = locked(request.renews)
        if renewed.state == State.RENEWAL_PENDING and held_until(renewed, at) is not None:
            move(SYSTEM, renewed, State.ACTIVE, at, "renewal_ended")


@transaction.atomic
def recuse(
    *, actor: Any, request: ExceptionRequest, reason: str, at: datetime | None = None
) -> ExceptionRequest:
    """Declares a conflict of interest; whoever has, decides nothing about this request any more."""
    require(actor, "recuse", request)
    text = checked_text("reason", reason, 300, empty="Say what ties you to the outcome.")
    request = locked(request)
    with refused_as(recusal_once="You have declared it already."):
        Recusal._base_manager.create(request=request, user_id=actor.pk, reason=text, at=moment(at))
    record("tooling.request.recused", actor=actor, target=request, at=at)
    return request


@transaction.atomic
def appeal(
    *, actor: Any, request: ExceptionRequest, reason: str, at: datetime | None = None
) -> ExceptionRequest:
    """Asks other people once more. The same ones cannot decide again; the tier's whole time begins anew."""
    require(actor, "appeal", request)
    text, when = _said("reason", reason), moment(at)
    request = locked(request)
    granting.hold_caps(request)
    granting.refuse_second(request)
    due = calendar_of(request.team).due(when, tier_of(request.level).working_days)
    changes: dict[str, Any] = {
        "round": 2,
        "appeal": text,
        "due_at": due,
        "decided_at": None,
        "escalated_at": None,
    }
    with refused_as(request_renewed_once="The exception is being renewed by another request already."):
        move(actor, request, State.APPEALED, when, "appealed", **changes)
    open_steps(request, when)
    return request


@transaction.atomic
def withdraw(*, actor: Any, request: ExceptionRequest, at: datetime | None = None) -> ExceptionRequest:
    """The team does not want it any more; an emergency's grants end with it."""
    require(actor, "withdraw", request)
    request, when = locked(request), moment(at)
    if request.state not in (State.DRAFT, *OPEN):
        raise Conflict(
            "It is decided already; an exception that holds can be given back.", possible=["close"]
        )
    granting.end_grants(actor, request, when, "The request was withdrawn.")
    move(actor, request, State.WITHDRAWN, when, "withdrawn")
    release_renewed(request, when)
    return request


@transaction.atomic
def comment(
    *, actor: Any, request: ExceptionRequest, text: str, at: datetime | None = None
) -> RequestComment:
    """Something to say about a request that was sent."""
    require(actor, "comment", request)
    said, when = _said("text", text), moment(at)
    row = RequestComment._base_manager.create(request=request, author_id=actor.pk, text=said, at=when)
    record("tooling.request.commented", actor=actor, target=request, at=at)
    return row


def _said(field: str, text: str) -> str:
    return checked_text(field, text, LONGEST, lines=True, empty="Write something.")
