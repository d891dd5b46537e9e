"""What readers get. Foreign objects appear only where the reader sees them; the viewsets join them so."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Entity, Finding, SyncRun
from apps.catalog.models.entities import details_of
from apps.catalog.vocabulary import DeploymentStatus, FindingKind, Kind, RelationType, Severity, Stage
from apps.core.rest_fields import AnyObject
from apps.core.viewsets import Abilities, PageUrl
from apps.people.models import Visibility


class EntityRef(serializers.Serializer):
    """An entity named in another object."""

    id = serializers.IntegerField()
    ref = serializers.CharField()
    title = serializers.CharField()


class LinkRow(serializers.Serializer):
    url = serializers.CharField()
    title = serializers.CharField()


@extend_schema_field({"type": "object", "additionalProperties": True})
class KindDetails(serializers.Field):
    """The fields of the entity's kind; empty for kinds without any."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, value: Entity) -> dict[str, Any]:
        row = details_of(value)
        if row is None:
            return {}
        return {
            field.name: getattr(row, field.name)
            for field in row._meta.concrete_fields
            if not field.primary_key
        }


class EntityRow(serializers.Serializer):
    """An entity. `owner` and `operated_by` are slugs, `accountable` is a user name."""

    id = serializers.IntegerField()
    ref = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    namespace = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.CharField(source="owner.slug", allow_null=True)
    operated_by = serializers.CharField(source="operated_by.slug", allow_null=True)
    accountable = serializers.CharField(source="accountable.username", allow_null=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    stage = serializers.ChoiceField(choices=Stage.choices)
    stage_since = serializers.DateTimeField()
    tier = serializers.IntegerField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())
    links = LinkRow(many=True)
    reusable = serializers.BooleanField()
    curated = AnyObject()
    details = KindDetails()
    source = serializers.CharField(source="source.name", allow_null=True)  # type: ignore[assignment]
    tombstoned_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()


class EntityDetail(EntityRow):
    """An entity with what its source says and what the caller may do."""

    synced = AnyObject()
    source_url = serializers.CharField()
    missing_since = serializers.DateTimeField(allow_null=True)
    abilities = Abilities()


class VersionRow(serializers.Serializer):
    """A version of a model or prompt; its facts are the source's."""

    id = serializers.IntegerField()
    entity = EntityRef()
    version = serializers.CharField()
    status = serializers.CharField()
    aliases = serializers.SerializerMethodField()
    metrics = AnyObject()
    author = serializers.CharField()
    created_at = serializers.DateTimeField()
    tombstoned_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_aliases(self, row: Any) -> list[str]:
        return sorted(alias.alias for alias in row.present_aliases)


class VersionDetail(VersionRow):
    description = serializers.CharField()
    run_id = serializers.CharField()
    model_id = serializers.CharField()
    artifact_uri = serializers.CharField()
    code_commit = serializers.CharField()
    datasets = serializers.ListField(child=AnyObject())
    params = AnyObject()
    source_tags = AnyObject()
    missing_since = serializers.DateTimeField(allow_null=True)
    abilities = Abilities()


@extend_schema_field({})
class AnyValue(serializers.Field):
    """Whatever the source recorded."""

    def to_representation(self, value: Any) -> Any:
        return value


class ComparedLine(serializers.Serializer):
    name = serializers.CharField()
    left = AnyValue(allow_null=True)
    right = AnyValue(allow_null=True)
    change = serializers.FloatField(allow_null=True)
    differs = serializers.BooleanField()


class ComparisonRow(serializers.Serializer):
    """Two versions side by side; `change` is right minus left where both are numbers."""

    left = serializers.CharField(source="left.version")
    right = serializers.CharField(source="right.version")
    metrics = ComparedLine(many=True)
    params = ComparedLine(many=True)
    datasets = ComparedLine(many=True)
    facts = ComparedLine(many=True)


class DeploymentRow(serializers.Serializer):
    """A workload of a cluster; `entity` is null while nothing in the catalog claims it."""

    id = serializers.IntegerField()
    entity = EntityRef(allow_null=True)
    model_version = serializers.CharField(source="model_version.version", allow_null=True)
    owner = serializers.CharField(source="owner.slug", allow_null=True)
    owner_rule = serializers.CharField()
    linked_by_hand = serializers.BooleanField()
    environment = serializers.CharField()
    cluster = serializers.CharField()
    namespace = serializers.CharField()
    workload_kind = serializers.CharField()
    workload = serializers.CharField()
    images = serializers.ListField(child=serializers.CharField())
    image_digest = serializers.CharField()
    replicas = serializers.IntegerField()
    ready = serializers.IntegerField()
    gpus = serializers.IntegerField()
    status = serializers.ChoiceField(choices=DeploymentStatus.choices)
    since = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RevisionRow(serializers.Serializer):
    at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=DeploymentStatus.choices)
    model_version = serializers.CharField(source="model_version.version", allow_null=True)
    image_digest = serializers.CharField()
    replicas = serializers.IntegerField()
    gpus = serializers.IntegerField()


class DeploymentDetail(DeploymentRow):
    """A workload with what it was before, newest first."""

    labels = AnyObject()
    revisions = RevisionRow(many=True, source="recent_revisions")
    abilities = Abilities()


class RelationRow(serializers.Serializer):
    """An edge; `origin` is `curated` or the source that keeps it."""

    id = serializers.IntegerField()
    source = EntityRef()  # type: ignore[assignment]
    target = EntityRef()
    type = serializers.ChoiceField(choices=RelationType.choices)
    origin = serializers.CharField()
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RelationDetail(RelationRow):
    abilities = Abilities()


class LineageNode(serializers.Serializer):
    """`distance` is negative upstream, 0 for the entity asked about."""

    id = serializers.IntegerField(source="entity.id")
    ref = serializers.CharField(source="entity.ref")
    title = serializers.CharField(source="entity.title")
    kind = serializers.ChoiceField(source="entity.kind", choices=Kind.choices)
    stage = serializers.ChoiceField(source="entity.stage", choices=Stage.choices)
    owner = serializers.CharField(source="entity.owner.slug", allow_null=True)
    distance = serializers.IntegerField()


class LineageEdge(serializers.Serializer):
    """Data moves from `start` to `end` (ids of entities)."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    type = serializers.ChoiceField(choices=RelationType.choices)


class LineageGraph(serializers.Serializer):
    """What flows in and out; `truncated` where more was left out."""

    nodes = LineageNode(many=True)
    edges = LineageEdge(many=True)
    truncated = serializers.BooleanField()


class DeploymentRef(serializers.Serializer):
    id = serializers.IntegerField()
    cluster = serializers.CharField()
    namespace = serializers.CharField()
    workload = serializers.CharField()


class FindingRow(serializers.Serializer):
    """Something that needs a person."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=FindingKind.choices)
    severity = serializers.ChoiceField(choices=Severity.choices)
    state = serializers.ChoiceField(choices=Finding.State.choices)
    title = serializers.CharField()
    detail = serializers.CharField()
    entity = EntityRef(allow_null=True)
    deployment = DeploymentRef(allow_null=True)
    source = serializers.CharField(source="source.name", allow_null=True)  # type: ignore[assignment]
    owner = serializers.CharField(source="owner.slug", allow_null=True)
    opened_at = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    handled_by = serializers.CharField(source="handled_by.username", allow_null=True)
    note = serializers.CharField()


class FindingDetail(FindingRow):
    abilities = Abilities()


class SourceRow(serializers.Serializer):
    """A place that the catalog reads; its address and secrets stand in the admin."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    enabled = serializers.BooleanField()
    interval_minutes = serializers.IntegerField()
    default_owner = serializers.CharField(source="default_owner.slug", allow_null=True)
    default_visibility = serializers.ChoiceField(choices=Visibility.choices)
    identity = serializers.CharField()
    last_success_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class SourceDetail(SourceRow):
    abilities = Abilities()


class SyncRunRow(serializers.Serializer):
    """One sweep of a source."""

    id = serializers.IntegerField()
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=SyncRun.State.choices)
    started_by = serializers.CharField(source="started_by.username", allow_null=True)
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    scope = serializers.CharField()
    expected = serializers.IntegerField(allow_null=True)
    read = serializers.IntegerField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    missing = serializers.IntegerField()
    refused = serializers.IntegerField()
    error = serializers.CharField()


class SyncRunDetail(SyncRunRow):
    """A sweep with what it refused and how each part went."""

    refusals = serializers.ListField(child=AnyObject())
    scopes = serializers.ListField(child=AnyObject())
