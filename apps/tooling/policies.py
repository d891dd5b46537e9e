"""Who sees, asks, decides and keeps the standards. Requests are a public register once they are sent.

A review needs eyes of several kinds (`StepRole`); who has them follows from rows of `people`, and nobody of the team
that asks has any, superusers included.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.models import BusinessUnit, CommitteeSeat
from apps.people.standing import Standing, standing_of
from apps.tooling.workflow import HOLDING, IN_REVIEW, OPEN, ProposalState, State, StepRole


def keeps_standards(standing: Standing) -> bool:
    return standing.coe_lead


def is_central(standing: Standing) -> bool:
    return standing.platform_engineer or standing.coe_lead


def sits_on_standards(user: Any) -> bool:
    """A running seat on a committee for standards."""
    now = timezone.now()
    seats = CommitteeSeat._base_manager.filter(user=user.pk, committee__purpose="standards", starts__lte=now)
    return seats.filter(Q(ends=None) | Q(ends__gt=now)).exists()


class CompanyPolicy(Policy):
    """Everybody inside reads it; nobody writes it but through the action that makes it."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return EVERYTHING


class SettingPolicy(CompanyPolicy):
    """The frame of reviews: read by all, kept by CoE leads."""

    @rule()
    def change(self, user: Any) -> Q:
        return EVERYTHING if keeps_standards(standing_of(user)) else NOTHING


class StandardPolicy(SettingPolicy):
    """A capability and its standard: every person may propose a change; CoE leads publish."""

    @rule()
    def propose(self, user: Any) -> Q:
        return NOTHING if _is_service(user) else EVERYTHING


class RulePolicy(Policy):
    """A rule is seen by those who see its tool; tools of standards are company-visible when they are published."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return Q(tool__in=self.related("tool").visible_to(user).order_by().values("pk"))


class ToolPolicy(Through):
    """What the radar knows of a tool: seen with the tool, kept by its editors and CoE leads."""

    def __init__(self) -> None:
        super().__init__("tool")

    @rule()
    def change(self, user: Any) -> Q:
        return EVERYTHING if keeps_standards(standing_of(user)) else self._parents(user, "change")


class RequestPolicy(Policy):
    """A draft is its team's. What was sent is everybody's to read who sees the tool: precedents and dissent too."""

    @rule("read")
    def view(self, user: Any) -> Q:
        standing = standing_of(user)
        if standing.sees_everything:
            return EVERYTHING
        tools = self.related("tool").visible_to(user).order_by().values("pk")
        return Q(team__in=standing.teams) | Q(submitted_at__isnull=False, tool__in=tools)

    @rule()
    def change(self, user: Any) -> Q:
        """Writing on it: the team, while it is a draft or the center asked for more."""
        return self._own(user) & Q(state__in=(State.DRAFT, State.NEEDS_INFO))

    @rule()
    def submit(self, user: Any) -> Q:
        """Sending it: a person. A machine may begin a draft and fill it in; low risk is granted when it is sent."""
        return self._of_person(user) & Q(state=State.DRAFT)

    @rule()
    def withdraw(self, user: Any) -> Q:
        return self._own(user) & Q(state__in=(State.DRAFT, *OPEN))

    @rule()
    def appeal(self, user: Any) -> Q:
        return self._of_person(user) & Q(state=State.REJECTED, round=1)

    @rule()
    def renew(self, user: Any) -> Q:
        return self._of_person(user) & Q(state=State.ACTIVE)

    @rule()
    def close(self, user: Any) -> Q:
        """Giving an exception back: its team; CoE leads may close an unused one."""
        standing = standing_of(user)
        holding = Q(state__in=HOLDING)
        return holding if standing.coe_lead else holding & Q(team__in=standing.teams)

    @rule()
    def triage(self, user: Any) -> Q:
        """Asking for more, opening the review: the center, not for its own team's requests."""
        standing = standing_of(user)
        if not is_central(standing) or _is_service(user):
            return NOTHING
        return Q(state__in=(State.SUBMITTED, State.TRIAGE, State.IN_REVIEW)) & self._foreign(user, standing)

    @rule()
    def recuse(self, user: Any) -> Q:
        """Saying that one has an interest: whoever could decide."""
        return Q(state__in=IN_REVIEW) & ~Q(recusals__user=user.pk) & self._reviews(user)

    @rule()
    def decide(self, user: Any) -> Q:
        """Having a step open that this person's eyes fit, and none taken before."""
        untouched = ~self._taken(user) & ~self._recused(user)
        return Q(state__in=IN_REVIEW) & untouched & self._reviews(user)

    @rule()
    def revoke(self, user: Any) -> Q:
        """Ending an exception against its team's will: CoE leads and security, not for their own team's."""
        standing = standing_of(user)
        if not (standing.coe_lead or "security" in standing.seats):
            return NOTHING
        return Q(state__in=HOLDING) & self._foreign(user, standing)

    @rule()
    def attach_condition(self, user: Any) -> Q:
        """Asking for something in return: whoever may decide, and CoE leads while the exception holds."""
        standing = standing_of(user)
        holding = Q(state__in=HOLDING) & self._foreign(user, standing) if standing.coe_lead else NOTHING
        return self.decide(user) | holding

    @rule()
    def comment(self, user: Any) -> Q:
        """Readers may speak about what was sent."""
        return self.view(user) & Q(submitted_at__isnull=False)

    def _own(self, user: Any) -> Q:
        return Q(team__in=standing_of(user).teams)

    def _of_person(self, user: Any) -> Q:
        return NOTHING if _is_service(user) else self._own(user)

    def _foreign(self, user: Any, standing: Standing) -> Q:
        return ~Q(team__in=standing.teams) & ~Q(requester=user.pk)

    def _taken(self, user: Any) -> Q:
        return Q(pk__in=_column(self.model, "verdicts").filter(user=user.pk).values("request"))

    def _recused(self, user: Any) -> Q:
        return Q(pk__in=_column(self.model, "recusals").filter(user=user.pk).values("request"))

    def _reviews(self, user: Any) -> Q:
        steps = _column(self.model, "steps").filter(eyes(user), closed_at=None)
        return Q(pk__in=steps.values("request")) & self._foreign(user, standing_of(user))


def eyes(user: Any) -> Q:
    """The open steps (of `ReviewStep`) that this person's eyes fit, their own team's excluded."""
    standing = standing_of(user)
    if _is_service(user):
        return NOTHING
    answer = NOTHING
    if is_central(standing):
        answer |= Q(role=StepRole.CENTRAL)
    if "security" in standing.seats:
        answer |= Q(role=StepRole.SECURITY)
    if sits_on_standards(user):
        answer |= Q(role=StepRole.COMMITTEE)
    current = Q(round=F("request__round"))
    return (answer | _business(standing)) & current & ~Q(request__team__in=standing.teams)


def _business(standing: Standing) -> Q:
    """The business side is the sponsor of the team's unit or of a unit above it; any sponsor where the team has none
    (the center, or a unit without one) and in an appeal, which goes to other people."""
    if not standing.sponsored_units:
        return NOTHING
    orphaned = Q(request__team__business_unit__isnull=True) | Q(
        request__team__business_unit__in=_units_without_sponsor()
    )
    own = Q(request__team__business_unit__in=_units_below(standing.sponsored_units))
    return Q(role=StepRole.BUSINESS) & (own | orphaned | Q(round__gt=1))


def _units_without_sponsor() -> set[int]:
    sponsored = BusinessUnit._base_manager.filter(sponsor__isnull=False).values_list("pk", flat=True)
    everyone = set(BusinessUnit._base_manager.values_list("pk", flat=True))
    return everyone - _units_below(frozenset(sponsored))


def _units_below(units: frozenset[int]) -> set[int]:
    """The units with all units below them; the tree of units is small."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in BusinessUnit._base_manager.values_list("pk", "parent"):
        children.setdefault(parent, []).append(pk)
    found: set[int] = set()
    waiting = list(units)
    while waiting:
        unit = waiting.pop()
        if unit not in found:
            found.add(unit)
            waiting += children.get(unit, [])
    return found


def _column(model: Any, related: str) -> Any:
    return model._meta.get_field(related).related_model._base_manager.all()


def _is_service(user: Any) -> bool:
    return getattr(user, "kind", "") == "service"


class ThroughRequest(Through):
    """What belongs to a request is seen with it."""

    def __init__(self) -> None:
        super().__init__("request")


class StepPolicy(ThroughRequest):
    """An open step is decided by those whose eyes it needs (`RequestPolicy.decide` says the rest)."""

    @rule()
    def decide(self, user: Any) -> Q:
        return Q(closed_at=None) & eyes(user) & self._parents(user, "decide")


class GrantPolicy(ThroughRequest):
    """A grant is public as its request is."""

    @rule()
    def revoke(self, user: Any) -> Q:
        return self._parents(user, "revoke")

    @rule()
    def close(self, user: Any) -> Q:
        return self._parents(user, "close")


class ConditionPolicy(ThroughRequest):
    """Evidence comes from the team; that it is enough is said by somebody of the center who is not of that team."""

    @rule()
    def prove(self, user: Any) -> Q:
        return Q(request__team__in=standing_of(user).teams, met_at=None)

    @rule()
    def confirm(self, user: Any) -> Q:
        standing = standing_of(user)
        if _is_service(user) or not (is_central(standing) or "security" in standing.seats):
            return NOTHING
        given = Q(met_at=None, evidence_at__isnull=False) & ~Q(evidence_by=user.pk)
        return given & ~Q(request__team__in=standing.teams)


class ProposalPolicy(Policy):
    """Open to everybody; decided by the standards committee, never by the proposer."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return EVERYTHING

    @rule()
    def change(self, user: Any) -> Q:
        return Q(proposer=user.pk, state=ProposalState.OPEN)

    @rule()
    def withdraw(self, user: Any) -> Q:
        return Q(proposer=user.pk, state__in=(ProposalState.OPEN, ProposalState.VOTING))

    @rule()
    def comment(self, user: Any) -> Q:
        return Q(state__in=(ProposalState.OPEN, ProposalState.VOTING))

    @rule()
    def open_vote(self, user: Any) -> Q:
        """Calling the vote: CoE leads and the committee's own people."""
        if keeps_standards(standing_of(user)) or sits_on_standards(user):
            return Q(state=ProposalState.OPEN)
        return NOTHING

    @rule()
    def vote(self, user: Any) -> Q:
        if not sits_on_standards(user):
            return NOTHING
        voted = _column(self.model, "votes").filter(user=user.pk).values("proposal")
        return Q(state=ProposalState.VOTING) & ~Q(proposer=user.pk) & ~Q(pk__in=voted)


class ThroughProposal(Through):
    def __init__(self) -> None:
        super().__init__("proposal")


class UsePolicy(Policy):
    """That an entity uses a tool is seen by those who see both."""

    @rule("read")
    def view(self, user: Any) -> Q:
        entities = self.related("entity").visible_to(user).order_by().values("pk")
        tools = self.related("tool").visible_to(user).order_by().values("pk")
        return Q(entity__in=entities, tool__in=tools)


class CountPolicy(Policy):
    """How often a team was refused: the team itself and the center."""

    @rule("read")
    def view(self, user: Any) -> Q:
        standing = standing_of(user)
        if is_central(standing) or standing.superuser:
            return EVERYTHING
        return Q(team__in=standing.teams)
