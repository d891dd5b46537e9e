"""Tables of the radar, of requests for exceptions and of the grants that decisions read."""

from apps.tooling.models.context import BookStamp, ClosedDay, Environment, Tier, TierRule
from apps.tooling.models.grants import Condition, Grant, Reminder
from apps.tooling.models.observed import DecisionCount, ObservedUse
from apps.tooling.models.proposals import Proposal, ProposalComment, ProposalVote
from apps.tooling.models.requests import ExceptionRequest, RequestComment
from apps.tooling.models.reviews import Recusal, ReviewStep, Verdict
from apps.tooling.models.standards import Capability, Package, Standard, StandardRule, ToolProfile

__all__ = [
    "BookStamp",
    "Capability",
    "ClosedDay",
    "Condition",
    "DecisionCount",
    "Environment",
    "ExceptionRequest",
    "Grant",
    "ObservedUse",
    "Package",
    "Proposal",
    "ProposalComment",
    "ProposalVote",
    "Recusal",
    "Reminder",
    "RequestComment",
    "ReviewStep",
    "Standard",
    "StandardRule",
    "Tier",
    "TierRule",
    "ToolProfile",
    "Verdict",
]
