"""What readers get of standards, tools, grants and the frame of reviews. Foreign objects appear only where the reader
sees them; the viewsets join them so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api.representations import EntityRef
from apps.core.viewsets import Abilities, PageUrl
from apps.tooling.api.fields import DataClassName
from apps.tooling.models import Grant, ObservedUse
from apps.tooling.models.context import RINGS
from apps.tooling.models.standards import ECOSYSTEMS, SCHEMES
from apps.tooling.queries.proposals import hidden_rules, shown_rules
from apps.tooling.workflow import Level, ProposalState, Quadrant, StepRole


class CapabilityRow(serializers.Serializer):
    """Something that teams need a tool for."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    quadrant = serializers.ChoiceField(choices=Quadrant.choices)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()


class CapabilityDetail(CapabilityRow):
    abilities = Abilities()


class StandardRuleRow(serializers.Serializer):
    """A tool's ring in a context; null means every environment or data class."""

    tool = EntityRef()
    versions = serializers.CharField()
    scheme = serializers.ChoiceField(choices=SCHEMES)
    environment = serializers.CharField(source="environment.slug", allow_null=True)
    data_class = DataClassName(allow_null=True)
    ring = serializers.ChoiceField(choices=RINGS)
    note = serializers.CharField()


class StandardRow(serializers.Serializer):
    """One revision of a standard; it is never edited."""

    id = serializers.IntegerField()
    capability = serializers.CharField(source="capability.slug")
    revision = serializers.IntegerField()
    rationale = serializers.CharField()
    exit_criteria = serializers.CharField()
    summary = serializers.CharField()
    effective_from = serializers.DateTimeField()
    author = serializers.CharField(source="author.username", allow_null=True)
    at = serializers.DateTimeField()
    rules = StandardRuleRow(many=True, source="shown_rules")
    url = PageUrl()


class StandardName(serializers.Serializer):
    """A revision named in another object."""

    id = serializers.IntegerField()
    capability = serializers.CharField(source="capability.slug")
    revision = serializers.IntegerField()


class ToolProfileRow(serializers.Serializer):
    """What the radar says of a tool besides its catalog entry."""

    id = serializers.IntegerField(source="pk")
    tool = EntityRef()
    scheme = serializers.ChoiceField(choices=SCHEMES)
    supported_by = serializers.CharField(source="supported_by.slug", allow_null=True)
    support = serializers.CharField()
    version = serializers.IntegerField()


class ToolProfileDetail(ToolProfileRow):
    abilities = Abilities()


class ToolPackageRow(serializers.Serializer):
    id = serializers.IntegerField()
    ecosystem = serializers.ChoiceField(choices=ECOSYSTEMS)
    name = serializers.CharField()
    tool = EntityRef()


class ToolPackageDetail(ToolPackageRow):
    abilities = Abilities()


class EnvironmentRow(serializers.Serializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    other_names = serializers.ListField(child=serializers.CharField(), help_text="What clusters call it.")


class TierRow(serializers.Serializer):
    """How a request of this tier is decided. Days of grants are calendar days, deadlines working days."""

    id = serializers.IntegerField()
    tier = serializers.ChoiceField(choices=Level.choices, source="level")
    instant_days = serializers.IntegerField(allow_null=True)
    longest_days = serializers.IntegerField()
    total_days = serializers.IntegerField()
    working_days = serializers.IntegerField()
    steps = serializers.ListField(child=serializers.ChoiceField(choices=StepRole.choices))


class TierRuleRow(serializers.Serializer):
    """Which tier a context asks for; null and empty mean any."""

    id = serializers.IntegerField()
    tier = serializers.ChoiceField(choices=Level.choices, source="level")
    environment = serializers.CharField(source="environment.slug", allow_null=True)
    data_class = DataClassName(help_text="From this class on.")
    ring = serializers.CharField(allow_blank=True)


class ToolUseRow(serializers.Serializer):
    """That an entity uses a tool, as the nightly scan saw it."""

    id = serializers.IntegerField()
    entity = EntityRef()
    tool = EntityRef()
    environment = serializers.CharField(source="environment.slug")
    data_class = DataClassName()
    used_version = serializers.CharField(source="version", allow_blank=True)
    origin = serializers.ChoiceField(choices=ObservedUse.Origin.choices)
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()


class ToolGrantRow(serializers.Serializer):
    """What a decided request allows, in [starts, ends). `active` is judged now."""

    id = serializers.IntegerField()
    request = serializers.IntegerField(source="request_id")
    team = serializers.CharField(source="team.slug")
    tool = EntityRef(allow_null=True)
    versions = serializers.CharField()
    scheme = serializers.CharField()
    environment = serializers.CharField(source="environment.slug")
    data_class = DataClassName()
    starts = serializers.DateTimeField()
    expires = serializers.DateTimeField()
    ends = serializers.DateTimeField(help_text="The earlier of `expires` and `revoked_at`.")
    active = serializers.SerializerMethodField()
    provisional = serializers.BooleanField(help_text="Never holds in production.")
    emergency = serializers.BooleanField()
    granted_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_because = serializers.CharField(allow_blank=True)

    @extend_schema_field({"type": "boolean"})
    def get_active(self, grant: Grant) -> bool:
        at: datetime = self.context["at"]
        return bool(grant.starts <= at < grant.ends)


class ToolGrantDetail(ToolGrantRow):
    abilities = Abilities()


class ToolConditionRow(serializers.Serializer):
    """Unmet at `due` it suspends the exception; it is met once somebody of the center has confirmed the evidence."""

    id = serializers.IntegerField()
    request = serializers.IntegerField(source="request_id")
    text = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    due = serializers.DateTimeField()
    evidence = serializers.CharField(allow_blank=True)
    evidence_at = serializers.DateTimeField(allow_null=True)
    evidence_by = serializers.CharField(source="evidence_by.username", allow_null=True)
    returned = serializers.CharField(allow_blank=True, help_text="Why the last evidence was not enough.")
    met_at = serializers.DateTimeField(allow_null=True)
    met_by = serializers.CharField(source="met_by.username", allow_null=True)


class ToolConditionDetail(ToolConditionRow):
    abilities = Abilities()


class ProposalRow(serializers.Serializer):
    """A whole new revision of a standard, proposed."""

    id = serializers.IntegerField()
    capability = serializers.CharField(source="capability.slug")
    title = serializers.CharField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=ProposalState.choices)
    proposer = serializers.CharField(source="proposer.username")
    base = serializers.IntegerField(source="base.revision", allow_null=True, help_text="The revision read.")
    outcome = serializers.IntegerField(
        source="outcome.revision", allow_null=True, help_text="The revision that came of it."
    )
    effective_from = serializers.DateTimeField(allow_null=True)
    voting_since = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()


class ProposedRule(serializers.Serializer):
    tool = serializers.CharField()
    versions = serializers.CharField()
    environment = serializers.CharField(allow_null=True)
    data_class = serializers.CharField(allow_null=True)
    ring = serializers.CharField()
    note = serializers.CharField(allow_blank=True)


class ProposalVoteRow(serializers.Serializer):
    user = serializers.CharField(source="user.username")
    approves = serializers.BooleanField()
    comment = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class ToolingCommentRow(serializers.Serializer):
    id = serializers.IntegerField()
    author = serializers.CharField(source="author.username")
    text = serializers.CharField()
    at = serializers.DateTimeField()


class ProposalDetail(ProposalRow):
    rationale = serializers.CharField()
    exit_criteria = serializers.CharField()
    rules = serializers.SerializerMethodField(help_text="Those whose tools you see.")
    hidden_rules = serializers.SerializerMethodField(
        help_text="How many more it has, of tools not shown to you."
    )
    comments = ToolingCommentRow(
        many=True, source="shown_comments", help_text="The newest 200, newest first."
    )
    votes = ProposalVoteRow(many=True)
    abilities: Any = Abilities()

    @extend_schema_field(ProposedRule(many=True))
    def get_rules(self, row: Any) -> list[dict[str, Any]]:
        return shown_rules(row)

    def get_hidden_rules(self, row: Any) -> int:
        return hidden_rules(row)
