"""What readers get of all that hangs on a request. Foreign objects appear only where the reader sees them."""

from __future__ import annotations

from rest_framework import serializers

from apps.catalog.api.representations import EntityRef
from apps.roadmap.api.fields import ExactNumber
from apps.roadmap.models import OutcomeReview
from apps.roadmap.workflow import Category, CycleState, Direction, Entry, Evidence, Link, Role, State, Urgency


class RoadmapRequestName(serializers.Serializer):
    """A request named in another object."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)


class RequestKpiRow(serializers.Serializer):
    """P10, P50 and P90 are the expected change in the figure's own unit, positive in its direction."""

    id = serializers.IntegerField()
    category = serializers.ChoiceField(choices=Category.choices)
    name = serializers.CharField()
    measure = serializers.CharField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    baseline = ExactNumber(allow_null=True)
    p10 = ExactNumber()
    p50 = ExactNumber()
    p90 = ExactNumber()
    measured_how = serializers.CharField(allow_blank=True)
    review_at = serializers.DateField(allow_null=True)
    owner = serializers.CharField(source="owner.username", allow_null=True)


class SupportRow(serializers.Serializer):
    """A unit needs it too."""

    unit = serializers.CharField(source="unit.slug")
    user = serializers.CharField(source="user.username")
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class EstimateRow(serializers.Serializer):
    """Person-weeks of a role; of several of one role the newest counts."""

    id = serializers.IntegerField()
    role = serializers.ChoiceField(choices=Role.choices)
    p10 = ExactNumber()
    p50 = ExactNumber()
    p90 = ExactNumber()
    author = serializers.CharField(source="author.username")
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class DependencyRow(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Link.choices)
    other = RoadmapRequestName(allow_null=True)


class ScoreLineRow(serializers.Serializer):
    kpi = serializers.IntegerField(source="kpi_id")
    expected = ExactNumber()
    evidence = serializers.ChoiceField(choices=Evidence.choices)


class ScoreRow(serializers.Serializer):
    """Revealed scores, and one's own sealed one (`revealed_at` is null)."""

    id = serializers.IntegerField()
    round = serializers.IntegerField()
    scorer = serializers.CharField(source="scorer.username")
    impact = ExactNumber()
    urgency = serializers.ChoiceField(choices=Urgency.choices)
    comment = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    revealed_at = serializers.DateTimeField(allow_null=True)
    lines = ScoreLineRow(many=True)


class ValuePart(serializers.Serializer):
    """One figure's share of one scorer's value: expected x rate x probability. `rate` is null where none is agreed."""

    scorer = serializers.CharField()
    kpi = serializers.CharField()
    expected = ExactNumber()
    measure = serializers.CharField()
    rate = ExactNumber(allow_null=True)
    probability = ExactNumber()
    evidence = serializers.ChoiceField(choices=Evidence.choices)
    value = ExactNumber()


class ValuationRow(serializers.Serializer):
    """What the last revealed round comes to under the present policy, with all that it was computed from."""

    policy = serializers.IntegerField(allow_null=True)
    value = ExactNumber(help_text="Median over the scorers, in points a year.")
    low = ExactNumber()
    high = ExactNumber()
    wide = serializers.BooleanField(help_text="The highest is at least twice the lowest.")
    stale = serializers.BooleanField()
    delay = ExactNumber(help_text="What a quarter's wait costs.")
    confidence = ExactNumber()
    rice = ExactNumber(allow_null=True)
    wsjf = ExactNumber(allow_null=True)
    unrated = serializers.ListField(child=serializers.CharField())
    parts = ValuePart(many=True)


class CandidacyRow(serializers.Serializer):
    """Its place in a cycle; `planned` is null until the committee has decided."""

    cycle = serializers.CharField(source="cycle.slug")
    state = serializers.ChoiceField(choices=CycleState.choices, source="cycle.state")
    entry = serializers.ChoiceField(choices=Entry.choices)
    obligation = serializers.CharField(allow_blank=True)
    planned = serializers.BooleanField(allow_null=True)


class MilestoneRow(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    p50 = serializers.DateField()
    p90 = serializers.DateField()
    done_at = serializers.DateTimeField(allow_null=True)


class BlockRow(serializers.Serializer):
    id = serializers.IntegerField()
    waits_for = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    since = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)


class ActualRow(serializers.Serializer):
    role = serializers.ChoiceField(choices=Role.choices)
    month = serializers.DateField()
    weeks = ExactNumber()


class HandoverRow(serializers.Serializer):
    id = serializers.IntegerField()
    entity = EntityRef(allow_null=True)
    team = serializers.CharField(source="team.slug")
    note = serializers.CharField(allow_blank=True)
    accepted_by = serializers.CharField(source="accepted_by.username", allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)


class OutcomeRow(serializers.Serializer):
    """A measured change; it counts once somebody else of business or finance has confirmed it."""

    id = serializers.IntegerField()
    kpi = serializers.IntegerField(source="kpi_id")
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    value = ExactNumber()
    attribution = ExactNumber()
    source = serializers.CharField()  # type: ignore[assignment]
    recorded_by = serializers.CharField(source="recorded_by.username")
    confirmed_by = serializers.CharField(source="confirmed_by.username", allow_null=True)
    confirmed_at = serializers.DateTimeField(allow_null=True)


class OutcomeReviewRow(serializers.Serializer):
    id = serializers.IntegerField()
    days = serializers.IntegerField()
    due = serializers.DateField()
    target_adoption = serializers.IntegerField(allow_null=True)
    adoption = serializers.IntegerField(allow_null=True)
    verdict = serializers.ChoiceField(
        choices=[("", "Open"), *OutcomeReview.Verdict.choices], allow_blank=True
    )
    lesson = serializers.CharField(allow_blank=True)
    done_at = serializers.DateTimeField(allow_null=True)


class RoadmapCommentRow(serializers.Serializer):
    id = serializers.IntegerField()
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    at = serializers.DateTimeField()
