"""Tooling over REST: standards, proposals, requests and what they come to. Routes stand in `portal/rest.py`."""

from apps.tooling.api.holding import ConditionViewSet, GrantViewSet, UseViewSet
from apps.tooling.api.proposals import ProposalViewSet
from apps.tooling.api.requests import RequestViewSet
from apps.tooling.api.standards import (
    CapabilityViewSet,
    EnvironmentViewSet,
    PackageViewSet,
    ProfileViewSet,
    StandardViewSet,
    TierRuleViewSet,
    TierViewSet,
)

__all__ = [
    "CapabilityViewSet",
    "ConditionViewSet",
    "EnvironmentViewSet",
    "GrantViewSet",
    "PackageViewSet",
    "ProfileViewSet",
    "ProposalViewSet",
    "RequestViewSet",
    "StandardViewSet",
    "TierRuleViewSet",
    "TierViewSet",
    "UseViewSet",
]
