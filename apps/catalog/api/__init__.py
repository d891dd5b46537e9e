"""The catalog over REST: entities and what belongs to them. Routes stand in `portal/rest.py`."""

from apps.catalog.api.entities import EntityViewSet
from apps.catalog.api.operations import FindingViewSet, SourceViewSet, SyncRunViewSet
from apps.catalog.api.parts import DeploymentViewSet, RelationViewSet, VersionViewSet

__all__ = [
    "DeploymentViewSet",
    "EntityViewSet",
    "FindingViewSet",
    "RelationViewSet",
    "SourceViewSet",
    "SyncRunViewSet",
    "VersionViewSet",
]
