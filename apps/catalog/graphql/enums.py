"""The catalog's words as GraphQL enums, with names that stay when models are renamed."""

from __future__ import annotations

import enum

import graphene

from apps.catalog.models import DatasetDetails, Finding, ModelDetails, Source, SyncRun
from apps.catalog.vocabulary import DeploymentStatus, FindingKind, Kind, RelationType, Severity, Stage
from apps.core.graphql import enum_of

EntityKind = enum_of(Kind, "EntityKind")
StageEnum = enum_of(Stage, "Stage")
RelationTypeEnum = enum_of(RelationType, "RelationType")
DeploymentStatusEnum = enum_of(DeploymentStatus, "DeploymentStatus")
FindingKindEnum = enum_of(FindingKind, "FindingKind")
FindingSeverity = enum_of(Severity, "FindingSeverity")
FindingState = enum_of(Finding.State, "FindingState")
RiskClass = enum_of(ModelDetails.RiskClass, "RiskClass")
DataClassification = enum_of(DatasetDetails.Classification, "DataClassification")
PersonalDataEnum = enum_of(DatasetDetails.PersonalData, "PersonalData")
DataOrigin = enum_of(DatasetDetails.Origin, "DataOrigin")
SourceKind = enum_of(Source.Kind, "SourceKind")
SyncState = enum_of(SyncRun.State, "SyncState")
DataQuality = enum_of(DatasetDetails.Quality, "DataQuality")


class Direction(enum.Enum):
    """Which way lineage is followed."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


class EntityOrder(enum.Enum):
    """How entities are sorted; by name where nothing is said. Name means the title, where there is one."""

    NAME = "name"
    NAME_DESCENDING = "-name"
    RECENTLY_CHANGED = "-updated"
    LONGEST_UNCHANGED = "updated"


class AccessPermission(enum.Enum):
    """What a grant lets its grantee do."""

    VIEW = "view"
    CHANGE = "change"


LineageDirection = graphene.Enum.from_enum(Direction, name="LineageDirection")
EntityOrderEnum = graphene.Enum.from_enum(EntityOrder, name="EntityOrder")
AccessPermissionEnum = graphene.Enum.from_enum(AccessPermission, name="AccessPermission")
