"""What can be asked of the catalog."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import F

from apps.catalog import queries
from apps.catalog.graphql.answers import AccessGrant, VersionComparison, comparison, grants
from apps.catalog.graphql.enums import (
    DeploymentStatusEnum,
    EntityKind,
    EntityOrderEnum,
    FindingKindEnum,
    FindingSeverity,
    FindingState,
    LineageDirection,
    RelationTypeEnum,
    StageEnum,
    SyncState,
)
from apps.catalog.graphql.nodes import DeploymentNode, EntityNode, FindingNode, SourceNode, SyncRunNode
from apps.catalog.models import Deployment, Entity, Finding, Source, SyncRun
from apps.catalog.models.entities import SORT_SHOWN
from apps.core.graphql import Page, plain
from apps.people.graphql import VisibilityEnum

ORDERS: dict[str, tuple[Any, ...]] = {
    "name": (SORT_SHOWN.asc(), "id"),
    "-name": (SORT_SHOWN.desc(), "-id"),
    "-updated": (F("updated_at").desc(), F("id").desc()),
    "updated": (F("updated_at").asc(), F("id").asc()),
}
SEVERAL = frozenset({"kind", "namespace", "unit", "team", "stage", "tag", "tier", "visibility"})


class EntityFilterInput(graphene.InputObjectType):
    """Several values of one field mean any of them (of tags: all); different fields narrow further."""

    class Meta:
        name = "EntityFilter"

    kind = graphene.List(graphene.NonNull(EntityKind))
    namespace = graphene.List(graphene.NonNull(graphene.String))
    unit = graphene.List(graphene.NonNull(graphene.String), description="Slugs of the owners' units.")
    team = graphene.List(graphene.NonNull(graphene.String), description="Slugs of owner teams.")
    stage = graphene.List(graphene.NonNull(StageEnum))
    tag = graphene.List(graphene.NonNull(graphene.String))
    tier = graphene.List(graphene.NonNull(graphene.Int))
    visibility = graphene.List(graphene.NonNull(VisibilityEnum))
    mine = graphene.Boolean(description="Of my teams, or accountable to me.")
    unowned = graphene.Boolean()
    orphaned = graphene.Boolean(description="The owner team has ended or the accountable person has left.")
    reusable = graphene.Boolean()
    gone = graphene.Boolean(description="Also what is gone from its source for good.")


class LineageEdge(graphene.ObjectType):
    """Data moves from `start` to `end`."""

    start = graphene.String(required=True, description="An entity's reference.")
    end = graphene.String(required=True, description="An entity's reference.")
    type = graphene.Field(RelationTypeEnum, required=True)


class LineageNode(graphene.ObjectType):
    """An entity in the picture."""

    entity = graphene.Field(EntityNode, required=True)
    distance = graphene.Int(
        required=True, description="Hops; negative upstream, 0 for the entity asked about."
    )


class LineageGraph(graphene.ObjectType):
    """What flows into an entity and out of it, as far as the caller may see."""

    nodes = graphene.List(graphene.NonNull(LineageNode), required=True)
    edges = graphene.List(graphene.NonNull(LineageEdge), required=True)
    truncated = graphene.Boolean(required=True, description="There is more than is shown.")

    @staticmethod
    def resolve_nodes(root: queries.Graph, info: Any) -> list[LineageNode]:
        distances = {node.entity.pk: node.distance for node in root.nodes}
        rows = {row.pk: row for row in EntityNode.listed(Entity.objects.filter(pk__in=distances), info)}
        return [LineageNode(entity=rows[pk], distance=distances[pk]) for pk in distances if pk in rows]

    @staticmethod
    def resolve_edges(root: queries.Graph, info: Any) -> list[LineageEdge]:
        refs = {node.entity.pk: node.entity.ref for node in root.nodes}
        return [
            LineageEdge(start=refs[edge.start], end=refs[edge.end], type=edge.type) for edge in root.edges
        ]


class CatalogQuery(graphene.ObjectType):
    """Entities, where they run, what they come from, and what is wrong with them."""

    entity = graphene.Field(
        EntityNode,
        kind=EntityKind(required=True),
        namespace=graphene.String(required=True),
        name=graphene.String(required=True),
        description="One entity by its reference; capital letters make no difference.",
    )
    entities = Page(
        EntityNode,
        filter=EntityFilterInput(),
        search=graphene.String(description="Every word must occur; the last one may be a beginning."),
        order_by=EntityOrderEnum(),
    )
    lineage = graphene.Field(
        LineageGraph,
        ref=graphene.String(required=True, description="kind:namespace/name"),
        direction=LineageDirection(),
        depth=graphene.Int(description="1 to 10 hops; 3 where not given."),
    )
    grants = graphene.List(
        graphene.NonNull(AccessGrant),
        required=True,
        ref=graphene.String(required=True, description="kind:namespace/name"),
        description="Who was given access to one entity.",
    )
    version_comparison = graphene.Field(
        VersionComparison,
        ref=graphene.String(required=True, description="kind:namespace/name"),
        left=graphene.String(required=True, description="A version, as “3”."),
        right=graphene.String(required=True, description="Another version of the same model."),
    )
    sources = Page(SourceNode, description="Shown to the center.")
    sync_runs = Page(
        SyncRunNode,
        source=graphene.String(description="A source's name."),
        state=SyncState(),
        description="Sweeps of sources, newest first; shown to the center.",
    )
    deployments = Page(
        DeploymentNode,
        cluster=graphene.String(),
        environment=graphene.String(),
        status=DeploymentStatusEnum(),
        ended=graphene.Boolean(description="Also those that have ended."),
    )
    findings = Page(
        FindingNode,
        state=graphene.List(graphene.NonNull(FindingState)),
        kind=graphene.List(graphene.NonNull(FindingKindEnum)),
        severity=graphene.List(graphene.NonNull(FindingSeverity)),
    )

    @staticmethod
    def resolve_entity(root: Any, info: Any, kind: Any, namespace: str, name: str) -> Any:
        found = queries.entity_by_parts(info.context.user, plain(kind), namespace, name)
        return EntityNode.get_node(info, found.pk)

    @staticmethod
    def resolve_entities(
        root: Any,
        info: Any,
        filter: Any = None,  # noqa: A002
        search: str | None = None,
        order_by: Any = None,
    ) -> Any:
        rows = queries.filter_entities(Entity.objects.all(), entity_filter(filter, search), info.context.user)
        return rows.order_by(*ORDERS[plain(order_by) or "name"])

    @staticmethod
    def resolve_lineage(
        root: Any, info: Any, ref: str, direction: Any = None, depth: int | None = None
    ) -> Any:
        user = info.context.user
        entity = queries.entity_by_ref(user, ref)
        return queries.lineage(user, entity, plain(direction) or "both", 3 if depth is None else depth)

    @staticmethod
    def resolve_grants(root: Any, info: Any, ref: str) -> list[AccessGrant]:
        return grants(info, ref)

    @staticmethod
    def resolve_version_comparison(root: Any, info: Any, ref: str, left: str, right: str) -> Any:
        return comparison(info.context.user, ref, left, right)

    @staticmethod
    def resolve_sources(root: Any, info: Any) -> Any:
        return Source.objects.order_by("name")

    @staticmethod
    def resolve_sync_runs(root: Any, info: Any, source: str | None = None, state: Any = None) -> Any:
        wanted = {"source__name": source, "state": plain(state)}
        chosen = {name: value for name, value in wanted.items() if value is not None}
        return SyncRun.objects.filter(**chosen).order_by("-id")

    @staticmethod
    def resolve_deployments(root: Any, info: Any, ended: bool = False, **wanted: Any) -> Any:
        rows = Deployment.objects.filter(
            **{name: value for name, value in plain(wanted).items() if value is not None}
        )
        return rows if ended else rows.filter(ended_at=None)

    @staticmethod
    def resolve_findings(root: Any, info: Any, **wanted: Any) -> Any:
        conditions = {f"{name}__in": values for name, values in plain(wanted).items() if values is not None}
        return Finding.objects.filter(**conditions)


def entity_filter(wanted: Any, search: str | None) -> queries.EntityFilter:
    """The input as the catalog's own filter."""
    given = {name: value for name, value in plain(wanted or {}).items() if value is not None}
    several: dict[str, Any] = {
        name: tuple(map(str, value)) if name in SEVERAL else value for name, value in given.items()
    }
    return queries.EntityFilter(q=search or "", **several)
