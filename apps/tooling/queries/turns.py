"""Who acts next on a request, and by when: one sentence for pages, lists, mails and APIs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.tooling.workflow import State, StepRole


@dataclass(frozen=True, slots=True)
class Turn:
    """`who` (empty where nobody has to act) does `what`, at the latest at `by` (excluded)."""

    who: str
    what: str
    by: datetime | None = None

    def __str__(self) -> str:
        return f"{self.who} {self.what}".strip()


ROLES = {
    StepRole.CENTRAL: "the central platform team",
    StepRole.SECURITY: "security",
    StepRole.COMMITTEE: "the standards committee",
}


def who_is_next(request: Any) -> Turn:
    """Reads a request of `queries.requests` with `with_now`; no statement where its steps are prefetched."""
    state = State(getattr(request, "shown_state", request.state))
    return TURNS.get(state, _nobody)(request)


def role_in_words(role: str, request: Any) -> str:
    """Whose eyes a step needs, for this request: the business side by the name of its sponsor."""
    if role != StepRole.BUSINESS:
        return ROLES[StepRole(role)]
    unit = request.team.business_unit
    if unit is None:
        return "a sponsor"
    sponsor = unit.sponsor or (unit.parent and unit.parent.sponsor)
    return f"{sponsor} for {unit}" if sponsor else f"a sponsor above {unit}"


def _draft(request: Any) -> Turn:
    return Turn(str(request.team), "completes and sends it")


def _submitted(request: Any) -> Turn:
    return Turn(ROLES[StepRole.CENTRAL], "looks whether it can be reviewed", request.due_at)


def _triage(request: Any) -> Turn:
    who = str(request.triager) if request.triager_id else ROLES[StepRole.CENTRAL]
    return Turn(who, "opens the review or asks for more", request.due_at)


def _needs_info(request: Any) -> Turn:
    return Turn(str(request.team), "answers the question; the deadline rests until then")


def _reviewed(request: Any) -> Turn:
    waiting = [step for step in request.steps.all() if step.round == request.round and step.closed_at is None]
    names = [role_in_words(step.role, request) for step in waiting]
    return Turn(_listed(names), "decide" if len(names) > 1 else "decides", request.due_at)


def _rejected(request: Any) -> Turn:
    if request.round == 1:
        return Turn(str(request.team), "takes the alternative, or appeals once")
    return Turn("", "The appeal is decided; a new need is a new request")


def _approved(request: Any) -> Turn:
    return Turn("", "It begins when the exception before it ends")


def _active(request: Any) -> Turn:
    ends = getattr(request, "ends", None)
    return Turn(str(request.team), "leaves the tool, or asks for a renewal", ends)


def _renewal_pending(request: Any) -> Turn:
    return Turn("", "The review of its renewal decides")


def _nobody(request: Any) -> Turn:
    return Turn("", "Nobody: it has ended")


def _listed(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


TURNS: dict[State, Callable[[Any], Turn]] = {
    State.DRAFT: _draft,
    State.SUBMITTED: _submitted,
    State.TRIAGE: _triage,
    State.NEEDS_INFO: _needs_info,
    State.IN_REVIEW: _reviewed,
    State.APPEALED: _reviewed,
    State.REJECTED: _rejected,
    State.APPROVED: _approved,
    State.ACTIVE: _active,
    State.RENEWAL_PENDING: _renewal_pending,
}
