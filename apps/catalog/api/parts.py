"""What belongs to entities over REST: versions, deployments, relations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch, Q
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import actions
from apps.catalog.api.bodies import DeploymentLink, RelationCreate
from apps.catalog.api.references import EntityName, entity_id, entity_named
from apps.catalog.api.representations import (
    ComparisonRow,
    DeploymentDetail,
    DeploymentRow,
    RelationDetail,
    RelationRow,
    VersionDetail,
    VersionRow,
)
from apps.catalog.models import Alias, Deployment, DeploymentRevision, Entity, ModelVersion, Relation
from apps.catalog.queries import compare
from apps.catalog.vocabulary import DeploymentStatus, RelationType
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest_fields import Choice, Flag, QueryParameters, Text, WholeNumber
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.people.models import Team

NEWEST_FIRST = Order("-id", descending=True)


class VersionQuery(QueryParameters):
    entity = EntityName(required=False)
    alias = Text(required=False, max_length=255, help_text="Versions that carry this alias now.")


class CompareQuery(QueryParameters):
    """`with`: the id of the other version."""

    def get_fields(self) -> dict[str, Any]:
        return {"with": WholeNumber(min_value=1, help_text="The id of the other version.")}


class VersionViewSet(Listed, Retrieved, PolicyViewSet):
    """Versions of models and prompts; of one entity by `?entity=`, the highest number first."""

    model = ModelVersion
    query = VersionQuery
    extra_problems = {"compare": (409,)}
    serializer_class = VersionRow
    detail_serializer_class = VersionDetail

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        aliases = Alias.objects.visible_to(user).filter(valid_to=None)
        return visible.prefetch_related(
            visible_relation("entity", Entity, user), Prefetch("aliases", aliases, to_attr="present_aliases")
        )

    def sorting(self) -> Order:
        return Order("-number", "number", descending=True) if "entity" in self.wanted else NEWEST_FIRST

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        if entity := wanted.get("entity"):
            rows = rows.filter(entity=entity_id(self.request.user, entity))
        if alias := wanted.get("alias"):
            carrying = Alias.objects.visible_to(self.request.user).filter(alias=alias, valid_to=None)
            rows = rows.filter(pk__in=carrying.values("version"))
        return rows

    @extend_schema(
        responses=ComparisonRow,
        summary="Compare two versions",
        parameters=[CompareQuery],
    )
    @action(detail=True, methods=["get"])
    def compare(self, request: Request, **kwargs: Any) -> Response:
        """Metrics, parameters, data and facts of this version (left) and another of its model (right)."""
        other = self.parameters(CompareQuery)["with"]
        left = self.get_object()
        self.kwargs["pk"] = str(other)
        with rules_are_conflicts():
            lines = compare(left, self.get_object())
        return Response(ComparisonRow(lines).data)


class DeploymentQuery(QueryParameters):
    entity = EntityName(required=False)
    team = Slug(required=False, help_text="The team that the cluster names as owner.")
    environment = Text(required=False, max_length=63)
    cluster = Text(required=False, max_length=63)
    namespace = Text(required=False, max_length=63)
    status = Choice(choices=DeploymentStatus.choices, required=False)
    unclaimed = Flag(required=False, help_text="Those that no entity claims.")
    ended = Flag(required=False, help_text="With those that are gone from their cluster.")


class DeploymentViewSet(Listed, Retrieved, PolicyViewSet):
    """Workloads that clusters report, with the entity and version that they run."""

    model = Deployment
    query = DeploymentQuery
    columns = {
        "environment": "environment",
        "cluster": "cluster",
        "namespace": "namespace",
        "status": "status",
        "team": "owner__slug",
    }
    serializer_class = DeploymentRow
    detail_serializer_class = DeploymentDetail

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        related = [
            visible_relation("entity", Entity, user),
            visible_relation("model_version", ModelVersion, user),
            visible_relation("owner", Team, user),
        ]
        if self.action != "list":
            history = DeploymentRevision.objects.visible_to(user).order_by("-at", "-id")
            shown = history.prefetch_related(visible_relation("model_version", ModelVersion, user))[:100]
            related.append(Prefetch("revisions", shown, to_attr="recent_revisions"))
        return visible.prefetch_related(*related)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        if not wanted.get("ended"):
            rows = rows.filter(ended_at=None)
        if wanted.get("unclaimed"):
            rows = rows.filter(entity=None)
        if entity := wanted.get("entity"):
            rows = rows.filter(entity=entity_id(self.request.user, entity))
        return rows

    @extend_schema(
        request=DeploymentLink, responses={200: DeploymentDetail, 204: None}, summary="Claim a workload"
    )
    @action(detail=True, methods=["post"])
    def link(self, request: Request, **kwargs: Any) -> Response:
        """Says which entity the workload runs (null: none). 204 where you no longer see it afterwards."""
        name = self.body(DeploymentLink)["entity"]
        deployment = self.get_object()
        entity = None if name is None else entity_named(request.user, name)
        with rules_are_conflicts():
            actions.link_deployment(actor=request.user, deployment=deployment, entity=entity)
        return self.answer(deployment)


class RelationQuery(QueryParameters):
    entity = EntityName(required=False, help_text="Edges that begin or end at this entity.")
    source = EntityName(required=False)  # type: ignore[assignment]
    target = EntityName(required=False)
    type = Choice(choices=RelationType.choices, required=False)
    ended = Flag(required=False, help_text="With those that no longer hold.")


class RelationViewSet(Listed, Retrieved, PolicyViewSet):
    """Edges between entities of which the caller sees both ends."""

    model = Relation
    query = RelationQuery
    serializer_class = RelationRow
    detail_serializer_class = RelationDetail

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        return visible.prefetch_related(
            visible_relation("source", Entity, user), visible_relation("target", Entity, user)
        )

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        user = self.request.user
        if not wanted.get("ended"):
            rows = rows.filter(ended_at=None)
        if kind := wanted.get("type"):
            rows = rows.filter(type=kind)
        for end in {"source", "target"} & set(wanted):
            rows = rows.filter(**{end: entity_id(user, wanted[end])})
        if entity := wanted.get("entity"):
            pk = entity_id(user, entity)
            rows = rows.filter(Q(source=pk) | Q(target=pk))
        return rows

    @extend_schema(request=RelationCreate, responses={201: RelationDetail}, summary="Relate two entities")
    def create(self, request: Request) -> Response:
        """Whoever may change the source and sees the target may; drawing an edge again changes nothing."""
        fields = self.body(RelationCreate)
        source, target = (entity_named(request.user, fields[end]) for end in ("source", "target"))
        with rules_are_conflicts():
            relation = actions.relate(actor=request.user, source=source, target=target, type=fields["type"])
        return self.answer(relation, status=201)

    @extend_schema(responses={204: None}, summary="End a relation")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Ends a curated edge; it stays on record. What a source says is ended there."""
        self.parameters()
        actions.unrelate(actor=request.user, relation=self.get_object())
        return Response(status=204)
