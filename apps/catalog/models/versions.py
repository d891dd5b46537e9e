"""Model versions, and which of them carried which alias when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.catalog.models.entities import Entity
from apps.catalog.policies import ThroughEntity
from apps.core.policies import PolicyManager


class ModelVersion(models.Model):
    """One version of a model or prompt; its facts belong to the source."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=63)
    number = models.PositiveIntegerField(
        default=0, editable=False, help_text="For sorting; 0 where not a number."
    )
    description = models.TextField(blank=True)
    status = models.CharField(max_length=63, blank=True)
    run_id = models.CharField("source run", max_length=63, blank=True)
    model_id = models.CharField(max_length=63, blank=True)
    artifact_uri = models.CharField(max_length=1000, blank=True)
    code_commit = models.CharField(max_length=64, blank=True)
    author = models.CharField(max_length=150, blank=True)
    datasets = models.JSONField(default=list, blank=True, help_text='Each {"name": …, "digest": …}.')
    metrics = models.JSONField(default=dict, blank=True)
    params = models.JSONField(default=dict, blank=True)
    flavours = models.JSONField(
        default=dict, blank=True, help_text='Libraries that load it, as MLflow says: {"sklearn": "1.5.0"}.'
    )
    source_tags = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    source_hash = models.CharField(max_length=64, blank=True, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True)
    missed_sweeps = models.PositiveSmallIntegerField(default=0, editable=False)
    tombstoned_at = models.DateTimeField(null=True, blank=True)

    policy = ThroughEntity()
    objects = PolicyManager()

    class Meta:
        ordering = ["-number", "-id"]
        constraints = [models.UniqueConstraint(fields=["entity", "version"], name="version_once")]

    def __str__(self) -> str:
        return f"version {self.version}"


class Alias(models.Model):
    """An alias pointed at a version during `[valid_from, valid_to)`; the source keeps no history, we do."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="aliases")
    alias = models.CharField(max_length=255)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="aliases")
    valid_from = models.DateTimeField(default=timezone.now)
    valid_to = models.DateTimeField(null=True, blank=True)

    policy = ThroughEntity()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["alias", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "alias"], condition=Q(valid_to__isnull=True), name="alias_points_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="alias_period"
            ),
        ]

    def __str__(self) -> str:
        return self.alias
