"""What can be asked of the roadmap."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Page, by_id, plain
from apps.roadmap import models
from apps.roadmap.graphql.cycles import CycleNode, ScoringPolicyNode
from apps.roadmap.graphql.enums import PlanningCycleState, RoadmapRequestType, RoadmapState
from apps.roadmap.graphql.plans import PlansQuery
from apps.roadmap.graphql.requests import RequestNode
from apps.roadmap.queries.requests import RequestFilter, narrowed


class RoadmapRequestFilterInput(graphene.InputObjectType):
    """Fields join with "and"; several values of one field mean any of them."""

    class Meta:
        name = "RoadmapRequestFilter"

    state = graphene.List(graphene.NonNull(RoadmapState))
    type = graphene.List(graphene.NonNull(RoadmapRequestType))
    unit = graphene.List(graphene.NonNull(graphene.String), description="Slugs.")
    team = graphene.String(description="A team's slug.")
    search = graphene.String(description="Words of it, or its number.")
    mine = graphene.Boolean(description="That you or your teams ask for, drafts too.")
    waiting = graphene.Boolean(description="On which you may do the next step.")


class RoadmapQuery(PlansQuery, graphene.ObjectType):
    """Requests, cycles with their plans, and how values are compared."""

    roadmap_requests = Page(RequestNode, filter=RoadmapRequestFilterInput(), description="Newest first.")
    roadmap_request = graphene.Field(RequestNode, id=graphene.ID(required=True))
    cycles = Page(CycleNode, state=PlanningCycleState(), description="Newest first.")
    cycle = graphene.Field(CycleNode, slug=graphene.String(required=True))
    scoring_policies = Page(ScoringPolicyNode, description="Newest first.")

    @staticmethod
    def resolve_roadmap_requests(root: Any, info: Any, filter: Any = None) -> Any:  # noqa: A002
        return filtered(info.context.user, plain(filter or {})).order_by("-id")

    @staticmethod
    def resolve_roadmap_request(root: Any, info: Any, id: str) -> Any:  # noqa: A002
        row = by_id(info.context.user, models.Request, RequestNode, id)
        return RequestNode.get_node(info, row.pk)

    @staticmethod
    def resolve_cycles(root: Any, info: Any, state: Any = None) -> Any:
        rows = models.Cycle.objects.order_by("-id")
        return rows if state is None else rows.filter(state=plain(state))

    @staticmethod
    def resolve_cycle(root: Any, info: Any, slug: str) -> Any:
        return CycleNode.first(models.Cycle.objects.filter(slug=slug), info)

    @staticmethod
    def resolve_scoring_policies(root: Any, info: Any) -> Any:
        return models.ScoringPolicy.objects.order_by("-number")


def filtered(user: Any, wanted: Any) -> Any:
    """Requests as the filter narrows them; who sees them is the node's to say."""
    chosen = RequestFilter(
        **{name: tuple(wanted.get(name) or ()) for name in ("state", "type", "unit")},
        q=(wanted.get("search") or "").replace("\x00", ""),
        mine=bool(wanted.get("mine")),
        waiting=bool(wanted.get("waiting")),
    )
    rows = narrowed(user, models.Request.objects.all(), chosen)
    team = wanted.get("team")
    return rows if team is None else rows.filter(owner__slug=team)
