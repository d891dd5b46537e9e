"""What readers get of roadmap requests: in lists who acts next, alone the whole of it with what its value is made of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api.representations import EntityRef
from apps.catalog.models import Entity
from apps.core.policies import visible_relation
from apps.core.viewsets import Abilities, PageUrl
from apps.people.models import Visibility
from apps.roadmap import models
from apps.roadmap.api import parts_shown as parts
from apps.roadmap.queries.completeness import missing, unready
from apps.roadmap.queries.scores import current_policy, is_stale, valuation
from apps.roadmap.queries.turns import who_is_next
from apps.roadmap.queries.values_told import told
from apps.roadmap.workflow import Approach, RequestType, State

MOST_COMMENTS = 200


class RoadmapTurn(serializers.Serializer):
    """Who acts next (empty: nobody has to), doing what, and what happens then. `by` is a day or an instant."""

    who = serializers.CharField(allow_blank=True)
    what = serializers.CharField()
    then = serializers.CharField(allow_blank=True)
    by = serializers.SerializerMethodField()
    likely = serializers.BooleanField(help_text="`by` is likely, not due.")

    @extend_schema_field({"type": ["string", "null"]})
    def get_by(self, turn: Any) -> str | None:
        by: datetime | date | None = turn.by
        return by.isoformat() if by else None


class RoadmapRequestRow(serializers.Serializer):
    """What somebody wants from the center."""

    id = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    type = serializers.ChoiceField(choices=RequestType.choices)
    state = serializers.ChoiceField(choices=State.choices)
    state_since = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True, help_text="Why it stands where it stands.")
    unit = serializers.CharField(source="unit.slug")
    team = serializers.CharField(source="owner.slug")
    requester = serializers.CharField(source="requester.username")
    sponsor = serializers.CharField(source="sponsor.username", allow_null=True)
    triager = serializers.CharField(source="triager.username", allow_null=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    strategic = serializers.BooleanField()
    merged_into = parts.RoadmapRequestName(allow_null=True)
    submitted_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(
        allow_null=True,
        help_text="The last decision on it: the committee planned it or not, or it was declined, merged or cancelled.",
    )
    next = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()

    @extend_schema_field(RoadmapTurn)
    def get_next(self, request: models.Request) -> dict[str, Any]:
        return RoadmapTurn(who_is_next(request)).data


class RoadmapRequestDetail(RoadmapRequestRow):
    """A request with all that hangs on it. `missing` is what a draft lacks by field, `obstacles` what keeps a scored
    request from being ready; each is null in other states, and `valuation` where no score is revealed."""

    problem = serializers.CharField(allow_blank=True)
    decision_changed = serializers.CharField(allow_blank=True)
    if_nothing = serializers.CharField(allow_blank=True)
    why_now = serializers.CharField(allow_blank=True)
    approach = serializers.ChoiceField(choices=[("", "Open"), *Approach.choices], allow_blank=True)
    approach_reason = serializers.CharField(allow_blank=True)
    reach = serializers.IntegerField(allow_null=True)
    signal = serializers.CharField(allow_blank=True)
    sponsored_at = serializers.DateTimeField(allow_null=True)
    kpis = parts.RequestKpiRow(many=True)
    supports = parts.SupportRow(many=True)
    links = serializers.SerializerMethodField(help_text="Entities that it is about, as far as you see them.")
    estimates = parts.EstimateRow(many=True)
    dependencies = parts.DependencyRow(many=True)
    scores = parts.ScoreRow(many=True)
    valuation = serializers.SerializerMethodField()
    candidacies = parts.CandidacyRow(many=True)
    milestones = parts.MilestoneRow(many=True)
    blocks = parts.BlockRow(many=True)
    actuals = parts.ActualRow(many=True)
    handovers = parts.HandoverRow(many=True)
    outcomes = parts.OutcomeRow(many=True)
    reviews = parts.OutcomeReviewRow(many=True, source="outcome_reviews")
    comments = parts.RoadmapCommentRow(
        many=True, source="shown_comments", help_text="The newest 200, newest first."
    )
    missing = serializers.SerializerMethodField()
    obstacles = serializers.SerializerMethodField()
    abilities = Abilities()

    @extend_schema_field(EntityRef(many=True))
    def get_links(self, request: models.Request) -> Any:
        return EntityRef(
            [row.entity for row in request.links.all() if row.entity is not None], many=True
        ).data

    @extend_schema_field(parts.ValuationRow(allow_null=True))
    def get_valuation(self, request: models.Request) -> Any:
        policy = current_policy()
        found = valuation(request, policy)
        if found is None:
            return None
        shown = told(found, policy, stale=is_stale(request, timezone.now(), policy))
        return parts.ValuationRow(shown).data

    @extend_schema_field(
        {"type": ["object", "null"], "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    )
    def get_missing(self, request: models.Request) -> dict[str, list[str]] | None:
        return missing(request) if request.state == State.DRAFT else None

    @extend_schema_field({"type": ["array", "null"], "items": {"type": "string"}})
    def get_obstacles(self, request: models.Request) -> list[str] | None:
        return unready(request) if request.state == State.SCORING else None


def whole(user: Any) -> list[Any]:
    """What a whole request shows, each part through its own policy."""
    said = models.RequestComment.objects.visible_to(user).select_related("author").order_by("-at", "-id")
    entity = visible_relation("entity", Entity, user)
    lines = visible_relation("lines", models.ScoreLine, user)
    return [
        visible_relation("kpis", models.RequestKpi, user, "owner"),
        visible_relation("supports", models.Support, user, "unit", "user"),
        visible_relation("links", models.RequestLink, user, within=[entity]),
        visible_relation("estimates", models.Estimate, user, "author"),
        visible_relation("dependencies", models.Dependency, user, "other"),
        visible_relation("scores", models.Score, user, "scorer", within=[lines]),
        visible_relation("candidacies", models.Candidate, user, "cycle"),
        visible_relation("milestones", models.Milestone, user),
        visible_relation("blocks", models.Block, user, "owner"),
        visible_relation("actuals", models.Actual, user),
        visible_relation("handovers", models.Handover, user, "team", "accepted_by", within=[entity]),
        visible_relation("outcomes", models.Outcome, user, "recorded_by", "confirmed_by"),
        visible_relation("outcome_reviews", models.OutcomeReview, user),
        Prefetch("comments", said[:MOST_COMMENTS], to_attr="shown_comments"),
    ]
