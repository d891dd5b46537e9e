"""Planned work is done: milestones with windows, blocks with owners, actuals, and a hand-over that somebody accepts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.core.checking import checked_choice, checked_text, refuse
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team, User
from apps.people.standing import standing_of
from apps.roadmap.actions.figures import exact_number
from apps.roadmap.actions.moving import locked, moment, move
from apps.roadmap.models import Actual, Block, Handover, Milestone, OutcomeReview, Request
from apps.roadmap.models.outcomes import REVIEW_DAYS
from apps.roadmap.workflow import Role, State
from apps.tooling.actions.granting import close_grants

MOST_WEEKS = Decimal(10_000)


@transaction.atomic
def start_work(*, actor: Any, request: Request, at: datetime | None = None) -> Request:
    require(actor, "deliver", request)
    request = locked(request)
    _require_new(request, State.IN_PROGRESS)
    move(actor, request, State.IN_PROGRESS, moment(at), "started")
    return request


@transaction.atomic
def cancel(*, actor: Any, request: Request, reason: str, at: datetime | None = None) -> Request:
    """Planned or begun work stops; what was learned stays on its page."""
    require(actor, "deliver", request)
    why = _text("reason", reason, 5_000, "Say why, and what was learned.")
    request, when = locked(request), moment(at)
    move(actor, request, State.CANCELLED, when, "cancelled", reason=why, decided_at=when)
    return request


@transaction.atomic
def add_milestone(
    *, actor: Any, request: Request, title: str, p50: date, p90: date, at: datetime | None = None
) -> Milestone:
    """A step with a window: as likely before as after `p50`, nearly surely by `p90`."""
    require(actor, "deliver", request)
    if p90 < p50:
        raise refuse("p90", "The later end of the window lies before its middle.")
    name, when = _text("title", title, 200, "Name it."), moment(at)
    row = Milestone._base_manager.create(
        request=request, title=name, p50=p50, p90=p90, created_at=when, updated_at=when
    )
    record("roadmap.request.milestone_added", actor=actor, target=request, data={"title": name}, at=at)
    return row


@transaction.atomic
def finish_milestone(*, actor: Any, milestone: Milestone, at: datetime | None = None) -> Milestone:
    require(actor, "change", milestone)
    if milestone.done_at is not None:
        raise Conflict("It is done already.")
    swap(milestone, None, {"done_at": moment(at)})
    data = {"title": milestone.title}
    record("roadmap.request.milestone_done", actor=actor, target=milestone.request, data=data, at=at)
    return milestone


@transaction.atomic
def block(*, actor: Any, request: Request, waits_for: str, owner: User, at: datetime | None = None) -> Block:
    """The work cannot go on: what it waits for, and who can end that."""
    require(actor, "deliver", request)
    text = _text("waits_for", waits_for, 300, "Say what it waits for.")
    if not owner.is_active or owner.kind != User.Kind.PERSON:
        raise refuse("owner", "Choose an active person.")
    row = Block._base_manager.create(request=request, waits_for=text, owner=owner, since=moment(at))
    record("roadmap.request.blocked", actor=actor, target=request, at=at)
    return row


@transaction.atomic
def unblock(*, actor: Any, row: Block, outcome: str = "", at: datetime | None = None) -> Block:
    """Ended by the center, or by whom it waited for."""
    require(actor, "end", row)
    text = checked_text("outcome", outcome, 300)
    changed = Block._base_manager.filter(pk=row.pk, ended_at=None).update(ended_at=moment(at), outcome=text)
    if not changed:
        raise Conflict("It is ended already.")
    record("roadmap.request.unblocked", actor=actor, target=row.request, at=at)
    row.refresh_from_db()
    return row


@transaction.atomic
def record_actual(
    *, actor: Any, request: Request, role: str, month: date, weeks: Any, at: datetime | None = None
) -> Actual:
    """Person-weeks that a role spent in a month; a later figure for the month replaces the former."""
    require(actor, "deliver", request)
    checked_choice("role", role, Role.values)
    number = exact_number("weeks", weeks)
    if not 0 <= number <= MOST_WEEKS:
        raise refuse("weeks", f"Between 0 and {MOST_WEEKS:,} person-weeks.")
    row, _ = Actual._base_manager.update_or_create(
        request=request,
        role=role,
        month=month.replace(day=1),
        defaults={"weeks": number.quantize(Decimal("0.001")), "author_id": actor.pk, "at": moment(at)},
    )
    data = {"role": role, "month": f"{month:%Y-%m}", "weeks": str(number)}
    record("roadmap.request.actual_recorded", actor=actor, target=request, data=data, at=at)
    return row


@transaction.atomic
def hand_over(
    *, actor: Any, request: Request, entity: Entity, team: Team, note: str = "", at: datetime | None = None
) -> Handover:
    """What was built stands in the catalog and is offered to the team that is to run it."""
    require(actor, "deliver", request)
    require(actor, "view", entity)
    text = checked_text("note", note, 500)
    with refused_as(handover_once="It is offered already."):
        row = Handover._base_manager.create(
            request=request, entity=entity, team=team, note=text, at=moment(at)
        )
    record("roadmap.request.handover_offered", actor=actor, target=request, data={"team": team.name}, at=at)
    return row


@transaction.atomic
def accept_handover(*, actor: Any, handover: Handover, at: datetime | None = None) -> Handover:
    """The lead of the team that is to run it accepts."""
    require(actor, "view", handover)
    if handover.team_id not in standing_of(actor).led_teams:
        raise Forbidden("The lead of the team that is to run it accepts.")
    require(actor, "accept", handover)
    rows = Handover._base_manager.filter(pk=handover.pk, accepted_at=None)
    if not rows.update(accepted_by_id=actor.pk, accepted_at=moment(at)):
        raise Conflict("It is accepted already.")
    data = {"team": handover.team.name}
    record("roadmap.request.handover_accepted", actor=actor, target=handover.request, data=data, at=at)
    handover.refresh_from_db()
    return handover


@transaction.atomic
def deliver(*, actor: Any, request: Request, at: datetime | None = None) -> Request:
    """It is there. Looks back are due after 90, 180 and 365 days; exceptions that waited for it end."""
    require(actor, "deliver", request)
    request, when = locked(request), moment(at)
    _require_new(request, State.DELIVERED)
    blocked = request.blocks.filter(ended_at=None).count()
    if blocked:
        raise Conflict(f"{blocked} blocks are open; end them first.")
    move(actor, request, State.DELIVERED, when, "delivered")
    for days in REVIEW_DAYS:
        due = (when + timedelta(days=days)).date()
        OutcomeReview._base_manager.get_or_create(request=request, days=days, defaults={"due": due})
    close_grants(reference=request.key, at=at)
    return request


def _require_new(request: Request, state: State) -> None:
    """Two who press the same button: the second one is told."""
    if request.state == state:
        raise Conflict(f"It is {state.label.lower()} already.")


def _text(field: str, text: str, limit: int, sentence: str) -> str:
    return checked_text(field, text, limit, lines=limit > 500, empty=sentence)
