"""The roadmap over REST: requests through their whole life, planning cycles, and the policy by which all are scored.

Routes stand in `portal/rest.py`.
"""

from apps.roadmap.api.cycles import CycleViewSet
from apps.roadmap.api.policies import ScoringPolicyViewSet
from apps.roadmap.api.requests import RequestViewSet

__all__ = ["CycleViewSet", "RequestViewSet", "ScoringPolicyViewSet"]
