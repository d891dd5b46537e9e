"""Standards, what teams propose and use, and what they hold, as GraphQL answers with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import graphene
from django.conf import settings

from apps.core.graphql import JSON, Abilities, MultiField, Node, Page, strings
from apps.tooling import models
from apps.tooling.graphql.enums import (
    StandardProposalState,
    ToolDataClass,
    ToolQuadrant,
    ToolRing,
    ToolUseOrigin,
)
from apps.tooling.queries.proposals import hidden_rules, shown_rules, with_seen_tools


class EnvironmentNode(Node):
    """Where tools run."""

    class Meta:
        model = models.Environment
        name = "ToolEnvironment"
        fields = ("slug", "name", "position", "other_names")

    other_names = strings(description="What clusters call it.")


class CapabilityNode(Node):
    """Something that teams need a tool for."""

    class Meta:
        model = models.Capability
        name = "ToolCapability"
        fields = ("slug", "name", "description", "quadrant", "version", "created_at", "updated_at")

    quadrant = graphene.Field(ToolQuadrant, required=True)
    standards = Page(lambda: StandardNode, sort=["-revision"], description="Its revisions, newest first.")
    proposals = Page(lambda: ProposalNode, sort=["-id"])
    url = MultiField(graphene.String, fields=["slug"], required=True, description="Its page in the portal.")
    abilities = Abilities(models.Capability, "change", "propose")

    @staticmethod
    def resolve_url(root: models.Capability, info: Any) -> str:
        return urljoin(settings.BASE_URL, root.get_absolute_url())


class StandardNode(Node):
    """One revision of a standard; it is never edited."""

    class Meta:
        model = models.Standard
        name = "ToolStandard"
        fields = (
            "capability", "revision", "rationale", "exit_criteria", "summary", "effective_from", "author", "at",
        )  # fmt: skip

    rules = Page(lambda: StandardRuleNode)


class StandardRuleNode(Node):
    """A tool's ring in a context; null means every environment or data class."""

    class Meta:
        model = models.StandardRule
        name = "ToolStandardRule"
        fields = ("standard", "tool", "versions", "scheme", "environment", "data_class", "ring", "note")

    data_class = graphene.Field(ToolDataClass)
    ring = graphene.Field(ToolRing, required=True)


class OfRules(graphene.Field):
    """What the reader may know of the proposed rules, read in the statement that reads the proposals."""

    def __init__(self, kind: Any, read: Callable[[Any], Any], description: str) -> None:
        self.read = read
        super().__init__(kind, required=True, description=description)

    def optimizer_hook(self, compiler: Any) -> None:
        def annotated(rows: Any, optimizer: Any, **filters: Any) -> Any:
            return with_seen_tools(optimizer.info.context.user, rows)

        compiler.optimizer.manual_optimizers["proposed_rules"] = annotated

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: self.read(root)


class ProposalNode(Node):
    """A whole new revision of a standard, proposed; what people say about it and their votes stand in the portal."""

    class Meta:
        model = models.Proposal
        name = "StandardProposal"
        fields = (
            "capability", "title", "reason", "rationale", "exit_criteria", "base", "effective_from", "proposer",
            "state", "voting_since", "decided_at", "outcome", "version", "created_at", "updated_at",
        )  # fmt: skip

    rules = OfRules(
        JSON,
        shown_rules,
        "As a revision's: tool, versions, environment, data_class, ring, note; those whose tools you see.",
    )
    hidden_rules = OfRules(
        graphene.Int, hidden_rules, "How many more rules it has, of tools that are not shown to you."
    )
    state = graphene.Field(StandardProposalState, required=True)
    abilities = Abilities(models.Proposal, "change", "comment", "open_vote", "vote", "withdraw")


class GrantNode(Node):
    """What a decided request allows a team, in [starts, ends)."""

    class Meta:
        model = models.Grant
        name = "ExceptionGrant"
        fields = (
            "request", "team", "tool", "versions", "scheme", "environment", "data_class", "starts", "expires",
            "provisional", "emergency", "granted_at", "revoked_at", "revoked_because",
        )  # fmt: skip

    data_class = graphene.Field(ToolDataClass, required=True)
    ends = MultiField(
        graphene.DateTime,
        fields=["expires", "revoked_at"],
        required=True,
        description="The earlier of `expires` and `revokedAt`.",
    )
    abilities = Abilities(models.Grant, "revoke", "close")

    @staticmethod
    def resolve_ends(root: models.Grant, info: Any) -> datetime:
        ends: datetime = root.ends
        return ends


class ConditionNode(Node):
    """To be met before `due`, else the exception is suspended; met once somebody of the center has confirmed it."""

    class Meta:
        model = models.Condition
        name = "ExceptionCondition"
        fields = (
            "request", "text", "owner", "due", "evidence", "evidence_at", "evidence_by", "returned", "met_at", "met_by",
        )  # fmt: skip

    abilities = Abilities(models.Condition, "prove", "confirm")


class UseNode(Node):
    """That an entity uses a tool, as the nightly scan saw it."""

    class Meta:
        model = models.ObservedUse
        name = "ToolUse"
        fields = (
            "entity", "tool", "environment", "data_class", "version", "origin", "first_seen", "last_seen",
        )  # fmt: skip

    data_class = graphene.Field(ToolDataClass, required=True)
    origin = graphene.Field(ToolUseOrigin, required=True)
