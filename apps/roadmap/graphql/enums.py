"""The words of the roadmap as GraphQL enums, with names that stay when models are renamed."""

from __future__ import annotations

from apps.core.graphql import enum_of
from apps.roadmap.models import OutcomeReview, PlanRun
from apps.roadmap.workflow import (
    Approach,
    Category,
    CycleState,
    Direction,
    Entry,
    Evidence,
    Link,
    PlanKind,
    RequestType,
    Role,
    State,
    Urgency,
)

RoadmapState = enum_of(State, "RoadmapState")
RoadmapRequestType = enum_of(RequestType, "RoadmapRequestType")
RoadmapApproach = enum_of(Approach, "RoadmapApproach")
KpiCategory = enum_of(Category, "KpiCategory")
KpiDirection = enum_of(Direction, "KpiDirection")
EvidenceKind = enum_of(Evidence, "EvidenceKind")
UrgencyProfile = enum_of(Urgency, "UrgencyProfile")
CapacityRole = enum_of(Role, "CapacityRole")
RequestDependencyKind = enum_of(Link, "RequestDependencyKind")
PlanningCycleState = enum_of(CycleState, "PlanningCycleState")
CandidateEntry = enum_of(Entry, "CandidateEntry")
PlanRunState = enum_of(PlanRun.State, "PlanRunState")
PlanKindEnum = enum_of(PlanKind, "PlanKind")
OutcomeVerdict = enum_of(OutcomeReview.Verdict, "OutcomeVerdict")
