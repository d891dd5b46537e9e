"""The life of an exception request, who steps in at which tier, and the quadrants of the radar, as data."""

from __future__ import annotations

from django.db import models


class State(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    TRIAGE = "triage", "Triage"
    NEEDS_INFO = "needs_info", "Needs information"
    IN_REVIEW = "in_review", "In review"
    APPEALED = "appealed", "Appealed"
    APPROVED = "approved", "Approved"
    ACTIVE = "active", "Active"
    RENEWAL_PENDING = "renewal_pending", "Renewal pending"
    EXPIRED = "expired", "Expired"
    REVOKED = "revoked", "Revoked"
    CLOSED = "closed", "Closed"
    PROMOTED = "promoted", "Promoted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


# From each state, where a person or the portal may move it. Nothing leads back to `active` from an end.
MOVES: dict[str, tuple[str, ...]] = {
    State.DRAFT: (State.SUBMITTED, State.WITHDRAWN),
    State.SUBMITTED: (
        State.TRIAGE,
        State.NEEDS_INFO,
        State.IN_REVIEW,
        State.APPROVED,
        State.ACTIVE,
        State.WITHDRAWN,
    ),
    State.TRIAGE: (State.NEEDS_INFO, State.IN_REVIEW, State.WITHDRAWN),
    State.NEEDS_INFO: (State.TRIAGE, State.WITHDRAWN),
    State.IN_REVIEW: (State.NEEDS_INFO, State.APPROVED, State.ACTIVE, State.REJECTED, State.WITHDRAWN),
    State.APPEALED: (State.APPROVED, State.ACTIVE, State.REJECTED, State.WITHDRAWN),
    State.APPROVED: (State.ACTIVE, State.EXPIRED, State.REVOKED, State.CLOSED, State.PROMOTED),
    State.ACTIVE: (
        State.RENEWAL_PENDING,
        State.EXPIRED,
        State.REVOKED,
        State.CLOSED,
        State.PROMOTED,
    ),
    State.RENEWAL_PENDING: (State.ACTIVE, State.EXPIRED, State.REVOKED, State.CLOSED, State.PROMOTED),
    State.REJECTED: (State.APPEALED,),
    State.EXPIRED: (),
    State.REVOKED: (),
    State.CLOSED: (),
    State.PROMOTED: (),
    State.WITHDRAWN: (),
}
OPEN = (State.SUBMITTED, State.TRIAGE, State.NEEDS_INFO, State.IN_REVIEW, State.APPEALED)
WAITING_FOR_CENTER = (State.SUBMITTED, State.TRIAGE)
IN_REVIEW = (State.IN_REVIEW, State.APPEALED)
HOLDING = (State.APPROVED, State.ACTIVE, State.RENEWAL_PENDING)
UNSENT = (State.DRAFT,)


class Level(models.TextChoices):
    """How much could go wrong; computed from rules, never chosen."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


RISE = {Level.LOW: 0, Level.MEDIUM: 1, Level.HIGH: 2}


class StepRole(models.TextChoices):
    """Whose eyes a step of a review needs."""

    CENTRAL = "central", "Central platform"
    BUSINESS = "business", "Business side"
    SECURITY = "security", "Security"
    COMMITTEE = "committee", "Standards committee"


class Quadrant(models.TextChoices):
    DATA = "data", "Data and features"
    BUILDING = "building", "Building models"
    RUNNING = "running", "Running models"
    PLATFORM = "platform", "Platform and practice"


class ProposalState(models.TextChoices):
    OPEN = "open", "Open to comments"
    VOTING = "voting", "Voting"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
