"""Cycles: units vote, not people; ballots are sealed, for everybody, until the freeze."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, Q

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.standing import standing_of
from apps.roadmap.policies.scoring import SettingPolicy
from apps.roadmap.policies.standing import chaired_by, is_central, is_service, sits_on_steering
from apps.roadmap.workflow import REVEALED, CycleState


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
    return answer | (Q(unit__isnull=True) & Q(Exists(chaired_by(user))))  # asked within the statement


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
