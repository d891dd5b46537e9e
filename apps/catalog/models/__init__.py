"""The catalog's tables."""

from apps.catalog.models.deployments import Deployment, DeploymentRevision
from apps.catalog.models.entities import (
    DatasetDetails,
    Entity,
    EntityGroupGrant,
    EntityUserGrant,
    ModelDetails,
    StageEvent,
)
from apps.catalog.models.relations import Relation
from apps.catalog.models.sources import Finding, Source, SyncRun, WebhookDelivery
from apps.catalog.models.versions import Alias, ModelVersion

__all__ = [
    "Alias",
    "DatasetDetails",
    "Deployment",
    "DeploymentRevision",
    "Entity",
    "EntityGroupGrant",
    "EntityUserGrant",
    "Finding",
    "ModelDetails",
    "ModelVersion",
    "Relation",
    "Source",
    "StageEvent",
    "SyncRun",
    "WebhookDelivery",
]
