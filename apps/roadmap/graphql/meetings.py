"""The meeting that decides, as GraphQL answers with it. What it says of requests that one does not see is left out."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import Prefetch
from graphql_relay import to_global_id

from apps.core.graphql import Abilities, Node, Page
from apps.roadmap import models
from apps.roadmap.graphql.enums import PlanKindEnum
from apps.roadmap.graphql.fields import word
from apps.roadmap.queries.meetings import with_told_reasons

KEPT_OUT_OF = "_kept_out_of"


class ToldReason(graphene.Field):
    """As the query tells it to the caller, in the statement that reads the rows."""

    def __init__(self) -> None:
        says = "The reason; empty where it speaks of a request that is not shown to you."
        super().__init__(graphene.String, required=True, description=says)

    def optimizer_hook(self, compiler: Any) -> None:
        def told(rows: Any, optimizer: Any, **filters: Any) -> Any:
            return with_told_reasons(optimizer.info.context.user, rows)

        compiler.optimizer.manual_optimizers["why"] = told

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: root.told_reason


class KeptOutOf(graphene.Field):
    """Ids of requests, narrowed like every candidate; one statement for all rows."""

    def __init__(self) -> None:
        ids = graphene.List(graphene.NonNull(graphene.ID))
        super().__init__(
            ids,
            required=True,
            description="Ids of the requests, of those that you see, that they kept out of.",
        )

    def optimizer_hook(self, compiler: Any) -> None:
        def joined(rows: Any, optimizer: Any, **filters: Any) -> Any:
            seen = models.Candidate.objects.visible_to(optimizer.info.context.user).order_by("pk")
            return rows.prefetch_related(Prefetch("recused_from", seen, to_attr=KEPT_OUT_OF))

        compiler.optimizer.manual_optimizers["kept_out_of"] = joined

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        def resolve(root: Any, info: Any) -> list[str]:
            return [to_global_id("RoadmapRequest", row.request_id) for row in getattr(root, KEPT_OUT_OF)]

        return resolve


class MeetingNode(Node):
    """The committee's meeting on a run's plans; `run` is null while the vote is open again."""

    class Meta:
        model = models.Meeting
        name = "PlanningMeeting"
        fields = ("cycle", "run", "held_at", "decided_at", "decided_by", "notes", "minutes_url", "version")

    chosen = word(PlanKindEnum, "chosen")
    attendances = Page(lambda: AttendanceNode)
    overrides = Page(lambda: OverrideNode, description="In the order in which they were moved.")
    abilities = Abilities(models.Meeting, "change", "decide")


class AttendanceNode(Node):
    """Who was there."""

    class Meta:
        model = models.Attendance
        name = "PlanningAttendance"
        fields = ("meeting", "user", "at")

    kept_out_of = KeptOutOf()


class OverrideNode(Node):
    """The committee takes another item than the plan, or leaves one out. One that was taken back moves nothing."""

    class Meta:
        model = models.Override
        name = "PlanningOverride"
        fields = ("meeting", "takes", "displaces", "moved_by", "at", "taken_back_by", "taken_back_at")

    why = ToldReason()
    abilities = Abilities(models.Override, "take_back")
