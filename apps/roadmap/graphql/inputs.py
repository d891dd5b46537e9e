"""What mutations of the roadmap take."""

from __future__ import annotations

import graphene

from apps.people.graphql import VisibilityEnum
from apps.roadmap.graphql.enums import KpiCategory, KpiDirection, RoadmapApproach, RoadmapRequestType

EXACT = "A decimal number as text."


class KpiInput(graphene.InputObjectType):
    """A figure that should move; P10, P50 and P90 are the expected change, positive in its direction."""

    class Meta:
        name = "RoadmapKpiInput"

    id = graphene.ID(description="Of the line that this changes; a new one without.")
    category = graphene.Field(KpiCategory, required=True)
    name = graphene.String(required=True)
    measure = graphene.String(required=True, description="EUR a year, hours a week, points.")
    direction = KpiDirection()
    baseline = graphene.String(description=EXACT)
    p10 = graphene.String(description=f"{EXACT} P50 where not given.")
    p50 = graphene.String(required=True, description=EXACT)
    p90 = graphene.String(description=f"{EXACT} P50 where not given.")
    measured_how = graphene.String()
    review_at = graphene.Date()
    owner = graphene.String(description="User name of who answers for it.")


class DraftFields:
    """All may be left open until the draft is sent. A field that is left out stays as it is; null empties it."""

    title = graphene.String()
    type = RoadmapRequestType()
    visibility = VisibilityEnum()
    problem = graphene.String()
    decision_changed = graphene.String()
    if_nothing = graphene.String()
    why_now = graphene.String()
    approach = RoadmapApproach()
    approach_reason = graphene.String()
    reach = graphene.Int(description="People or cases a quarter.")
    signal = graphene.String(description="The demand that it came from.")
    kpis = graphene.List(graphene.NonNull(KpiInput), description="Replace those that are there.")
    links = graphene.List(
        graphene.NonNull(graphene.String), description="kind:namespace/name of entities that it is about."
    )


class BeginInput(DraftFields, graphene.InputObjectType):
    """A new draft."""

    class Meta:
        name = "BeginRoadmapRequestInput"

    team = graphene.String(description="One of your teams; needed by those in several.")
    unit = graphene.String(description="Slug of the unit that needs it; the team's own where not given.")


class SaveInput(DraftFields, graphene.InputObjectType):
    """What shall be different."""

    class Meta:
        name = "SaveRoadmapRequestInput"

    id = graphene.ID(required=True)
    version = graphene.Int(description="As you read it.")


class SubmitInput(graphene.InputObjectType):
    class Meta:
        name = "SubmitRoadmapRequestInput"

    id = graphene.ID(required=True)
    version = graphene.Int(description="As you read it.")


class TextInput(graphene.InputObjectType):
    """Which request, and what to say about it."""

    class Meta:
        name = "RoadmapTextInput"

    id = graphene.ID(required=True)
    text = graphene.String(required=True)


class WithdrawInput(graphene.InputObjectType):
    class Meta:
        name = "WithdrawRoadmapRequestInput"

    id = graphene.ID(required=True)
    reason = graphene.String()


class SupportInput(graphene.InputObjectType):
    """A unit needs it too; said by its sponsor or the lead of one of its teams."""

    class Meta:
        name = "SupportRoadmapRequestInput"

    id = graphene.ID(required=True)
    unit = graphene.String(required=True, description="The unit's slug.")
    note = graphene.String()


class FollowInput(graphene.InputObjectType):
    class Meta:
        name = "FollowRoadmapRequestInput"

    id = graphene.ID(required=True)
    wanted = graphene.Boolean(description="false: no longer.")


class RequestVisibilityInput(graphene.InputObjectType):
    """Who sees it: company, the owner's unit and the center, or the team and who was given access."""

    class Meta:
        name = "RoadmapRequestVisibilityInput"

    id = graphene.ID(required=True)
    visibility = VisibilityEnum(required=True)
    version = graphene.Int(description="As you read it.")


class CycleReasonInput(graphene.InputObjectType):
    class Meta:
        name = "PlanningCycleReasonInput"

    slug = graphene.String(required=True)
    reason = graphene.String(required=True, description="Every voter reads it.")
    version = graphene.Int(description="As you read it.")


class CycleMoveInput(graphene.InputObjectType):
    class Meta:
        name = "PlanningCycleMoveInput"

    slug = graphene.String(required=True)
    version = graphene.Int(description="As you read it.")


class ChangeCycleInput(graphene.InputObjectType):
    """What shall be different; all in preparation, name and `ballotsUntil` while the vote is open."""

    class Meta:
        name = "ChangePlanningCycleInput"

    slug = graphene.String(required=True)
    version = graphene.Int(description="As you read it.")
    name = graphene.String()
    starts = graphene.Date()
    ends = graphene.Date(description="The first day after it.")
    mandatory_cap = graphene.Int(description="Basis points of the capacity.")
    ballots_until = graphene.DateTime(description="null: until the freeze.")


class DelegateInput(graphene.InputObjectType):
    """Who casts, or casts no longer, the ballot of the share besides the unit's sponsor."""

    class Meta:
        name = "BallotDelegateInput"

    share = graphene.ID(required=True)
    user = graphene.String(required=True, description="Their user name.")


class PointsInput(graphene.InputObjectType):
    class Meta:
        name = "BallotPointsInput"

    request = graphene.ID(required=True, description="Id of a request of the cycle.")
    points = graphene.Int(required=True)


class BallotInput(graphene.InputObjectType):
    """The whole ballot, 100 points together at most; it replaces the one before. Sealed until the freeze."""

    class Meta:
        name = "CastBallotInput"

    share = graphene.ID(required=True)
    lines = graphene.List(graphene.NonNull(PointsInput), required=True)
    version = graphene.Int(description="Of the ballot that you read; 0 for the first one.")
