"""Planning cycles as GraphQL answers with them. Ballots and their lines stay sealed by their policies."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import JSON, Abilities, MultiField, Node, Page
from apps.roadmap import models
from apps.roadmap.graphql.enums import CandidateEntry, CapacityRole, PlanningCycleState, PlanRunState
from apps.roadmap.graphql.fields import exact, page_url
from apps.roadmap.graphql.meetings import MeetingNode
from apps.roadmap.queries.failing import failure_of


class ScoringPolicyNode(Node):
    """One revision of how values are compared; an empty ladder or decay stands for the house's own."""

    class Meta:
        model = models.ScoringPolicy
        fields = ("number", "rates", "ladder", "decay", "stale_after_days", "rationale", "author", "at")

    rates = JSON(required=True, description="A list of category, measure, value.")
    ladder = JSON(required=True, description="Evidence to probability.")
    decay = JSON(required=True, description="Urgency to the part of the value that a quarter's wait costs.")


class CycleNode(Node):
    """A quarter, say, in which the center's capacity is shared out."""

    class Meta:
        model = models.Cycle
        name = "PlanningCycle"
        fields = (
            "slug", "name", "starts", "ends", "state", "ballots_until", "mandatory_cap", "scoring_policy", "version",
            "created_at", "updated_at",
        )  # fmt: skip

    state = graphene.Field(PlanningCycleState, required=True)
    url = page_url("slug")
    capacities = Page(lambda: CapacityNode)
    shares = Page(lambda: ShareNode)
    candidates = Page(lambda: CandidateNode, description="Those of requests that you see.")
    ballots = Page(lambda: BallotNode, sort=["pk"], description="Before the freeze your own; then all.")
    snapshots = Page(lambda: SnapshotNode, description="Newest first; none while a vote is open.")
    runs = Page(lambda: PlanRunNode, description="Newest first; `planningPlans` reads the plans.")
    meetings = Page(lambda: MeetingNode, description="Newest first.")
    abilities = Abilities(models.Cycle, "change", "run", "vote", "decide")


class CapacityNode(Node):
    """Person-weeks of a role, and how many of them are kept in reserve."""

    class Meta:
        model = models.Capacity
        name = "PlanningCapacity"
        fields = ("cycle", "role")

    role = graphene.Field(CapacityRole, required=True)
    weeks = exact("weeks")
    reserve = exact("reserve")


class ShareNode(Node):
    """A voter's part of the capacity; without a unit it is the strategic wallet's."""

    class Meta:
        model = models.Share
        name = "PlanningShare"
        fields = ("cycle", "unit", "basis_points")


class CandidateNode(Node):
    """A request in a cycle; `planned` is null until the committee has decided."""

    class Meta:
        model = models.Candidate
        name = "PlanningCandidate"
        fields = ("cycle", "request", "entry", "obligation", "proposed_by", "approved_by", "planned")

    entry = graphene.Field(CandidateEntry, required=True)


class BallotNode(Node):
    """A voter's points: before the freeze the voter's own only, whoever asks."""

    class Meta:
        model = models.Ballot
        fields = ("cycle", "share", "cast_by", "cast_at", "version")

    lines = Page(lambda: BallotLineNode, sort=["-points"])


class BallotLineNode(Node):
    """Points for one request."""

    class Meta:
        model = models.BallotLine
        fields = ("ballot", "candidate", "points")


class SnapshotNode(Node):
    """Frozen inputs by their hash; the bytes are REST's."""

    class Meta:
        model = models.Snapshot
        name = "PlanningSnapshot"
        fields = ("cycle", "sha256", "frozen_by", "at")


class PlanRunNode(Node):
    """One computation of the three plans; `sandbox` is empty for the real one."""

    class Meta:
        model = models.PlanRun
        fields = (
            "cycle", "snapshot", "sandbox", "state", "stage", "done", "of", "reproducible", "solver", "queued_at",
            "finished_at",
        )  # fmt: skip

    sandbox = JSON(required=True)
    state = graphene.Field(PlanRunState, required=True)
    sha256 = MultiField(graphene.String, fields=["result_sha256"], required=True, description="Of the plans.")

    error = MultiField(
        graphene.String,
        fields=["state", "error", "sandbox"],
        required=True,
        description="Why it failed, and what to do.",
    )

    @staticmethod
    def resolve_error(root: models.PlanRun, info: Any) -> str:
        failure = failure_of(info.context.user, root)
        return f"{failure.why} {failure.next_step}" if failure else ""

    @staticmethod
    def resolve_sha256(root: models.PlanRun, info: Any) -> str:
        return root.result_sha256
