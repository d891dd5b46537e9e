"""What readers get of the meeting that decides. What it says of requests that they do not see is left out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.viewsets import Abilities
from apps.roadmap.api.parts_shown import RoadmapRequestName
from apps.roadmap.models import Attendance
from apps.roadmap.workflow import PlanKind


class AttendanceRow(serializers.Serializer):
    """Who is there, and from which items, of those that you see, they keep out."""

    user = serializers.CharField(source="user.username")
    recused_from = serializers.SerializerMethodField()

    @extend_schema_field(RoadmapRequestName(many=True))
    def get_recused_from(self, attendance: Attendance) -> Any:
        rows = [each.request for each in attendance.recused_from.all()]
        return RoadmapRequestName(rows, many=True).data


class OverrideRow(serializers.Serializer):
    """Another item than the plan's. The reason is empty where it speaks of a request that is not shown to you. One that
    was taken back moves nothing."""

    id = serializers.IntegerField()
    takes = RoadmapRequestName(source="takes.request", allow_null=True)
    displaces = RoadmapRequestName(source="displaces.request", allow_null=True)
    reason = serializers.CharField(source="told_reason", allow_blank=True)
    moved_by = serializers.CharField(source="moved_by.username")
    at = serializers.DateTimeField()
    taken_back_at = serializers.DateTimeField(allow_null=True)
    taken_back_by = serializers.CharField(source="taken_back_by.username", allow_null=True)
    can_take_back = serializers.BooleanField()


class MeetingRow(serializers.Serializer):
    """The meeting on a run's plans; `sha256` is what a decision must name."""

    id = serializers.IntegerField()
    run = serializers.IntegerField(source="run_id")
    sha256 = serializers.CharField(source="run.result_sha256")
    chosen = serializers.ChoiceField(choices=[("", "Open"), *PlanKind.choices], allow_blank=True)
    held_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True)
    notes = serializers.CharField(allow_blank=True)
    minutes_url = serializers.CharField(allow_blank=True)
    attendances = AttendanceRow(many=True)
    overrides = OverrideRow(many=True)
    version = serializers.IntegerField()
    abilities = Abilities()
