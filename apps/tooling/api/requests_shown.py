"""What readers get of exception requests: always as they are now, an expiry at its instant included."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api.representations import EntityRef
from apps.core.viewsets import Abilities, PageUrl
from apps.tooling.api.fields import DataClassName
from apps.tooling.api.representations import StandardName, ToolConditionRow, ToolGrantRow, ToolingCommentRow
from apps.tooling.models import ExceptionRequest
from apps.tooling.queries.completeness import TRADE_OFFS, missing
from apps.tooling.queries.outlook import outlook
from apps.tooling.queries.turns import who_is_next
from apps.tooling.vocabulary import Reason
from apps.tooling.workflow import Level, State, StepRole


class NextTurn(serializers.Serializer):
    """Who acts next (empty: nobody has to), doing what, and by when."""

    who = serializers.CharField(allow_blank=True)
    what = serializers.CharField()
    by = serializers.DateTimeField(allow_null=True)


class ExceptionRow(serializers.Serializer):
    """A request for another tool than the standard. `state` is what holds now; `tier` is empty for a draft."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=State.choices, source="shown_state")
    team = serializers.CharField(source="team.slug")
    requester = serializers.CharField(source="requester.username")
    tool = EntityRef(allow_null=True)
    tool_name = serializers.CharField(allow_blank=True)
    capability = serializers.CharField(source="capability.slug", allow_null=True)
    versions = serializers.CharField(allow_blank=True)
    environments = serializers.SerializerMethodField()
    data_class = DataClassName()
    tier = serializers.CharField(source="level", allow_blank=True)
    requested_until = serializers.DateField(allow_null=True)
    emergency = serializers.BooleanField()
    renews = serializers.IntegerField(source="renews_id", allow_null=True)
    tied_to = serializers.CharField(allow_blank=True)
    round = serializers.IntegerField(help_text="2 after an appeal.")
    submitted_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField()
    decided_at = serializers.DateTimeField(allow_null=True)
    ends = serializers.DateTimeField(allow_null=True, help_text="From when on nothing of its grants holds.")
    next = serializers.SerializerMethodField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_environments(self, request: ExceptionRequest) -> list[str]:
        return [row.slug for row in request.environments.all()]

    @extend_schema_field(NextTurn)
    def get_next(self, request: ExceptionRequest) -> dict[str, Any]:
        return NextTurn(who_is_next(request)).data


class AlternativeRow(serializers.Serializer):
    tool = serializers.CharField(allow_blank=True)
    standard = serializers.BooleanField()
    why_not = serializers.CharField(allow_blank=True)


class TradeOffRow(serializers.Serializer):
    score = serializers.IntegerField(allow_null=True)
    text = serializers.CharField(allow_blank=True)


class TradeOffsRow(serializers.Serializer):
    """As they are sent."""

    value = TradeOffRow(required=False)
    support = TradeOffRow(required=False)
    security = TradeOffRow(required=False)
    lock_in = TradeOffRow(required=False)
    duplication = TradeOffRow(required=False)


class ReviewVerdictRow(serializers.Serializer):
    id = serializers.IntegerField()
    user = serializers.CharField(source="user.username")
    approves = serializers.BooleanField()
    comment = serializers.CharField(allow_blank=True)
    alternative = EntityRef(allow_null=True)
    at = serializers.DateTimeField()


class ReviewStepRow(serializers.Serializer):
    """One kind of eyes in one round; `can_decide` says whether the caller may decide it now."""

    id = serializers.IntegerField()
    round = serializers.IntegerField()
    role = serializers.ChoiceField(choices=StepRole.choices)
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    approved = serializers.BooleanField(allow_null=True)
    can_decide = serializers.BooleanField()
    verdicts = ReviewVerdictRow(many=True)


class RecusalRow(serializers.Serializer):
    user = serializers.CharField(source="user.username")
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class OutlookDecision(serializers.Serializer):
    """What the standards say of it in one environment today."""

    environment = serializers.CharField()
    allowed = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=[each.value for each in Reason])


class OutlookRow(serializers.Serializer):
    """What would come of a draft if it were sent now; `missing` names what it still lacks, by field."""

    tier = serializers.ChoiceField(choices=Level.choices)
    due = serializers.DateTimeField()
    latest = serializers.DateTimeField(help_text="The last end that its tier allows.")
    instant = serializers.BooleanField(help_text="Granted at once.")
    needless = serializers.BooleanField(help_text="The standard allows it already.")
    steps = serializers.ListField(child=serializers.ChoiceField(choices=StepRole.choices))
    decisions = OutlookDecision(many=True)
    missing = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class ExceptionDetail(ExceptionRow):
    """A request with its review, what came of it, and what the caller may do. `outlook` is null once it is sent."""

    ecosystem = serializers.CharField(allow_blank=True)
    objective = serializers.CharField(allow_blank=True)
    kpi = serializers.CharField(allow_blank=True)
    alternatives = AlternativeRow(many=True)
    trade_offs = serializers.SerializerMethodField()
    cost_of_refusal = serializers.CharField(allow_blank=True)
    support_owner = serializers.CharField(source="support_owner.slug", allow_null=True)
    exit_plan = serializers.CharField(allow_blank=True)
    controls = serializers.CharField(allow_blank=True)
    standard = StandardName(allow_null=True, help_text="The revision in force when it was sent.")
    triager = serializers.CharField(source="triager.username", allow_null=True)
    question = serializers.CharField(allow_blank=True, help_text="What the center asked.")
    paused_at = serializers.DateTimeField(allow_null=True)
    escalated_at = serializers.DateTimeField(allow_null=True)
    decision = serializers.CharField(allow_blank=True)
    alternative = EntityRef(allow_null=True, help_text="What a rejection names.")
    appeal = serializers.CharField(allow_blank=True)
    record_url = serializers.CharField(allow_blank=True)
    steps = ReviewStepRow(many=True, source="shown_steps")
    recusals = RecusalRow(many=True)
    grants = ToolGrantRow(many=True)
    conditions = ToolConditionRow(many=True)
    comments = ToolingCommentRow(
        many=True, source="shown_comments", help_text="The newest 200, newest first."
    )
    outlook = serializers.SerializerMethodField()
    abilities = Abilities()

    @extend_schema_field(TradeOffsRow)
    def get_trade_offs(self, request: ExceptionRequest) -> dict[str, Any]:
        rows = {name: request.trade_offs[name] for name in TRADE_OFFS if request.trade_offs.get(name)}
        return {name: {"score": row[0], "text": row[1] if len(row) > 1 else ""} for name, row in rows.items()}

    @extend_schema_field(OutlookRow(allow_null=True))
    def get_outlook(self, request: ExceptionRequest) -> dict[str, Any] | None:
        if request.state != State.DRAFT:
            return None
        seen = outlook(request, self.context["at"])
        decisions = [
            {"environment": slug, "allowed": each.allowed, "reason": each.reason.value}
            for slug, each in seen.decisions.items()
        ]
        found = {name: getattr(seen, name) for name in ("due", "latest", "instant", "steps")}
        found |= {"tier": seen.level, "needless": seen.allowed_everywhere, "decisions": decisions}
        return OutlookRow(found | {"missing": missing(request)}).data
