"""Where a request stands, as steps: who has decided what, whose turn it is, what comes after."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from apps.core.moments import last_day
from apps.people.models import CommitteeSeat
from apps.tooling.models import ExceptionRequest
from apps.tooling.queries.tiers import tier_of
from apps.tooling.queries.turns import role_in_words
from apps.tooling.workflow import HOLDING, State, StepRole

OVER = (State.EXPIRED, State.REVOKED, State.CLOSED, State.PROMOTED)
UNGRANTED = (State.REJECTED, State.WITHDRAWN)
Step = dict[str, Any]
ROLES = list(StepRole)  # the order in which they are shown, before and while they decide


def stepper(request: Any, at: datetime) -> list[Step]:
    """Entries of `parts/stepper.html`. Reads `steps` with their verdicts, which the page has prefetched."""
    if request.submitted_at is None:
        return [_entry("Draft", "now", str(request.team)), _entry("Sent", "next")]
    seats = seated(at)
    entries = [_entry("Sent", "done", str(request.requester)), *_review(request, seats)]
    entries.append(_decision(request))
    return entries if request.state in UNGRANTED else [*entries, _exception(request)]


def seated(at: datetime) -> dict[str, list[str]]:
    """Who has the eyes of security and of the committee now; one statement."""
    running = Q(starts__lte=at) & (Q(ends=None) | Q(ends__gt=at))
    rows = (
        CommitteeSeat._base_manager.filter(running).select_related("user", "committee").order_by("user__name")
    )
    found: dict[str, list[str]] = {StepRole.SECURITY: [], StepRole.COMMITTEE: []}
    for row in rows:
        if row.committee.purpose == "standards":
            found[StepRole.COMMITTEE].append(str(row.user))
        if row.seat == "security" and str(row.user) not in found[StepRole.SECURITY]:
            found[StepRole.SECURITY].append(str(row.user))
    return found


def _review(request: Any, seats: dict[str, list[str]]) -> list[Step]:
    current = sorted((step for step in request.steps.all() if step.round == request.round), key=_place)
    if current:
        return [_step(step, request, seats) for step in current]
    if request.decided_at is not None:
        return []
    waits = _entry("Triage", "now", str(request.triager) if request.triager else "the central platform team")
    if request.state == State.WITHDRAWN:
        return []
    roles = sorted((StepRole(role) for role in tier_of(request.level).steps), key=ROLES.index)
    return [waits, *(_entry(role.label, "next", _eyes(role, request, seats)) for role in roles)]


def _place(step: Any) -> int:
    return ROLES.index(step.role)


def _step(step: Any, request: Any, seats: dict[str, list[str]]) -> Step:
    said = [
        f"{verdict.user} {'approved' if verdict.approves else 'rejected'}" for verdict in step.verdicts.all()
    ]
    if step.closed_at is not None:
        return _entry(step.get_role_display(), "done" if step.approved else "problem", ", ".join(said))
    waiting = f"waits for {_eyes(step.role, request, seats)}"
    state = "next" if request.state not in (State.IN_REVIEW, State.APPEALED) else "now"
    return _entry(step.get_role_display(), state, "; ".join([*said, waiting]))


def _eyes(role: str, request: ExceptionRequest, seats: dict[str, list[str]]) -> str:
    names = seats.get(role)
    return " or ".join(names[:4]) if names else role_in_words(role, request)


def _decision(request: Any) -> Step:
    if request.state == State.WITHDRAWN:
        return _entry("Withdrawn", "problem")
    if request.state == State.REJECTED:
        return _entry(
            "Rejected", "problem", "may be appealed once" if request.round == 1 else "after an appeal"
        )
    if request.decided_at is not None:
        return _entry("Granted", "done", f"{last_day(request.decided_at):%-d %b %Y}")
    due = last_day(request.due_at)
    rests = "rests until the team answers" if request.paused_at else f"due {due:%-d %b %Y}"
    return _entry(
        "Decision", "problem" if request.overdue else "next", rests if not request.overdue else f"was {rests}"
    )


def _exception(request: Any) -> Step:
    until = f"until {last_day(request.ends):%-d %b %Y}" if request.ends else ""
    if request.shown_state in OVER:
        return _entry(State(request.shown_state).label, "done", until, request.ends)
    if request.shown_state in HOLDING:
        return _entry("Exception", "now", until, request.ends)
    if request.ends:
        return _entry("Exception", "next", f"provisional, {until}", request.ends)
    return _entry(
        "Exception", "next", f"asked {request.requested_until:%-d %b %Y}" if request.requested_until else ""
    )


def _entry(label: str, state: str, more: str = "", at: datetime | None = None) -> Step:
    return {"label": label, "state": state, "more": more, "at": at}
