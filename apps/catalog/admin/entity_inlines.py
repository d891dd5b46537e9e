"""What hangs on an entity: versions, relations whose ends are both visible, its way through the stages."""

from __future__ import annotations

from django.contrib.admin import display
from django.db import models
from django.http import HttpRequest

from apps.catalog.models import ModelVersion, Relation, StageEvent
from apps.core.admin import PolicyInline
from apps.core.admin.policy import link_to


class VersionInline(PolicyInline):
    model = ModelVersion
    fields = ("version", "status", "created_at", "author", "missing_since")
    verbose_name_plural = "versions"


class RelationInline(PolicyInline):
    """Edges that begin here; those that end here stand at their own source."""

    model = Relation
    fk_name = "source"
    fields = ("type", "other_end", "origin", "first_seen", "last_seen")
    verbose_name_plural = "relations"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Relation]:
        return super().get_queryset(request).filter(ended_at=None)

    def joined(self) -> tuple[str, ...]:
        return ("target",)

    @display(description="To")
    def other_end(self, relation: Relation) -> str:
        return link_to(relation.target)


class StageInline(PolicyInline):
    model = StageEvent
    fields = ("at", "from_stage", "to_stage", "actor", "note")
    verbose_name_plural = "stages"

    def joined(self) -> tuple[str, ...]:
        return ("actor",)
