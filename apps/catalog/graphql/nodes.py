"""The catalog's objects as GraphQL answers with them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import graphene
from django.conf import settings

from apps.catalog.graphql.enums import (
    DataClassification,
    DataOrigin,
    DataQuality,
    DeploymentStatusEnum,
    EntityKind,
    FindingKindEnum,
    FindingSeverity,
    FindingState,
    PersonalDataEnum,
    RelationTypeEnum,
    RiskClass,
    SourceKind,
    StageEnum,
    SyncState,
)
from apps.catalog.models import (
    Alias,
    DatasetDetails,
    Deployment,
    DeploymentRevision,
    Entity,
    Finding,
    ModelDetails,
    ModelVersion,
    Relation,
    Source,
    StageEvent,
    SyncRun,
)
from apps.catalog.vocabulary import READINGS
from apps.core.graphql import JSON, Abilities, MultiField, Node, Page, strings
from apps.people.graphql import VisibilityEnum


def living(rows: Any) -> Any:
    """Edges and workloads that have not ended."""
    return rows.filter(ended_at=None)


def pointing(rows: Any) -> Any:
    """Aliases as they point now."""
    return rows.filter(valid_to=None)


class Link(graphene.ObjectType):
    """Where more is to be read."""

    url = graphene.String(required=True)
    title = graphene.String()


class EntityNode(Node):
    """One thing in the catalog."""

    class Meta:
        model = Entity
        fields = (
            "pk", "kind", "namespace", "name", "title", "description", "owner", "accountable",
            "operated_by", "visibility", "stage", "stage_since", "tier", "tags", "links", "reusable",
            "curated", "synced", "source_url", "missing_since", "tombstoned_at", "version", "created_at",
            "updated_at", "dataset", "model",
        )  # fmt: skip

    kind = graphene.Field(EntityKind, required=True)
    ref = MultiField(
        graphene.String,
        fields=["kind", "namespace", "name"],
        required=True,
        description="kind:namespace/name",
    )
    url = MultiField(
        graphene.String,
        fields=["kind", "namespace", "name"],
        required=True,
        description="Its page in the portal.",
    )
    visibility = graphene.Field(VisibilityEnum, required=True)
    stage = graphene.Field(StageEnum, required=True)
    tags = strings()
    links = graphene.List(graphene.NonNull(Link), required=True)
    curated = JSON(required=True, description="What people wrote, by fields of its kind.")
    synced = JSON(required=True, description="What its source says.")
    versions = Page(lambda: ModelVersionNode)
    aliases = Page(lambda: VersionAliasNode, narrow=pointing)
    deployments = Page(lambda: DeploymentNode, narrow=living)
    outgoing = Page(lambda: RelationNode, narrow=living, description="Relations to others.")
    incoming = Page(lambda: RelationNode, narrow=living, description="Relations from others.")
    findings = Page(lambda: FindingNode)
    stage_events = Page(lambda: StageEventNode)
    abilities = Abilities(Entity, "change", "administer")

    @staticmethod
    def resolve_url(root: Entity, info: Any) -> str:
        return urljoin(settings.BASE_URL, root.get_absolute_url())


class ModelDetailsNode(Node):
    """What is known of a model besides."""

    class Meta:
        model = ModelDetails
        interfaces = ()
        use_connection = False
        fields = ("risk_class", "regimes", "purpose", "retraining_max_age_days")

    risk_class = graphene.Field(RiskClass, required=True)
    regimes = strings()


class DatasetDetailsNode(Node):
    """What is known of a dataset besides."""

    class Meta:
        model = DatasetDetails
        interfaces = ()
        use_connection = False
        fields = (
            "location", "format", "classification", "personal_data", "retention_days", "allowed_purposes",
            "origin", "quality_status", "certified",
        )  # fmt: skip

    classification = graphene.Field(DataClassification, required=True)
    personal_data = graphene.Field(PersonalDataEnum, required=True)
    allowed_purposes = strings()
    origin = graphene.Field(DataOrigin, required=True)
    quality_status = graphene.Field(DataQuality, required=True)


class ModelVersionNode(Node):
    """One version of a model or prompt."""

    class Meta:
        model = ModelVersion
        fields = (
            "entity", "version", "description", "status", "run_id", "model_id", "artifact_uri",
            "code_commit", "author", "datasets", "metrics", "params", "source_tags", "created_at",
            "missing_since", "tombstoned_at",
        )  # fmt: skip

    datasets = JSON(required=True)
    metrics = JSON(required=True)
    params = JSON(required=True)
    source_tags = JSON(required=True)
    aliases = Page(lambda: VersionAliasNode, narrow=pointing)
    deployments = Page(lambda: DeploymentNode, narrow=living)


class VersionAliasNode(Node):
    """An alias that points at a version."""

    class Meta:
        model = Alias
        name = "VersionAlias"
        fields = ("entity", "alias", "version", "valid_from", "valid_to")


class DeploymentNode(Node):
    """One workload of a cluster."""

    class Meta:
        model = Deployment
        fields = (
            "entity", "model_version", "owner", "owner_rule", "environment", "cluster", "namespace",
            "workload_kind", "workload", "images", "image_digest", "replicas", "ready", "gpus", "labels",
            "status", "since", "last_seen", "ended_at",
        )  # fmt: skip

    images = strings()
    labels = JSON(required=True)
    status = graphene.Field(DeploymentStatusEnum, required=True)
    revisions = Page(lambda: DeploymentRevisionNode, description="What it was before, newest first.")
    findings = Page(lambda: FindingNode)
    abilities = Abilities(Deployment, "change")


class DeploymentRevisionNode(Node):
    """What a deployment became at an instant."""

    class Meta:
        model = DeploymentRevision
        fields = ("deployment", "at", "status", "model_version", "image_digest", "replicas", "gpus")

    status = graphene.Field(DeploymentStatusEnum, required=True)


class RelationNode(Node):
    """A typed edge between two entities."""

    class Meta:
        model = Relation
        fields = ("source", "target", "type", "origin", "first_seen", "last_seen", "ended_at")

    type = graphene.Field(RelationTypeEnum, required=True)
    reading = MultiField(
        graphene.String, fields=["type"], required=True, description="As read from its source."
    )
    inverse_reading = MultiField(
        graphene.String, fields=["type"], required=True, description="As read from its target."
    )
    abilities = Abilities(Relation, "change")

    @staticmethod
    def resolve_reading(root: Relation, info: Any) -> str:
        return str(root.get_type_display())

    @staticmethod
    def resolve_inverse_reading(root: Relation, info: Any) -> str:
        return READINGS[root.type].inverse


class FindingNode(Node):
    """Something that needs a person."""

    class Meta:
        model = Finding
        fields = (
            "kind", "severity", "state", "title", "detail", "entity", "deployment", "owner", "opened_at",
            "last_seen", "closed_at", "handled_by", "note",
        )  # fmt: skip

    kind = graphene.Field(FindingKindEnum, required=True)
    severity = graphene.Field(FindingSeverity, required=True)
    state = graphene.Field(FindingState, required=True)
    abilities = Abilities(Finding, "change")


class StageEventNode(Node):
    """A move from stage to stage."""

    class Meta:
        model = StageEvent
        fields = ("entity", "from_stage", "to_stage", "at", "actor", "note")

    from_stage = graphene.Field(StageEnum, description="Empty for the first one.")
    to_stage = graphene.Field(StageEnum, required=True)

    @staticmethod
    def resolve_from_stage(root: StageEvent, info: Any) -> str | None:
        return root.from_stage or None


class SourceNode(Node):
    """A place that the catalog reads; shown to the center. Its address and secrets stand in the admin."""

    class Meta:
        model = Source
        fields = (
            "name",
            "kind",
            "enabled",
            "interval_minutes",
            "identity",
            "last_success_at",
            "default_owner",
        )

    kind = graphene.Field(SourceKind, required=True)
    runs = Page(lambda: SyncRunNode, sort=["-id"], description="Its sweeps, newest first.")
    abilities = Abilities(Source, "sync", "change")


class SyncRunNode(Node):
    """One sweep of a source; shown to the center."""

    class Meta:
        model = SyncRun
        fields = (
            "source", "state", "started_by", "queued_at", "started_at", "finished_at", "scope", "expected",
            "read", "added", "changed", "missing", "refused", "error",
        )  # fmt: skip

    state = graphene.Field(SyncState, required=True)
