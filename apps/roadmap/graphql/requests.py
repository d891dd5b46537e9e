"""Requests and what hangs on them, as GraphQL answers with them."""

from __future__ import annotations

import graphene

from apps.core.graphql import Abilities, Node, Page
from apps.people.graphql import VisibilityEnum
from apps.roadmap import models
from apps.roadmap.graphql.cycles import CandidateNode
from apps.roadmap.graphql.delivered import ActualNode, HandoverNode
from apps.roadmap.graphql.enums import (
    CapacityRole,
    EvidenceKind,
    KpiCategory,
    KpiDirection,
    OutcomeVerdict,
    RequestDependencyKind,
    RoadmapApproach,
    RoadmapRequestType,
    RoadmapState,
    UrgencyProfile,
)
from apps.roadmap.graphql.fields import exact, page_url, word
from apps.roadmap.graphql.values import ValuationField


class RequestNode(Node):
    """What somebody wants from the center. A draft is its team's alone."""

    class Meta:
        model = models.Request
        name = "RoadmapRequest"
        fields = (
            "title", "type", "unit", "owner", "requester", "sponsor", "sponsored_at", "problem", "decision_changed",
            "if_nothing", "why_now", "approach_reason", "reach", "strategic", "visibility", "state", "state_since",
            "reason", "triager", "submitted_at", "answered_at", "decided_at", "merged_into", "signal", "version",
            "created_at", "updated_at",
        )  # fmt: skip

    type = graphene.Field(RoadmapRequestType, required=True)
    state = graphene.Field(RoadmapState, required=True)
    visibility = graphene.Field(VisibilityEnum, required=True)
    approach = word(RoadmapApproach, "approach")
    url = page_url("id")
    kpis = Page(lambda: KpiNode)
    supports = Page(lambda: SupportNode)
    links = Page(lambda: LinkNode)
    scores = Page(lambda: ScoreNode, description="Revealed ones, and your own.")
    estimates = Page(lambda: EstimateNode, description="Of several of one role the newest counts.")
    dependencies = Page(lambda: DependencyNode)
    valuation = ValuationField()
    candidacies = Page(lambda: CandidateNode, description="Its place in each cycle.")
    milestones = Page(lambda: MilestoneNode)
    blocks = Page(lambda: BlockNode)
    actuals = Page(lambda: ActualNode)
    handovers = Page(lambda: HandoverNode)
    outcomes = Page(lambda: OutcomeNode)
    outcome_reviews = Page(lambda: OutcomeReviewNode)
    comments = Page(lambda: RequestCommentNode)
    abilities = Abilities(
        models.Request,
        "change", "submit", "answer", "withdraw", "sponsor", "support", "comment", "follow", "triage", "score", "reveal",
        "estimate", "plan", "deliver", "measure", "administer",
    )  # fmt: skip


class KpiNode(Node):
    """A figure that should move; P10, P50 and P90 are the expected change, positive in its direction."""

    class Meta:
        model = models.RequestKpi
        name = "RoadmapKpi"
        fields = ("request", "category", "name", "measure", "direction", "measured_how", "review_at", "owner")

    category = graphene.Field(KpiCategory, required=True)
    direction = graphene.Field(KpiDirection, required=True)
    baseline = exact("baseline", required=False)
    p10 = exact("p10")
    p50 = exact("p50")
    p90 = exact("p90")


class SupportNode(Node):
    """A unit needs it too."""

    class Meta:
        model = models.Support
        name = "RoadmapSupport"
        fields = ("request", "unit", "user", "note", "at")


class LinkNode(Node):
    """A request is about an entity of the catalog."""

    class Meta:
        model = models.RequestLink
        name = "RoadmapLink"
        fields = ("request", "entity")


class ScoreNode(Node):
    """One scorer's view in one round; sealed until the round is revealed."""

    class Meta:
        model = models.Score
        name = "RoadmapScore"
        fields = ("request", "round", "scorer", "urgency", "comment", "at", "revealed_at")

    urgency = graphene.Field(UrgencyProfile, required=True)
    impact = exact("impact")
    lines = Page(lambda: ScoreLineNode)


class ScoreLineNode(Node):
    """What a scorer expects of one figure, and how well it is known."""

    class Meta:
        model = models.ScoreLine
        name = "RoadmapScoreLine"
        fields = ("kpi", "evidence")

    expected = exact("expected", description="In the figure's own unit.")
    evidence = graphene.Field(EvidenceKind, required=True)


class EstimateNode(Node):
    """Person-weeks of one role, as a range."""

    class Meta:
        model = models.Estimate
        name = "RoadmapEstimate"
        fields = ("request", "role", "author", "note", "at")

    role = graphene.Field(CapacityRole, required=True)
    p10 = exact("p10")
    p50 = exact("p50")
    p90 = exact("p90")


class DependencyNode(Node):
    """A request needs another one first, or excludes it; shown to whoever sees both."""

    class Meta:
        model = models.Dependency
        name = "RoadmapDependency"
        fields = ("request", "other", "kind")

    kind = graphene.Field(RequestDependencyKind, required=True)


class RequestCommentNode(Node):
    """Something said about a request."""

    class Meta:
        model = models.RequestComment
        name = "RoadmapComment"
        fields = ("request", "author", "text", "at")


class MilestoneNode(Node):
    """A step of the delivery with a window instead of a promised date."""

    class Meta:
        model = models.Milestone
        name = "RoadmapMilestone"
        fields = ("request", "title", "p50", "p90", "done_at")

    p50 = graphene.Date(required=True, description="As likely before as after.")
    p90 = graphene.Date(required=True, description="Nearly surely by.")


class BlockNode(Node):
    """Work that cannot go on: what it waits for, and who can end that."""

    class Meta:
        model = models.Block
        name = "RoadmapBlock"
        fields = ("request", "waits_for", "owner", "since", "ended_at", "outcome")


class OutcomeNode(Node):
    """A figure's measured change in [periodStart, periodEnd); it counts when somebody else has confirmed it."""

    class Meta:
        model = models.Outcome
        name = "RoadmapOutcome"
        fields = (
            "kpi", "request", "period_start", "period_end", "source", "recorded_by", "confirmed_by", "confirmed_at",
        )  # fmt: skip

    value = exact("value", description="Signed, in the figure's own unit.")
    attribution = exact("attribution", description="The part that the work may claim, 0 to 1.")
    abilities = Abilities(models.Outcome, "confirm")


class OutcomeReviewNode(Node):
    """A look back so many days after delivery."""

    class Meta:
        model = models.OutcomeReview
        name = "RoadmapOutcomeReview"
        fields = ("request", "days", "due", "target_adoption", "adoption", "lesson", "done_by", "done_at")

    verdict = word(OutcomeVerdict, "verdict")
