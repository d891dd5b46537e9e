"""The center answers: every no says why, and a merge keeps supporters, links and history on both sides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.core.checking import checked_text, refuse
from apps.core.concurrency import swap
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import can, require
from apps.people.models import User, Visibility
from apps.roadmap.actions.inheriting import inherit
from apps.roadmap.actions.moving import locked, moment, move
from apps.roadmap.models import Follow, Request, RequestComment, RequestLink, Support
from apps.roadmap.workflow import BEFORE_PLAN, UNDER_WAY, State

LONGEST = 5_000
LIVING = (
    *BEFORE_PLAN,
    *UNDER_WAY,
    State.DEFERRED,
    State.DELIVERED,
    State.OUTCOME_REVIEW,
)  # what takes a duplicate in


@transaction.atomic
def take_triage(*, actor: Any, request: Request, at: datetime | None = None) -> Request:
    """Somebody of the center looks at it; also brings back what was deferred."""
    return _answer(actor, request, State.TRIAGE, "triaged", at, reason="", triager_id=actor.pk)


@transaction.atomic
def ask_info(*, actor: Any, request: Request, question: str, at: datetime | None = None) -> Request:
    text = _why("question", question)
    request = _answer(actor, request, State.NEEDS_INFO, "info_asked", at, reason=text)
    RequestComment._base_manager.create(request=request, author_id=actor.pk, text=text, at=moment(at))
    return request


@transaction.atomic
def accept(*, actor: Any, request: Request, at: datetime | None = None) -> Request:
    """It is worth scoring."""
    return _answer(actor, request, State.SCORING, "accepted", at, reason="")


@transaction.atomic
def decline(*, actor: Any, request: Request, reason: str, at: datetime | None = None) -> Request:
    why = _why("reason", reason)
    return _answer(actor, request, State.DECLINED, "declined", at, reason=why, decided_at=moment(at))


@transaction.atomic
def defer(*, actor: Any, request: Request, reason: str, at: datetime | None = None) -> Request:
    """Not now; it comes back into triage when somebody takes it up."""
    return _answer(actor, request, State.DEFERRED, "deferred", at, reason=_why("reason", reason))


@transaction.atomic
def set_strategic(*, actor: Any, request: Request, strategic: bool, at: datetime | None = None) -> Request:
    """Says that the strategic wallet stands for it instead of a second unit."""
    require(actor, "triage", request)
    request = locked(request)
    if request.strategic != strategic:
        data = {"strategic": strategic}
        move(actor, request, request.state, moment(at), "strategic_set", data=data, strategic=strategic)
    return request


@transaction.atomic
def merge(*, actor: Any, request: Request, into: Request, at: datetime | None = None) -> Request:
    """`request` is a duplicate: its supporters, followers, links and dependencies join `into`; both keep their own
    histories. Where a dependency would close a circle or speak of `into` itself, it stays behind and the event says so.
    Which the other one is stands on the row alone, where its own rule shows it; events tell no id of it.
    """
    require(actor, "triage", request)
    require(actor, "view", into)
    when = moment(at)
    first, second = (locked(each) for each in sorted((request, into), key=lambda each: each.pk))
    request, into = (first, second) if first.pk == request.pk else (second, first)
    if request.pk == into.pk:
        raise refuse("into", "Choose another request.")
    if into.state not in LIVING:
        raise Conflict(
            f"“{into}” is {State(into.state).label.lower()}; merge into one that lives.",
            next_step="Choose a request that is asked for, under way or just delivered, or decline this one.",
        )
    _require_shown(into, request)
    _carry_over(request, into, when)
    strategic = request.strategic and not into.strategic and into.state in BEFORE_PLAN
    if strategic:
        swap(into, into.version, {"strategic": True}, at=when)
    left = inherit(request, into)
    move(
        actor,
        request,
        State.DUPLICATE,
        when,
        "merged",
        merged_into_id=into.pk,
        reason="Another request asks for the same.",  # which one, only those read who may see it
        decided_at=when,
        **_first_answer(request, when),
    )
    received: dict[str, Any] = {"strategic": strategic, "left": left}
    record("roadmap.request.merge_received", actor=actor, target=into, data=received, at=at)
    return request


def _require_shown(into: Request, request: Request) -> None:
    """Those who asked go on with `into`, so that a merge into what they do not see would be a dead end for them."""
    asked = Q(pk=request.requester_id) | Q(memberships__team=request.owner_id)
    people = User._base_manager.filter(asked, is_active=True).distinct().order_by("pk")
    if not all(can(each, "view", into) for each in people):
        raise Conflict(
            f"{request.owner} does not see “{into}”, so that it could not follow what becomes of its request.",
            next_step="Have who sees the other one widened first, or decline this one with a reason.",
        )


def _carry_over(request: Request, into: Request, at: datetime) -> None:
    told = request.visibility == Visibility.COMPANY  # what was said in a smaller circle stays in it
    rows = [(each.unit_id, each.user_id, each.note if told else "") for each in request.supports.all()]
    if request.unit_id != into.unit_id:
        rows.append((request.unit_id, request.requester_id, "Asked for the same."))
    for unit, user, note in rows:
        if unit != into.unit_id:
            Support._base_manager.get_or_create(
                request=into,
                unit_id=unit,
                defaults={"user_id": user, "note": note, "merged_from": request, "at": at},
            )
    for user in request.follows.values_list("user", flat=True):
        Follow._base_manager.get_or_create(request=into, user_id=user, defaults={"at": at})
    for entity in request.links.values_list("entity", flat=True):
        RequestLink._base_manager.get_or_create(request=into, entity_id=entity)


def _answer(
    actor: Any, request: Request, state: str, verb: str, at: datetime | None, **changes: Any
) -> Request:
    require(actor, "triage", request)
    request, when = locked(request), moment(at)
    move(actor, request, state, when, verb, **changes, **_first_answer(request, when))
    return request


def _first_answer(request: Request, at: datetime) -> dict[str, Any]:
    return {} if request.answered_at else {"answered_at": at}


def _why(field: str, text: str) -> str:
    return checked_text(field, text, LONGEST, lines=True, empty="Say why; the requester reads it.")
