"""The roadmap's words: the life of a request, of a cycle, and the scales by which requests are scored, as data."""

from __future__ import annotations

from decimal import Decimal

from django.db import models

from apps.people.models import Membership

Role = Membership.Craft  # capacity is counted in the crafts of the central team


class RequestType(models.TextChoices):
    USE_CASE = "use_case", "Use case"
    PLATFORM = "platform", "Platform"
    SUPPORT = "support", "Support"
    COMPLIANCE = "compliance", "Compliance"


class Approach(models.TextChoices):
    BUILD = "build", "Build"
    BUY = "buy", "Buy"
    REUSE = "reuse", "Reuse"


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    TRIAGE = "triage", "Triage"
    NEEDS_INFO = "needs_info", "Needs information"
    SCORING = "scoring", "Scoring"
    READY = "ready", "Ready"
    IN_CYCLE = "in_cycle", "In a cycle"
    PLANNED = "planned", "Planned"
    IN_PROGRESS = "in_progress", "In progress"
    DELIVERED = "delivered", "Delivered"
    OUTCOME_REVIEW = "outcome_review", "Outcome review"
    CLOSED = "closed", "Closed"
    DUPLICATE = "duplicate", "Duplicate"
    DECLINED = "declined", "Declined"
    DEFERRED = "deferred", "Deferred"
    WITHDRAWN = "withdrawn", "Withdrawn"
    CANCELLED = "cancelled", "Cancelled"


# From each state, where an action may move it. Ends lead nowhere; what is deferred comes back into triage.
MOVES: dict[str, tuple[str, ...]] = {
    State.DRAFT: (State.SUBMITTED, State.WITHDRAWN),
    State.SUBMITTED: (
        State.TRIAGE,
        State.NEEDS_INFO,
        State.SCORING,
        State.DUPLICATE,
        State.DECLINED,
        State.DEFERRED,
        State.WITHDRAWN,
    ),
    State.TRIAGE: (
        State.NEEDS_INFO,
        State.SCORING,
        State.DUPLICATE,
        State.DECLINED,
        State.DEFERRED,
        State.WITHDRAWN,
    ),
    State.NEEDS_INFO: (State.TRIAGE, State.DUPLICATE, State.DECLINED, State.WITHDRAWN),
    State.SCORING: (
        State.NEEDS_INFO,
        State.READY,
        State.DUPLICATE,
        State.DECLINED,
        State.DEFERRED,
        State.WITHDRAWN,
    ),
    State.READY: (State.SCORING, State.IN_CYCLE, State.DUPLICATE, State.DEFERRED, State.WITHDRAWN),
    State.IN_CYCLE: (State.PLANNED, State.READY, State.WITHDRAWN),
    State.PLANNED: (State.IN_PROGRESS, State.READY, State.CANCELLED),
    State.IN_PROGRESS: (State.DELIVERED, State.READY, State.CANCELLED),
    State.DELIVERED: (State.OUTCOME_REVIEW,),
    State.OUTCOME_REVIEW: (State.CLOSED,),
    State.DEFERRED: (State.TRIAGE, State.WITHDRAWN),
    State.CLOSED: (),
    State.DUPLICATE: (),
    State.DECLINED: (),
    State.WITHDRAWN: (),
    State.CANCELLED: (),
}
WRITABLE = (State.DRAFT, State.NEEDS_INFO)
IN_TRIAGE = (State.SUBMITTED, State.TRIAGE, State.NEEDS_INFO)
BEFORE_PLAN = (*IN_TRIAGE, State.SCORING, State.READY, State.IN_CYCLE)
UNDER_WAY = (State.PLANNED, State.IN_PROGRESS)
DONE = (State.DELIVERED, State.OUTCOME_REVIEW, State.CLOSED)


class Category(models.TextChoices):
    REVENUE = "revenue", "Revenue"
    COST = "cost", "Cost"
    SATISFACTION = "satisfaction", "Satisfaction"
    EFFICIENCY = "efficiency", "Efficiency"
    RISK = "risk", "Risk"


class Direction(models.TextChoices):
    UP = "up", "Should rise"
    DOWN = "down", "Should fall"


class Evidence(models.TextChoices):
    OPINION = "opinion", "Opinion"
    SURVEY = "survey", "Survey"
    PROTOTYPE = "prototype", "Prototype"
    PILOT = "pilot", "Pilot"


class Urgency(models.TextChoices):
    """How value decays while one waits; the policy says what a week of delay costs of the value."""

    STEADY = "steady", "Steady: each week costs the same"
    FADING = "fading", "Fading: the chance closes"
    DEADLINE = "deadline", "Deadline: nothing is left after a date"
    PATIENT = "patient", "Patient: waiting costs little"


LADDER = {
    Evidence.OPINION: Decimal("0.3"),
    Evidence.SURVEY: Decimal("0.5"),
    Evidence.PROTOTYPE: Decimal("0.7"),
    Evidence.PILOT: Decimal("0.9"),
}
IMPACTS = (Decimal(3), Decimal(2), Decimal(1), Decimal("0.5"), Decimal("0.25"))


class CycleState(models.TextChoices):
    PREPARING = "preparing", "Preparing"
    VOTING = "voting", "Voting"
    FROZEN = "frozen", "Frozen"
    PROPOSED = "proposed", "Plans proposed"
    DECIDED = "decided", "Decided"
    CLOSED = "closed", "Closed"


CYCLE_MOVES: dict[str, tuple[str, ...]] = {
    CycleState.PREPARING: (CycleState.VOTING,),
    CycleState.VOTING: (CycleState.PREPARING, CycleState.FROZEN),
    CycleState.FROZEN: (CycleState.PROPOSED, CycleState.VOTING),
    CycleState.PROPOSED: (CycleState.DECIDED, CycleState.VOTING),
    CycleState.DECIDED: (CycleState.CLOSED,),
    CycleState.CLOSED: (),
}
REVEALED = (CycleState.FROZEN, CycleState.PROPOSED, CycleState.DECIDED, CycleState.CLOSED)


class Entry(models.TextChoices):
    """How a request comes into a cycle."""

    OPEN = "open", "To be voted on"
    MANDATORY = "mandatory", "Mandatory"
    CARRIED = "carried", "Carried over"


class Link(models.TextChoices):
    NEEDS = "needs", "Needs"
    EXCLUDES = "excludes", "Excludes"


class PlanKind(models.TextChoices):
    EQUAL_SHARES = "equal_shares", "Equal shares with fill"
    VALUE_MAXIMUM = "value_maximum", "Value maximum"
    SCORE_RANKING = "score_ranking", "Score ranking"
