"""Who asks, answers, scores, votes and decides. Units vote, not people; ballots and scores are sealed, for everybody.

What is sealed has no exception: neither CoE leads nor superusers read it before it is revealed.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Q
from django.utils import timezone

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.models import Committee, CommitteeSeat
from apps.people.policies import OwnedPolicy
from apps.people.standing import Standing, standing_of
from apps.roadmap.workflow import (
    BEFORE_PLAN,
    DONE,
    IN_TRIAGE,
    REVEALED,
    UNDER_WAY,
    WRITABLE,
    CycleState,
    State,
)


def is_central(standing: Standing) -> bool:
    return standing.platform_engineer or standing.coe_lead


def is_service(user: Any) -> bool:
    return getattr(user, "kind", "") == "service"


def chairs_steering(user: Any) -> bool:
    return bool(_chaired_by(user).exists())


def _chaired_by(user: Any) -> Any:
    return Committee._base_manager.filter(purpose=Committee.Purpose.STEERING, chair=user.pk)


def sits_on_steering(user: Any, committee: Committee | None = None) -> bool:
    """A running seat on a steering committee, or on that one."""
    now = timezone.now()
    seats = CommitteeSeat._base_manager.filter(user=user.pk, committee__purpose="steering", starts__lte=now)
    if committee is not None:
        seats = seats.filter(committee=committee)
    return seats.filter(Q(ends=None) | Q(ends__gt=now)).exists()


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


class SettingPolicy(Policy):
    """The frame: read by all, kept by CoE leads."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return EVERYTHING

    @rule()
    def change(self, user: Any) -> Q:
        return EVERYTHING if standing_of(user).coe_lead else NOTHING


class ScorePolicy(Policy):
    """Sealed: one's own until the round is revealed, then whoever sees the request."""

    @rule("read")
    def view(self, user: Any) -> Q:
        visible = self.related("request").visible_to(user).order_by().values("pk")
        return Q(request__in=visible) & (Q(scorer=user.pk) | Q(revealed_at__isnull=False))


class ScoreLinePolicy(Through):
    def __init__(self) -> None:
        super().__init__("score")


class EstimatePolicy(ThroughRequest):
    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "estimate")


class CyclePolicy(SettingPolicy):
    """Everybody sees the cycles; CoE leads run them; the steering committee decides."""

    @rule()
    def change(self, user: Any) -> Q:
        open_states = (CycleState.PREPARING, CycleState.VOTING)
        return Q(state__in=open_states) if standing_of(user).coe_lead else NOTHING

    @rule()
    def run(self, user: Any) -> Q:
        """Moving it on: opening the vote, freezing, computing, closing."""
        return EVERYTHING if standing_of(user).coe_lead else NOTHING

    @rule()
    def vote(self, user: Any) -> Q:
        """Having a ballot to cast in it."""
        shares = self._shares().filter(voter_of(user)).values("cycle")
        return Q(state=CycleState.VOTING, pk__in=shares)

    @rule()
    def decide(self, user: Any) -> Q:
        return Q(state=CycleState.PROPOSED) if sits_on_steering(user) else NOTHING

    @rule()
    def try_out(self, user: Any) -> Q:
        """Planning it with other capacities or shares, from which nothing follows: the center and the committee."""
        if is_service(user) or not (is_central(standing_of(user)) or sits_on_steering(user)):
            return NOTHING
        return Q(state__in=REVEALED)

    def _shares(self) -> Any:
        table: Any = self.model._meta.get_field("shares").related_model
        return table._base_manager.all()


def voter_of(user: Any) -> Q:
    """The shares (of `Share`) whose ballot this person casts: sponsor, named delegate, or the chair for strategic."""
    if is_service(user):
        return NOTHING
    answer = Q(unit__sponsor=user.pk) | Q(delegates__user=user.pk)
    return answer | (Q(unit__isnull=True) & Q(Exists(_chaired_by(user))))  # asked within the statement


class ThroughCycle(Through):
    def __init__(self) -> None:
        super().__init__("cycle")


class OpenedPolicy(ThroughCycle):
    """Frozen inputs and what was computed of them hold ballots: they are read while these are open, and not while the
    vote is open again."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return super().view(user) & Q(cycle__state__in=REVEALED)


class SharePolicy(ThroughCycle):
    """A share is read by all; its voter casts, its unit's sponsor names delegates, its unit's people advise."""

    @rule()
    def cast(self, user: Any) -> Q:
        return Q(pk__in=self.model._base_manager.filter(voter_of(user)).order_by().values("pk"))

    @rule()
    def delegate(self, user: Any) -> Q:
        return Q(unit__sponsor=user.pk)

    @rule()
    def advise(self, user: Any) -> Q:
        return Q(unit__in=standing_of(user).units)


class CandidatePolicy(Policy):
    """A candidate is as visible as its request."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return Q(request__in=self.related("request").visible_to(user).order_by().values("pk"))

    @rule()
    def change(self, user: Any) -> Q:
        return Q(cycle__state=CycleState.PREPARING) if standing_of(user).coe_lead else NOTHING

    @rule()
    def approve(self, user: Any) -> Q:
        """Mandatory items: the steering committee, not who proposed it, and not who or whose team asked for it."""
        if not sits_on_steering(user):
            return NOTHING
        mine = Q(request__requester=user.pk) | Q(request__owner__in=standing_of(user).teams)
        return Q(entry="mandatory", approved_by=None) & ~Q(proposed_by=user.pk) & ~mine


class BallotPolicy(Policy):
    """Sealed until the cycle is frozen: who casts it reads it, nobody else."""

    @rule("read")
    def view(self, user: Any) -> Q:
        shares = self.related("share").filter(voter_of(user)).order_by().values("pk")
        return Q(share__in=shares) | Q(cycle__state__in=REVEALED)

    @rule()
    def change(self, user: Any) -> Q:
        shares = self.related("share").filter(voter_of(user)).order_by().values("pk")
        return Q(share__in=shares, cycle__state=CycleState.VOTING)


class BallotLinePolicy(Policy):
    """A line needs the sight of its ballot and of its request."""

    @rule("read")
    def view(self, user: Any) -> Q:
        ballots = self.related("ballot").visible_to(user).order_by().values("pk")
        candidates = self.related("candidate").visible_to(user).order_by().values("pk")
        return Q(ballot__in=ballots, candidate__in=candidates)


class AdvicePolicy(Policy):
    """One's own, and that of the unit whose ballot one casts."""

    @rule("read")
    def view(self, user: Any) -> Q:
        shares = self.related("share").filter(voter_of(user)).order_by().values("pk")
        candidates = self.related("candidate").visible_to(user).order_by().values("pk")
        return (Q(user=user.pk) | Q(share__in=shares)) & Q(candidate__in=candidates)


class MeetingPolicy(ThroughCycle):
    """The meeting is read with its cycle; who sits on the steering committee moves it."""

    @rule()
    def change(self, user: Any) -> Q:
        return Q(decided_at=None) if sits_on_steering(user) else NOTHING

    @rule()
    def decide(self, user: Any) -> Q:
        """The chair says what was decided."""
        return Q(decided_at=None) if chairs_steering(user) else NOTHING


class ThroughMeeting(Through):
    def __init__(self) -> None:
        super().__init__("meeting")


class OverridePolicy(ThroughMeeting):
    @rule()
    def take_back(self, user: Any) -> Q:
        """Before the decision: who made it, while they sit on the committee, and the chair. Both of what they see."""
        seen = self.related("takes").visible_to(user).order_by().values("pk")
        shown = (Q(takes=None) | Q(takes__in=seen)) & (Q(displaces=None) | Q(displaces__in=seen))
        own = Q(moved_by=user.pk) & self._parents(user, "change")
        return Q(taken_back_at=None) & shown & (own | self._parents(user, "decide"))


class DeliveryPolicy(ThroughRequest):
    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "deliver")


class BlockPolicy(DeliveryPolicy):
    @rule()
    def end(self, user: Any) -> Q:
        """The center, or for whom it waits."""
        return (Q(owner=user.pk) & self.view(user)) | self.change(user)


class HandoverPolicy(DeliveryPolicy):
    @rule()
    def accept(self, user: Any) -> Q:
        """The lead of the team that is to run it."""
        return Q(team__in=standing_of(user).led_teams) & self.view(user)


class OutcomePolicy(ThroughRequest):
    """Confirmed by business or finance: the sponsor of the unit, or a seat for finance; never who recorded it, nor who or
    whose team asked for it, nor the center, which built it."""

    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "measure") & Q(confirmed_at=None, recorded_by=user.pk)

    @rule()
    def confirm(self, user: Any) -> Q:
        standing = standing_of(user)
        if is_central(standing) or is_service(user):
            return NOTHING
        whose = NOTHING
        if "finance" in standing.seats:
            whose = EVERYTHING
        elif standing.answered_units:
            whose = Q(request__unit__in=standing.answered_units)
        asked = Q(requester=user.pk) | Q(request__owner__in=standing.teams)
        other = ~Q(recorded_by=user.pk) & ~asked
        return Q(confirmed_at=None) & whose & other & self._parents(user, "view")


class ReviewPolicy(ThroughRequest):
    """What was stopped is closed: its later looks back fall away."""

    @rule()
    def change(self, user: Any) -> Q:
        return Q(done_at=None) & ~Q(request__state=State.CLOSED) & self._parents(user, "measure")
