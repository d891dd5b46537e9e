"""What waits for one person in the roadmap: for the home page's cards. Each starts from what they may do."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from apps.people.standing import standing_of
from apps.roadmap.models import (
    Block,
    Candidate,
    Cycle,
    Meeting,
    Outcome,
    OutcomeReview,
    Request,
    Score,
    Share,
)
from apps.roadmap.policies import sits_on_steering, voter_of
from apps.roadmap.queries.scores import fresh_from
from apps.roadmap.workflow import CycleState, State


def _requests(user: Any, action: str) -> Any:
    rows = Request.objects.visible_to(user).allowed(user, action)
    return rows.select_related("unit", "owner").defer("search_vector").order_by("state_since", "pk")


def to_triage(user: Any) -> Any:
    """Sent and not answered yet, the longest waiting first."""
    return _requests(user, "triage").filter(state__in=(State.SUBMITTED, State.TRIAGE))


def to_score(user: Any) -> Any:
    """In scoring, and this person has not scored since it came there, or so long ago that the score is stale."""
    sealed = Q(scorer=user.pk, revealed_at=None)
    opened = Q(revealed_at__gte=OuterRef("state_since"), at__gte=fresh_from())
    done = Score._base_manager.filter(sealed | opened, request=OuterRef("pk"))
    return _requests(user, "score").filter(~Exists(done))


def to_answer(user: Any) -> Any:
    return _requests(user, "answer").filter(owner__in=standing_of(user).teams)


def to_sponsor(user: Any) -> Any:
    """Past triage and nobody answers for the value: a sponsor may."""
    return _requests(user, "sponsor").filter(state__in=(State.SCORING, State.READY))


def to_vote(user: Any) -> Any:
    """Shares whose ballot this person casts and nobody has cast yet."""
    rows = Share._base_manager.filter(voter_of(user), cycle__state=CycleState.VOTING, ballot=None).distinct()
    return rows.select_related("cycle", "unit").order_by("cycle__ballots_until", "pk")


def to_approve(user: Any) -> Any:
    rows = Candidate.objects.visible_to(user).allowed(user, "approve")
    open_ = rows.filter(cycle__state__in=(CycleState.PREPARING, CycleState.VOTING))
    return open_.select_related("cycle", "request").order_by("pk")


def to_decide(user: Any) -> Any:
    """Cycles with proposed plans, for who sits on the steering committee."""
    if not sits_on_steering(user):
        return Cycle.objects.none()
    held = Meeting._base_manager.filter(cycle=OuterRef("pk"), decided_at__isnull=False)
    return Cycle.objects.visible_to(user).filter(~Exists(held), state=CycleState.PROPOSED).order_by("starts")


def to_close(user: Any, today: date) -> Any:
    """Decided cycles that are over, for who runs cycles."""
    rows = Cycle.objects.visible_to(user).allowed(user, "run")
    return rows.filter(state=CycleState.DECIDED, ends__lte=today).order_by("ends", "pk")


def to_review(user: Any, today: date) -> Any:
    """Looks back that are due, of one's own teams' requests."""
    own = Q(request__owner__in=standing_of(user).teams) | Q(request__requester=user.pk)
    rows = OutcomeReview.objects.visible_to(user).allowed(user, "change").filter(own)
    due = rows.filter(due__lte=today)
    return due.select_related("request").order_by("due", "pk")


def to_confirm(user: Any) -> Any:
    rows = Outcome.objects.visible_to(user).allowed(user, "confirm")
    return rows.select_related("request", "kpi").order_by("at", "pk")


def blocked_on(user: Any) -> Any:
    """Work that waits for this person."""
    rows = Block.objects.visible_to(user).filter(owner=user.pk, ended_at=None)
    return rows.select_related("request").order_by("since", "pk")
