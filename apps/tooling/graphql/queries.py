"""What can be asked of standards, exceptions and use."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import Q
from django.db.models.functions import Collate, Lower

from apps.catalog.models import Entity
from apps.catalog.queries import entity_by_ref
from apps.catalog.vocabulary import Kind
from apps.core.graphql import Page, by_id, plain
from apps.tooling import models
from apps.tooling.graphql.enums import ExceptionState, ExceptionTier, StandardProposalState, ToolQuadrant
from apps.tooling.graphql.nodes import (
    CapabilityNode,
    EnvironmentNode,
    GrantNode,
    ProposalNode,
    StandardNode,
    UseNode,
)
from apps.tooling.graphql.requests import ExceptionRequestNode
from apps.tooling.queries import clock
from apps.tooling.queries.in_force import in_force
from apps.tooling.queries.requests import with_now

REF = "kind:namespace/name"
COLUMNS = {
    "state": "shown_state__in",
    "team": "team__slug",
    "tier": "level__in",
    "capability": "capability__slug",
    "environment": "environments__slug",
}


class ExceptionRequestFilterInput(graphene.InputObjectType):
    """Fields join with "and"; several values of one field mean any of them."""

    class Meta:
        name = "ExceptionRequestFilter"

    state = graphene.List(graphene.NonNull(ExceptionState), description="As it is now.")
    team = graphene.String(description="A team's slug.")
    tool = graphene.String(description=REF)
    tier = graphene.List(graphene.NonNull(ExceptionTier))
    capability = graphene.String()
    environment = graphene.String()
    overdue = graphene.Boolean(description="Whose decision is due and not given.")
    decidable = graphene.Boolean(description="That you may decide now.")


class ResourceQuery(graphene.ObjectType):
    """Standards, who asks for something else, what came of it, and what is used."""

    tool_capabilities = Page(CapabilityNode, quadrant=ToolQuadrant())
    tool_capability = graphene.Field(CapabilityNode, slug=graphene.String(required=True))
    tool_standards = Page(
        StandardNode,
        capability=graphene.String(description="A capability's slug."),
        in_force=graphene.Boolean(description="Only the revision of each capability that holds now."),
        description="Revisions, newest first.",
    )
    tool_environments = Page(EnvironmentNode)
    standard_proposals = Page(
        ProposalNode,
        capability=graphene.String(),
        state=StandardProposalState(),
        description="Proposed revisions of standards, newest first.",
    )
    exception_requests = Page(
        ExceptionRequestNode, filter=ExceptionRequestFilterInput(), description="Newest first."
    )
    exception_request = graphene.Field(ExceptionRequestNode, id=graphene.ID(required=True))
    exception_grants = Page(
        GrantNode,
        entity=graphene.String(
            description=f"{REF}: what its owner holds for the tools that it uses; of a tool: all for the tool."
        ),
        tool=graphene.String(description=REF),
        team=graphene.String(description="A team's slug."),
        environment=graphene.String(),
        active_at=graphene.DateTime(description="Those that hold at this instant."),
        description="What decided requests allow, newest first.",
    )
    tool_uses = Page(
        UseNode,
        entity=graphene.String(description=REF),
        tool=graphene.String(description=REF),
        team=graphene.String(description="The team that owns the entity."),
        description="Which entities use which tools.",
    )

    @staticmethod
    def resolve_tool_capabilities(root: Any, info: Any, quadrant: Any = None) -> Any:
        rows = models.Capability.objects.order_by(Collate(Lower("name"), "C"), "id")
        return rows if quadrant is None else rows.filter(quadrant=plain(quadrant))

    @staticmethod
    def resolve_tool_capability(root: Any, info: Any, slug: str) -> Any:
        return CapabilityNode.first(models.Capability.objects.filter(slug=slug), info)

    @staticmethod
    def resolve_tool_standards(root: Any, info: Any, capability: Any = None, in_force: bool = False) -> Any:
        return standards(capability, only_in_force=in_force)

    @staticmethod
    def resolve_tool_environments(root: Any, info: Any) -> Any:
        return models.Environment.objects.order_by("position", "slug")

    @staticmethod
    def resolve_standard_proposals(root: Any, info: Any, capability: Any = None, state: Any = None) -> Any:
        wanted = {"capability__slug": capability, "state": plain(state)}
        return models.Proposal.objects.filter(**given(wanted)).order_by("-id")

    @staticmethod
    def resolve_exception_requests(root: Any, info: Any, filter: Any = None) -> Any:  # noqa: A002
        return filtered(info.context.user, given(plain(filter or {}))).order_by("-id")

    @staticmethod
    def resolve_exception_request(root: Any, info: Any, id: str) -> Any:  # noqa: A002
        row = by_id(info.context.user, models.ExceptionRequest, ExceptionRequestNode, id)
        return ExceptionRequestNode.get_node(info, row.pk)

    @staticmethod
    def resolve_exception_grants(
        root: Any,
        info: Any,
        entity: str | None = None,
        tool: str | None = None,
        active_at: Any = None,
        **wanted: Any,
    ) -> Any:
        user, columns = info.context.user, {"team": "team__slug", "environment": "environment__slug"}
        rows = models.Grant.objects.filter(**{columns[name]: value for name, value in given(wanted).items()})
        if entity is not None:
            rows = rows.filter(concerning(entity_by_ref(user, entity)))
        if tool is not None:
            rows = rows.filter(tool=entity_by_ref(user, tool))
        if active_at is not None:
            revoked = Q(revoked_at=None) | Q(revoked_at__gt=active_at)
            rows = rows.filter(revoked, starts__lte=active_at, expires__gt=active_at)
        return rows.order_by("-id")

    @staticmethod
    def resolve_tool_uses(
        root: Any, info: Any, entity: str | None = None, tool: str | None = None, team: str | None = None
    ) -> Any:
        named = {"entity": entity, "tool": tool}
        wanted: dict[str, Any] = {
            end: entity_by_ref(info.context.user, ref) for end, ref in given(named).items()
        }
        return models.ObservedUse.objects.filter(**wanted, **given({"entity__owner__slug": team})).order_by(
            "-id"
        )


def given(wanted: Any) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if value is not None}


def standards(capability: str | None, *, only_in_force: bool) -> Any:
    rows = models.Standard.objects.filter(**given({"capability__slug": capability})).order_by("-id")
    return in_force(rows, clock.now()) if only_in_force else rows


def filtered(user: Any, wanted: dict[str, Any]) -> Any:
    """Requests as the filter narrows them; who sees them is the node's to say."""
    rows: Any = with_now(models.ExceptionRequest.objects.all(), clock.now())
    rows = rows.filter(**{column: wanted[name] for name, column in COLUMNS.items() if name in wanted})
    if "tool" in wanted:
        rows = rows.filter(tool=entity_by_ref(user, wanted["tool"]))
    if wanted.get("overdue"):
        rows = rows.filter(overdue=True)
    return rows.allowed(user, "decide") if wanted.get("decidable") else rows


def concerning(entity: Entity) -> Q:
    """Grants for a tool; of another entity those of its owner for the tools that the scan saw in it."""
    if entity.kind == Kind.TOOL:
        return Q(tool=entity)
    used = models.ObservedUse._base_manager.filter(entity=entity).order_by().values("tool")
    return Q(team=entity.owner_id, tool__in=used)
