"""Who asks, answers, scores, votes and decides. Units vote, not people; ballots and scores are sealed, for everybody.

What is sealed has no exception: neither CoE leads nor superusers read it before it is revealed.
"""

from apps.roadmap.policies.cycles import (
    AdvicePolicy,
    BallotLinePolicy,
    BallotPolicy,
    CandidatePolicy,
    CyclePolicy,
    OpenedPolicy,
    SharePolicy,
    ThroughCycle,
    voter_of,
)
from apps.roadmap.policies.delivery import (
    BlockPolicy,
    DeliveryPolicy,
    HandoverPolicy,
    OutcomePolicy,
    ReviewPolicy,
)
from apps.roadmap.policies.meetings import (
    MeetingPolicy,
    OverridePolicy,
    ThroughMeeting,
)
from apps.roadmap.policies.requests import (
    DependencyPolicy,
    FollowPolicy,
    RequestPolicy,
    ThroughRequest,
)
from apps.roadmap.policies.scoring import (
    EstimatePolicy,
    ScoreLinePolicy,
    ScorePolicy,
    SettingPolicy,
)
from apps.roadmap.policies.standing import (
    chairs_steering,
    is_central,
    is_service,
    sits_on_steering,
)

__all__ = [
    "AdvicePolicy",
    "BallotLinePolicy",
    "BallotPolicy",
    "BlockPolicy",
    "CandidatePolicy",
    "CyclePolicy",
    "DeliveryPolicy",
    "DependencyPolicy",
    "EstimatePolicy",
    "FollowPolicy",
    "HandoverPolicy",
    "MeetingPolicy",
    "OpenedPolicy",
    "OutcomePolicy",
    "OverridePolicy",
    "RequestPolicy",
    "ReviewPolicy",
    "ScoreLinePolicy",
    "ScorePolicy",
    "SettingPolicy",
    "SharePolicy",
    "ThroughCycle",
    "ThroughMeeting",
    "ThroughRequest",
    "chairs_steering",
    "is_central",
    "is_service",
    "sits_on_steering",
    "voter_of",
]
