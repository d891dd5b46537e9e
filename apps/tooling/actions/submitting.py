"""Sending a request: its tier is computed, what harms little is granted at once, the rest gets a deadline."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.catalog.actions import create_entity
from apps.catalog.checking import slug_for
from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.core.checking import refuse
from apps.core.errors import Conflict, Invalid
from apps.core.policies import can, require
from apps.people.models import Visibility
from apps.people.standing import standing_of
from apps.tooling.actions import granting
from apps.tooling.actions.moving import locked, moment, move
from apps.tooling.actions.searching import index_request
from apps.tooling.actions.steps import open_steps
from apps.tooling.manifests.requirement import Ecosystem, Refused, canonical_name
from apps.tooling.models import ExceptionRequest, Grant, Package, StandardRule, ToolProfile
from apps.tooling.queries.completeness import ECOSYSTEM_SCHEMES, missing
from apps.tooling.queries.outlook import Outlook, outlook
from apps.tooling.queries.tiers import calendar_of
from apps.tooling.workflow import State

EMERGENCY = timedelta(hours=72)
EMERGENCY_REST = timedelta(days=90)


@transaction.atomic
def submit_request(
    *, actor: Any, request: ExceptionRequest, expected_version: int | None = None, at: datetime | None = None
) -> ExceptionRequest:
    """Sends a complete draft. Raises Invalid naming what is missing, Conflict where it is needless or asked already."""
    require(actor, "view", request)
    request, when = locked(request, expected_version), moment(at)
    renewed = locked(request.renews) if request.renews is not None else None
    own = request.team_id in standing_of(actor).teams
    if request.state != State.DRAFT and own and can(actor, "comment", request):
        raise Conflict("It was sent already.", possible=["reload"])
    require(actor, "submit", request)
    lacking = missing(request)
    if lacking:
        raise Invalid("The request is not complete.", errors=lacking)
    _require_running(request, when)
    if request.tool_id is None:
        _catalogue(actor, request, at)
    _refuse_hidden(request)
    view = outlook(request, when)
    _refuse_needless(request, view)
    granting.hold_caps(request)
    granting.refuse_second(request)
    _check_end(request, view, when)
    sent = {
        "level": view.level,
        "standard_id": view.standard,
        "submitted_at": when,
        "due_at": view.due,
        "tool_id": request.tool_id,
        "ecosystem": request.ecosystem,
    }
    request.bans.set(StandardRule._base_manager.filter(pk__in=view.bans))
    move(actor, request, State.SUBMITTED, when, "submitted", data={"level": view.level}, **sent)
    index_request(request)
    _answer_at_once(actor, request, view, when)
    if renewed is not None and renewed.state == State.ACTIVE:
        move(actor, renewed, State.RENEWAL_PENDING, when, "renewal_asked")
    return request


def _answer_at_once(actor: Any, request: ExceptionRequest, view: Outlook, at: datetime) -> None:
    if view.instant:
        days = timedelta(days=view.tier.instant_days or 0)
        granting.approve(actor, request, at, decision="Low risk: granted at once by rule.", at_most=days)
    elif request.emergency:
        if view.bans:
            raise Conflict(
                "An emergency lifts no ban.", next_step="Send it without the emergency; security looks first."
            )
        _refuse_frequent(request, at)
        granting.issue(request, request.environments.all(), at, at + EMERGENCY, emergency=True)
        open_steps(request, at)
        move(actor, request, State.IN_REVIEW, at, "emergency_granted", data={"hours": 72})


def _require_running(request: ExceptionRequest, at: datetime) -> None:
    ends = request.team.ends
    if ends is not None and ends <= at:
        raise Conflict("The team has ended; its requests went with it.")


def _catalogue(actor: Any, request: ExceptionRequest, at: datetime | None) -> None:
    """Gives a tool that nobody knew a place in the catalog, owned by the team that brings it."""
    if request.ecosystem and _known_package(actor, request):
        return
    name, title = slug_for(request.tool_name)
    known = Entity._base_manager.filter(
        kind=Kind.TOOL, namespace=request.team.namespace, name__iexact=name
    ).first()
    if known is not None:
        require(actor, "view", known)
    tool = known or create_entity(
        actor=actor, kind=Kind.TOOL, name=name, owner=request.team, title=title, at=at
    )
    request.tool = tool
    if request.ecosystem:
        package = {"ecosystem": request.ecosystem, "name": request.tool_name}
        Package._base_manager.get_or_create(**package, defaults={"tool": tool})
        scheme = ECOSYSTEM_SCHEMES[request.ecosystem]
        ToolProfile._base_manager.get_or_create(tool=tool, defaults={"scheme": scheme})


def _known_package(actor: Any, request: ExceptionRequest) -> bool:
    """Spells the name as its ecosystem does; where it stands for a tool already, that tool is meant."""
    try:
        request.tool_name = canonical_name(request.tool_name, Ecosystem(request.ecosystem))
    except Refused as error:
        raise refuse("tool_name", str(error)) from error
    known = Package._base_manager.filter(ecosystem=request.ecosystem, name=request.tool_name).first()
    if known is None:
        return False
    if not can(actor, "view", known.tool):
        raise Conflict("This name stands for a tool that is not shown to you.", next_step="Ask the center.")
    request.tool = known.tool
    return True


def _refuse_hidden(request: ExceptionRequest) -> None:
    """Requests are a public register, and reviewers decide only on what they see."""
    if request.tool is not None and request.tool.visibility != Visibility.COMPANY:
        raise Conflict(
            f"{request.tool} is not visible to the whole company, and requests are public.",
            next_step="Let the whole company see the tool's catalog page, then send the request.",
        )


def _refuse_needless(request: ExceptionRequest, view: Outlook) -> None:
    if view.allowed_everywhere:
        raise Conflict(
            "The standard allows this already; no exception is needed.", next_step="Go ahead and use it."
        )


def _check_end(request: ExceptionRequest, view: Outlook, at: datetime) -> None:
    until, calendar = request.requested_until, calendar_of(request.team)
    assert until is not None
    if calendar.end_of(until) <= view.starts:
        raise refuse("requested_until", "The day lies before the exception would begin.")
    if calendar.end_of(until) - timedelta(days=1) > view.latest:
        caps = f"{view.tier.longest_days} days at once, {view.tier.total_days} in all"
        raise refuse("requested_until", f"At most until {view.latest:%Y-%m-%d}: {caps}.")
    held = Grant._base_manager.filter(
        team=request.team_id,
        tool=request.tool_id,
        environment__in=request.environments.all(),
        expires__gt=at,
    ).exclude(request=request.renews_id)
    if any(grant.ends > at for grant in held):
        raise Conflict(granting.OVERLAP)


def _refuse_frequent(request: ExceptionRequest, at: datetime) -> None:
    before = Grant._base_manager.filter(
        team=request.team_id, tool=request.tool_id, emergency=True, starts__gt=at - EMERGENCY_REST
    )
    if before.exists():
        raise Conflict(
            "The team has used an emergency for this tool within 90 days.",
            next_step="Ask without the emergency; medium requests are decided within days.",
        )
