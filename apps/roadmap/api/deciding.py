"""The meeting that decides, over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import NotFound
from apps.core.policies import visible_relation
from apps.core.rest_problems import rules_are_conflicts
from apps.roadmap.actions import meetings
from apps.roadmap.api import cycle_bodies
from apps.roadmap.api.meetings_shown import MeetingRow
from apps.roadmap.api.preparing import CycleMoves
from apps.roadmap.api.references import candidate_named, part_named
from apps.roadmap.models import Attendance, Candidate, Cycle, Meeting, Override
from apps.roadmap.queries.meetings import with_told_reasons


class Deciding(CycleMoves):
    @extend_schema(responses=MeetingRow, summary="The cycle's last meeting")
    @action(detail=True, methods=["get"])
    def meeting(self, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        return self._shown(self._meeting(self.get_object()))

    @extend_schema(request=None, responses={201: MeetingRow}, summary="Call the meeting")
    @action(detail=True, methods=["post"], url_path="call-meeting")
    def call_meeting(self, request: Request, **kwargs: Any) -> Response:
        """On the last finished plans; the one that is called already, where there is one."""
        self.parameters()
        cycle = self.get_object()
        with rules_are_conflicts():
            meeting = meetings.call_meeting(actor=request.user, cycle=cycle)
        return self._shown(meeting, status=201)

    @extend_schema(request=cycle_bodies.MeetingAttend, responses=MeetingRow, summary="Take your seat")
    @action(detail=True, methods=["post"])
    def attend(self, request: Request, **kwargs: Any) -> Response:
        """From the items in `recused_from` you keep out."""
        fields, cycle = self.body(cycle_bodies.MeetingAttend), self.get_object()
        if "recused_from" in fields:
            rows = [candidate_named(request.user, cycle, pk) for pk in fields["recused_from"]]
            fields["recused_from"] = rows
        return self._met(meetings.attend, cycle, **fields)

    @extend_schema(
        request=cycle_bodies.MeetingOverride, responses={201: MeetingRow}, summary="Take another item"
    )
    @action(detail=True, methods=["post"])
    def override(self, request: Request, **kwargs: Any) -> Response:
        fields, cycle = self.body(cycle_bodies.MeetingOverride), self.get_object()
        for name in ("takes", "displaces"):
            if fields.get(name) is not None:
                fields[name] = candidate_named(request.user, cycle, fields[name])
        return self._met(meetings.override, cycle, 201, **fields)

    @extend_schema(
        request=cycle_bodies.MeetingTakeBack, responses=MeetingRow, summary="Take an override back"
    )
    @action(detail=True, methods=["post"], url_path="take-back-override")
    def take_back_override(self, request: Request, **kwargs: Any) -> Response:
        """Before the decision, for whoever made it and for the chair. It stays on record and moves nothing."""
        fields, meeting = self.body(cycle_bodies.MeetingTakeBack), self._meeting(self.get_object())
        row = part_named(request.user, Override, fields["override"], meeting=meeting)
        with rules_are_conflicts():
            meetings.take_back_override(actor=request.user, override=row)
        return self._shown(meeting)

    @extend_schema(request=cycle_bodies.MeetingDecide, responses=MeetingRow, summary="Say what was decided")
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, **kwargs: Any) -> Response:
        """For the chair, with quorum, on the plans whose hash is sent; 409 where they are stale."""
        fields = self.body(cycle_bodies.MeetingDecide)
        return self._met(meetings.decide, self.get_object(), **fields)

    def _met(self, act: Callable[..., Any], cycle: Cycle, status: int = 200, /, **fields: Any) -> Response:
        meeting = self._meeting(cycle)
        with rules_are_conflicts():
            act(actor=self.request.user, meeting=meeting, **fields)
        return self._shown(meeting, status=status)

    def _meeting(self, cycle: Cycle) -> Meeting:
        rows = Meeting.objects.visible_to(self.request.user).filter(cycle=cycle).select_related("cycle")
        last = rows.order_by("-pk").first()
        if last is None:
            raise NotFound("No meeting has been called on this cycle yet.")
        return last

    def _shown(self, meeting: Meeting, status: int = 200) -> Response:
        user = self.request.user
        there = Attendance.objects.visible_to(user).select_related("user").order_by("pk")
        moved = with_told_reasons(user, Override.objects.visible_to(user).with_can(user, "take_back"))
        moved = moved.select_related("moved_by", "taken_back_by").order_by("pk")
        recused = visible_relation("recused_from", Candidate, user, "request")
        ends = [visible_relation(name, Candidate, user, "request") for name in ("takes", "displaces")]
        row = (
            Meeting.objects.visible_to(user)
            .select_related("run", "decided_by")
            .prefetch_related(
                Prefetch("attendances", there.prefetch_related(recused)),
                Prefetch("overrides", moved.prefetch_related(*ends)),
            )
            .get(pk=meeting.pk)
        )
        return Response(MeetingRow(row, context=self.get_serializer_context()).data, status=status)
