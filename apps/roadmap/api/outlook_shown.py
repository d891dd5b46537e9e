"""What readers get of the whole backlog: its ranking, its horizon, the map of opportunities and the lessons."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api.representations import EntityRef
from apps.core.viewsets import PageUrl
from apps.roadmap.api.fields import ExactNumber
from apps.roadmap.api.parts_shown import RoadmapRequestName
from apps.roadmap.api.requests_shown import RoadmapTurn
from apps.roadmap.queries.lessons import KINDS
from apps.roadmap.queries.turns import Turn
from apps.roadmap.workflow import RequestType


class RankedRow(serializers.Serializer):
    """A scored request with its figures under the policy; `rice` and `wsjf` are null without an estimate."""

    place = serializers.IntegerField(help_text="In the order that was asked for, from 1.")
    request = RoadmapRequestName()
    unit = serializers.CharField(source="request.unit.slug")
    team = serializers.CharField(source="request.owner.slug")
    value = ExactNumber(source="valuation.value", help_text="Median over the scorers, in points a year.")
    low = ExactNumber(source="valuation.low")
    high = ExactNumber(source="valuation.high")
    wide = serializers.BooleanField(
        source="valuation.is_wide", help_text="The highest is at least twice the lowest."
    )
    delay = ExactNumber(source="valuation.delay", help_text="What a quarter's wait costs.")
    confidence = ExactNumber(source="valuation.confidence")
    rice = ExactNumber(source="valuation.rice", allow_null=True)
    wsjf = ExactNumber(source="valuation.wsjf", allow_null=True)
    effort = ExactNumber(allow_null=True, help_text="P50 person-weeks over all roles.")
    unrated = serializers.ListField(
        source="valuation.unrated", child=serializers.CharField(), help_text="Figures without a rate."
    )
    scored_at = serializers.DateTimeField()
    stale = serializers.BooleanField()
    url = PageUrl(source="request")


class RankingRow(serializers.Serializer):
    """`policy` is the revision that the figures follow; `cut` says that there are more than are shown."""

    policy = serializers.IntegerField(allow_null=True)
    cut = serializers.BooleanField()
    results = RankedRow(many=True)


class WindowRow(serializers.Serializer):
    """As likely before as after `p50`, nearly surely by `p90`; made from its milestones or from its estimate."""

    p50 = serializers.DateField()
    p90 = serializers.DateField()
    source = serializers.ChoiceField(choices=["milestones", "estimate"])  # type: ignore[assignment]


class OpenBlockRow(serializers.Serializer):
    waits_for = serializers.CharField()
    owner = serializers.CharField()
    since = serializers.DateTimeField()
    days = serializers.IntegerField()


class HorizonItem(serializers.Serializer):
    """`window` is null where nobody knows; `late` where even its later end has passed."""

    request = RoadmapRequestName()
    type = serializers.ChoiceField(source="request.type", choices=RequestType.choices)
    unit = serializers.CharField(source="request.unit.slug")
    team = serializers.CharField(source="request.owner.slug")
    window = WindowRow(allow_null=True)
    late = serializers.BooleanField()
    blocks = serializers.SerializerMethodField(help_text="Open ones, the longest first.")
    next = serializers.SerializerMethodField()
    url = PageUrl(source="request")

    @extend_schema_field(OpenBlockRow(many=True))
    def get_blocks(self, item: Any) -> Any:
        rows = [
            {"waits_for": row.waits_for, "owner": row.owner.username, "since": row.since, "days": days}
            for row, days in item.blocks
        ]
        return OpenBlockRow(rows, many=True).data

    @extend_schema_field(RoadmapTurn)
    def get_next(self, item: Any) -> dict[str, Any]:
        turn: Turn = item.turn
        return RoadmapTurn(turn).data


class HorizonColumn(serializers.Serializer):
    """What is blocked first, then what may be there first; `more` says that there are more than are shown."""

    items = HorizonItem(many=True)
    more = serializers.BooleanField()


class HorizonRow(serializers.Serializer):
    """Windows, never promised dates."""

    now = HorizonColumn(help_text="The center works on it.")
    next = HorizonColumn(help_text="Planned, or in a cycle: voted on there, or off the top.")
    later = HorizonColumn(help_text="Ready for a cycle, or being scored.")


class FunctionRow(serializers.Serializer):
    function = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class AskedRow(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()


class OpportunityCell(serializers.Serializer):
    """How much there is of one function, with the first five of each."""

    function = serializers.CharField()
    state = serializers.ChoiceField(choices=["running", "asked", "nothing"])
    running = serializers.IntegerField()
    asked = serializers.IntegerField()
    entities = EntityRef(many=True)
    requests = AskedRow(many=True)


class OpportunityLine(serializers.Serializer):
    """One unit; `unit` is null for what central teams own."""

    unit = serializers.CharField(source="unit.slug", allow_null=True, default=None)
    cells = OpportunityCell(many=True)


class OpportunitiesRow(serializers.Serializer):
    """Units against business functions, of what you see."""

    functions = FunctionRow(many=True)
    units = OpportunityLine(many=True)


class LessonRow(serializers.Serializer):
    """`days` after delivery is null for what was stopped before a look back, `target_adoption` and `adoption` where
    nobody gave them."""

    kind = serializers.ChoiceField(choices=KINDS)
    request = RoadmapRequestName()
    unit = serializers.CharField(source="request.unit.slug")
    text = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    days = serializers.IntegerField(allow_null=True)
    target_adoption = serializers.IntegerField(source="review.target_adoption", allow_null=True, default=None)
    adoption = serializers.IntegerField(source="review.adoption", allow_null=True, default=None)
    url = PageUrl(source="request")


class LessonList(serializers.Serializer):
    results = LessonRow(many=True)
    more = serializers.BooleanField(help_text="Whether there is a next page.")
