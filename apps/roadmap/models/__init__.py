"""Tables of requests, their scores, cycles with sealed ballots, delivery and outcomes."""

from apps.roadmap.models.cycles import (
    Advice,
    Ballot,
    BallotLine,
    Candidate,
    Capacity,
    Cycle,
    Delegate,
    Share,
    Snapshot,
)
from apps.roadmap.models.delivery import Actual, Block, Handover, Milestone
from apps.roadmap.models.meetings import Attendance, Meeting, Override, PlanRun
from apps.roadmap.models.outcomes import Outcome, OutcomeReview
from apps.roadmap.models.requests import (
    Dependency,
    Follow,
    Request,
    RequestComment,
    RequestGroupGrant,
    RequestKpi,
    RequestLink,
    RequestUserGrant,
    Support,
)
from apps.roadmap.models.scoring import Estimate, Score, ScoreLine, ScoringPolicy

__all__ = [
    "Actual",
    "Advice",
    "Attendance",
    "Ballot",
    "BallotLine",
    "Block",
    "Candidate",
    "Capacity",
    "Cycle",
    "Delegate",
    "Dependency",
    "Estimate",
    "Follow",
    "Handover",
    "Meeting",
    "Milestone",
    "Outcome",
    "OutcomeReview",
    "Override",
    "PlanRun",
    "Request",
    "RequestComment",
    "RequestGroupGrant",
    "RequestKpi",
    "RequestLink",
    "RequestUserGrant",
    "Score",
    "ScoreLine",
    "ScoringPolicy",
    "Share",
    "Snapshot",
    "Support",
]
