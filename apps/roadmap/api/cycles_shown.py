"""What readers get of planning cycles. Ballots stand here only as far as their policy opens them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.viewsets import Abilities, PageUrl
from apps.roadmap.api.fields import ExactNumber
from apps.roadmap.api.parts_shown import RoadmapRequestName
from apps.roadmap.models import Ballot, Cycle, PlanRun, Share
from apps.roadmap.workflow import CycleState, Entry, Role


class CycleRow(serializers.Serializer):
    """A planning cycle."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    starts = serializers.DateField()
    ends = serializers.DateField()
    state = serializers.ChoiceField(choices=CycleState.choices)
    ballots_until = serializers.DateTimeField(allow_null=True)
    mandatory_cap = serializers.IntegerField(help_text="Basis points of the capacity.")
    scoring_policy = serializers.IntegerField(source="scoring_policy.number", allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()


class CapacityRow(serializers.Serializer):
    role = serializers.ChoiceField(choices=Role.choices)
    weeks = ExactNumber()
    reserve = ExactNumber()


class ShareRow(serializers.Serializer):
    """A voter's part of the capacity; `mine` says whether you cast its ballot."""

    voter = serializers.CharField(source="key")
    unit = serializers.CharField(source="unit.slug", allow_null=True)
    basis_points = serializers.IntegerField()
    delegates = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_delegates(self, share: Share) -> list[str]:
        return [row.user.username for row in share.delegates.all()]

    @extend_schema_field({"type": "boolean"})
    def get_mine(self, share: Share) -> bool:
        return share.pk in self.context["own_shares"]


class CandidateRow(serializers.Serializer):
    """A request of the cycle that you see; `planned` is null until the committee has decided."""

    id = serializers.IntegerField()
    request = RoadmapRequestName()
    entry = serializers.ChoiceField(choices=Entry.choices)
    obligation = serializers.CharField(allow_blank=True)
    proposed_by = serializers.CharField(source="proposed_by.username")
    approved_by = serializers.CharField(source="approved_by.username", allow_null=True)
    planned = serializers.BooleanField(allow_null=True)


class RunRow(serializers.Serializer):
    """One computation of the plans; `sandbox` is empty for the real one."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=PlanRun.State.choices)
    stage = serializers.CharField(allow_blank=True)
    done = serializers.IntegerField()
    of = serializers.IntegerField()
    sandbox = serializers.DictField()
    inputs_sha256 = serializers.CharField(source="snapshot.sha256")
    sha256 = serializers.CharField(source="result_sha256", allow_blank=True)
    reproducible = serializers.BooleanField()
    solver = serializers.CharField(allow_blank=True)
    queued_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class CycleDetail(CycleRow):
    """A cycle with what is shared out, among whom, and what for."""

    capacities = CapacityRow(many=True)
    shares = ShareRow(many=True)
    candidates = CandidateRow(many=True)
    run = serializers.SerializerMethodField(help_text="The last real computation.")
    abilities = Abilities()

    @extend_schema_field(RunRow(allow_null=True))
    def get_run(self, cycle: Cycle) -> Any:
        run = next(iter(cycle.real_runs), None)  # type: ignore[attr-defined]
        return RunRow(run).data if run else None


class BallotLineRow(serializers.Serializer):
    request = RoadmapRequestName(source="candidate.request")
    points = serializers.IntegerField()


class BallotRow(serializers.Serializer):
    """A voter's ballot: before the freeze the voter's own only."""

    voter = serializers.CharField(source="share.key")
    cast_by = serializers.CharField(source="cast_by.username")
    cast_at = serializers.DateTimeField()
    lines = serializers.SerializerMethodField(help_text="Of the requests that you see.")
    version = serializers.IntegerField()

    @extend_schema_field(BallotLineRow(many=True))
    def get_lines(self, ballot: Ballot) -> Any:
        return BallotLineRow(ballot.lines.all(), many=True).data


class BallotList(serializers.Serializer):
    results = BallotRow(many=True)


class AdviceRow(serializers.Serializer):
    """One's own, and that of the unit whose ballot one casts."""

    voter = serializers.CharField(source="share.key")
    request = RoadmapRequestName(source="candidate.request")
    user = serializers.CharField(source="user.username")
    points = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class AdviceList(serializers.Serializer):
    results = AdviceRow(many=True)
