"""Grants: given from decided requests within the caps, ended early, and never extended in place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.core import jobs
from apps.core.checking import checked_text
from apps.core.concurrency import refused_as
from apps.core.errors import Conflict, Invalid
from apps.core.policies import SYSTEM, require
from apps.tooling.actions.moving import locked, moment, move
from apps.tooling.models import Environment, ExceptionRequest, Grant
from apps.tooling.queries.completeness import scheme_of
from apps.tooling.queries.holding import begins_after, held_until
from apps.tooling.queries.tiers import calendar_of, latest_end, tier_of
from apps.tooling.versions import Specifier
from apps.tooling.workflow import HOLDING, OPEN, State

OVERLAP = "The team holds an exception for this tool and environment in that time already. Renew it instead."
LONGEST_REASON = 500


def hold_caps(request: ExceptionRequest) -> None:
    """One decision at a time on a team's grants for a tool, so that no two of them fill the same cap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(%s))",
            [f"tooling.grants.{request.team_id}.{request.tool_id}"],
        )


def issue(
    request: ExceptionRequest,
    environments: Iterable[Environment],
    starts: datetime,
    expires: datetime,
    *,
    after: dict[int, datetime] | None = None,
    provisional: bool = False,
    emergency: bool = False,
) -> list[Grant]:
    """One grant per environment in [starts, expires), each cut to the caps of its tier. `after` says for an environment
    that a grant begins later there. Conflict where nothing is left of a cap, or where grants would overlap."""
    assert request.tool is not None
    hold_caps(request)
    tier, scheme, given = tier_of(request.level), scheme_of(request), []
    Specifier(request.versions, scheme)  # a grant that nobody can read would stand for ever
    for environment in environments:
        begins = (after or {}).get(environment.pk, starts)
        ends = min(expires, latest_end(request.team, request.tool, environment, tier, begins))
        if ends <= begins:
            raise Conflict(
                f"Nothing is left of the {tier.total_days} days that a team may hold {request.tool} in {environment} "
                "by exceptions.",
                next_step="Move to an alternative, or propose to change the standard.",
            )
        with refused_as(grant_no_overlap=OVERLAP):
            given.append(
                Grant._base_manager.create(
                    request=request,
                    team=request.team,
                    tool=request.tool,
                    versions=request.versions,
                    scheme=scheme,
                    environment=environment,
                    data_class=request.data_class,
                    starts=begins,
                    expires=ends,
                    provisional=provisional,
                    emergency=emergency,
                    granted_at=starts,
                )
            )
    return given


def approve(
    actor: Any,
    request: ExceptionRequest,
    at: datetime,
    *,
    decision: str = "",
    at_most: timedelta = timedelta(days=366),
) -> None:
    """What follows when a locked request was decided in its favour: grants, the state, the record."""
    hold_caps(request)
    end_grants(SYSTEM, request, at, "Replaced by the decided exception.")
    after = begins_after(request, at)
    assert request.requested_until is not None
    expires = min(
        calendar_of(request.team).end_of(request.requested_until), max([at, *after.values()]) + at_most
    )
    given = issue(request, request.environments.all(), at, expires, after=after)
    begun = any(grant.starts <= at for grant in given)
    state = State.ACTIVE if begun else State.APPROVED
    data = {"until": max(grant.expires for grant in given).isoformat(), "grants": len(given)}
    move(actor, request, state, at, "approved", data=data, decided_at=at, decision=decision)
    jobs.defer("tooling.keep_record", request=request.pk)


def end_grants(actor: Any, request: ExceptionRequest, at: datetime, reason: str) -> int:
    """Ends what still holds at `at`; a grant that has not begun is cancelled at its start. Returns how many."""
    rows = Grant._base_manager.filter(request=request)
    open_rows = [grant for grant in rows if grant.ends > at]
    for grant in open_rows:
        Grant._base_manager.filter(pk=grant.pk).update(
            revoked_at=max(at, grant.starts), revoked_by_id=actor.pk, revoked_because=reason[:LONGEST_REASON]
        )
    return len(open_rows)


@transaction.atomic
def revoke(
    *, actor: Any, request: ExceptionRequest, reason: str, notice_days: int = 0, at: datetime | None = None
) -> ExceptionRequest:
    """Ends an exception against the will of its team, at once or after a notice of so many days; says why."""
    require(actor, "revoke", request)
    why = checked_text("reason", reason, LONGEST_REASON, empty="Say why; the team reads it.")
    when = moment(at)
    if not 0 <= notice_days <= 90:
        raise Invalid(errors={"notice_days": ["A notice is of 0 to 90 days."]})
    request = locked(request)
    _require_holding(request, when)
    ends = when + timedelta(days=notice_days)
    if not end_grants(actor, request, ends, why):
        raise Conflict("The exception ends before that notice does; there is nothing to revoke.")
    data = {"reason": why, "ends": ends.isoformat()}
    state = State.REVOKED if ends <= when else request.state
    verb = "revoked" if ends <= when else "revocation_noticed"
    move(actor, request, state, when, verb, data=data)
    return request


@transaction.atomic
def close(
    *, actor: Any, request: ExceptionRequest, reason: str = "", at: datetime | None = None
) -> ExceptionRequest:
    """Gives an exception back before its end: it is not needed any more."""
    require(actor, "close", request)
    request, when = locked(request), moment(at)
    _require_holding(request, when)
    why = checked_text("reason", reason or "No longer needed.", LONGEST_REASON)
    end_grants(actor, request, when, why)
    move(actor, request, State.CLOSED, when, "closed", data={"reason": why})
    return request


@transaction.atomic
def close_grants(*, reference: str, at: datetime | None = None) -> int:
    """The roadmap shipped what these exceptions waited for: those tied to `reference` end. Returns how many."""
    rows = ExceptionRequest._base_manager.filter(tied_to=reference, state__in=HOLDING).order_by("pk")
    closed = 0
    for request in rows if reference else ():
        if held_until(locked(request), moment(at)) is None:
            continue
        close(actor=SYSTEM, request=request, reason=f"Delivered: {reference}"[:LONGEST_REASON], at=at)
        closed += 1
    return closed


def promote(request: ExceptionRequest, at: datetime) -> None:
    """The standard allows now what was an exception; the locked request ends well."""
    end_grants(SYSTEM, request, at, "The standard allows it now.")
    move(SYSTEM, request, State.PROMOTED, at, "promoted")


def _require_holding(request: ExceptionRequest, at: datetime) -> None:
    if held_until(request, at) is None:
        raise Conflict("Nothing of this exception holds any more.", possible=["reload"])


def refuse_second(request: ExceptionRequest) -> None:
    """One open request of a team for a tool in an environment."""
    same = ExceptionRequest._base_manager.filter(
        team=request.team_id,
        tool=request.tool_id,
        state__in=OPEN,
        environments__in=request.environments.all(),
    ).exclude(pk=request.pk)
    other = same.first()
    if other is not None:
        raise Conflict(
            f"Your team has asked for this already: request {other.pk}.",
            next_step="Add what is new there as a comment.",
            request=other.pk,
        )
