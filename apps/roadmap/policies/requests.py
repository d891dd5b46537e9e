"""Requests and what hangs on them: a draft is its team's alone, and the center answers what is not its own."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.policies import OwnedPolicy
from apps.people.standing import standing_of
from apps.roadmap.policies.standing import is_central, is_service
from apps.roadmap.workflow import BEFORE_PLAN, DONE, IN_TRIAGE, UNDER_WAY, WRITABLE, State


class RequestPolicy(OwnedPolicy):
    """A request follows the table of rights; a draft is its team's alone. The center answers what is not its own."""

    @rule("read")
    def view(self, user: Any) -> Q:
        standing = standing_of(user)
        mine = (
            Q(owner__in=standing.teams)
            | Q(requester=user.pk)
            | self._granted(user, standing, "view", "change")
        )
        return (super().view(user) & Q(submitted_at__isnull=False)) | mine

    @rule()
    def change(self, user: Any) -> Q:
        return super().change(user) & Q(state__in=WRITABLE)

    @rule()
    def submit(self, user: Any) -> Q:
        return super().change(user) & Q(state=State.DRAFT)

    @rule()
    def answer(self, user: Any) -> Q:
        return super().change(user) & Q(state=State.NEEDS_INFO)

    @rule()
    def withdraw(self, user: Any) -> Q:
        return super().change(user) & Q(state__in=(State.DRAFT, State.DEFERRED, *BEFORE_PLAN))

    @rule()
    def sponsor(self, user: Any) -> Q:
        """Answering for the value: the sponsor of the request's unit or of one above it, however far up."""
        units = standing_of(user).answered_units
        return Q(sponsored_at=None, state__in=BEFORE_PLAN, unit__in=units) & self.view(user)

    @rule()
    def support(self, user: Any) -> Q:
        """Another unit needs it too: said by its sponsor or by the lead of one of its teams."""
        if is_service(user):
            return NOTHING
        return Q(state__in=BEFORE_PLAN) & self.view(user)

    @rule()
    def comment(self, user: Any) -> Q:
        return self.view(user) & Q(submitted_at__isnull=False)

    @rule()
    def follow(self, user: Any) -> Q:
        return self.view(user)

    @rule()
    def triage(self, user: Any) -> Q:
        """Answering what came in, also while it is scored: nobody else may need it, or it was misread."""
        return Q(state__in=(*IN_TRIAGE, State.SCORING, State.DEFERRED)) & self._center(user)

    @rule()
    def score(self, user: Any) -> Q:
        return Q(state=State.SCORING) & self._center(user)

    @rule()
    def reveal(self, user: Any) -> Q:
        return Q(state=State.SCORING) & self._center(user)

    @rule()
    def estimate(self, user: Any) -> Q:
        return Q(state__in=(*BEFORE_PLAN, *UNDER_WAY)) & self._center(user, own=True)

    @rule()
    def plan(self, user: Any) -> Q:
        """Taking it into a cycle, and back: CoE leads."""
        return Q(state__in=(State.READY, State.IN_CYCLE)) if standing_of(user).coe_lead else NOTHING

    @rule()
    def deliver(self, user: Any) -> Q:
        """Milestones, blocks, actuals, hand-over: the center, also for its own requests."""
        return Q(state__in=(*UNDER_WAY, *DONE)) & self._center(user, own=True)

    @rule()
    def measure(self, user: Any) -> Q:
        """Recording what came of it: its team and the center."""
        return Q(state__in=DONE) & (super().change(user) | self._center(user, own=True))

    def _center(self, user: Any, *, own: bool = False) -> Q:
        standing = standing_of(user)
        if not is_central(standing) or is_service(user):
            return NOTHING
        foreign = EVERYTHING if own else ~Q(owner__in=standing.teams) & ~Q(requester=user.pk)
        return foreign & self.view(user)


class ThroughRequest(Through):
    """What belongs to a request has its rights."""

    def __init__(self) -> None:
        super().__init__("request")


class DependencyPolicy(Policy):
    """A dependency names two requests, so it needs the sight of both; the center keeps it."""

    @rule("read")
    def view(self, user: Any) -> Q:
        visible = self.related("request").visible_to(user).order_by().values("pk")
        return Q(request__in=visible, other__in=visible)

    @rule()
    def change(self, user: Any) -> Q:
        return self.view(user) if is_central(standing_of(user)) else NOTHING


class FollowPolicy(Policy):
    """One's own."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return Q(user=user.pk)
