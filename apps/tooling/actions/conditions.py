"""Conditions: asked for by reviewers, proved by the team, confirmed by somebody else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.checking import checked_text, refuse
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Membership, User
from apps.people.queries import running
from apps.tooling.actions.moving import locked, moment
from apps.tooling.models import Condition, ExceptionRequest
from apps.tooling.queries.holding import held_until
from apps.tooling.workflow import HOLDING


@transaction.atomic
def attach_condition(
    *,
    actor: Any,
    request: ExceptionRequest,
    text: str,
    owner: User,
    due: datetime,
    at: datetime | None = None,
) -> Condition:
    """Asks for something until `due`; from that instant on the exception is suspended until it is met."""
    require(actor, "attach_condition", request)
    said, when = checked_text("text", text, 500, empty="Say what is to be done."), moment(at)
    if due <= when:
        raise refuse("due", "The condition would be overdue at once.")
    request = locked(request)
    require(actor, "attach_condition", request)
    _refuse_ended(request, when)
    if not _belongs(owner, request, when):
        raise refuse("owner", "Choose somebody of the team that asks.")
    row = Condition._base_manager.create(request=request, text=said, owner=owner, due=due)
    record(
        "tooling.request.condition_attached",
        actor=actor,
        target=request,
        data={"due": due.isoformat()},
        at=at,
    )
    return row


@transaction.atomic
def prove_condition(
    *, actor: Any, condition: Condition, evidence: str, at: datetime | None = None
) -> Condition:
    """The team says what was done; it counts once somebody else has confirmed it."""
    require(actor, "prove", condition)
    lacking, when = "Say what was done, with a link to where it can be seen.", moment(at)
    text = checked_text("evidence", evidence, 5_000, lines=True, empty=lacking)
    row = _held(condition)
    _write(row, evidence=text, evidence_at=when, evidence_by_id=actor.pk, returned="")
    record("tooling.request.condition_proved", actor=actor, target=row.request, at=at)
    return row


@transaction.atomic
def confirm_condition(*, actor: Any, condition: Condition, at: datetime | None = None) -> Condition:
    """The evidence is enough; from now on the condition suspends nothing."""
    require(actor, "confirm", condition)
    row = _held(condition)
    if row.evidence_at is None:
        raise Conflict("There is no evidence to confirm.")
    _write(row, met_at=moment(at), met_by_id=actor.pk)
    record("tooling.request.condition_met", actor=actor, target=row.request, at=at)
    return row


@transaction.atomic
def return_condition(
    *, actor: Any, condition: Condition, reason: str, at: datetime | None = None
) -> Condition:
    """The evidence is not enough; the team reads why."""
    require(actor, "confirm", condition)
    why = checked_text("reason", reason, 500, empty="Say what is missing.")
    row = _held(condition)
    _write(row, evidence_at=None, returned=why)
    record("tooling.request.condition_returned", actor=actor, target=row.request, data={"reason": why}, at=at)
    return row


def _held(condition: Condition) -> Condition:
    row = (
        Condition._base_manager.select_for_update(of=("self",)).select_related("request").get(pk=condition.pk)
    )
    if row.met_at is not None:
        raise Conflict("The condition is met already.")
    return row


def _write(row: Condition, **changes: Any) -> None:
    Condition._base_manager.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()


def _refuse_ended(request: ExceptionRequest, at: datetime) -> None:
    if request.state in HOLDING and held_until(request, at) is None:
        raise Conflict("The exception has ended.", next_step="Ask for it when the team requests it again.")


def _belongs(owner: User, request: ExceptionRequest, at: datetime) -> bool:
    rows = Membership._base_manager.filter(running(at=at), user=owner, team=request.team_id)
    return owner.is_active and rows.exists()
