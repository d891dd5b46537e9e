"""Where things run, now and before."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.catalog.models.entities import Entity
from apps.catalog.models.versions import ModelVersion
from apps.catalog.policies import DeploymentPolicy, ThroughDeployment
from apps.catalog.vocabulary import DeploymentStatus
from apps.core.policies import PolicyManager
from apps.people.models import Team


class Deployment(models.Model):
    """One workload of a cluster; `entity` is empty while nothing in the catalog claims it."""

    entity = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments"
    )
    model_version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="deployments"
    )
    owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner_rule = models.CharField(max_length=100, blank=True, help_text="Which rule named the owner.")
    linked_by_hand = models.BooleanField(default=False, editable=False)
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="deployments"
    )
    source_key = models.CharField(max_length=500, blank=True)
    source_hash = models.CharField(max_length=64, blank=True, editable=False)
    environment = models.CharField(max_length=63, blank=True)
    cluster = models.CharField(max_length=63)
    namespace = models.CharField(max_length=63)
    workload_kind = models.CharField(max_length=63)
    workload = models.CharField(max_length=253)
    images = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    image_digest = models.CharField(max_length=100, blank=True)
    replicas = models.PositiveIntegerField(default=0)
    ready = models.PositiveIntegerField(default=0)
    gpus = models.PositiveIntegerField("GPUs requested", default=0)
    labels = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=DeploymentStatus)
    since = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    missed_sweeps = models.PositiveSmallIntegerField(default=0, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    policy = DeploymentPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_key"],
                condition=Q(source__isnull=False),
                name="deployment_source_key",
            )
        ]
        indexes = [
            models.Index(fields=["entity", "environment"]),
            models.Index(fields=["cluster", "namespace", "workload"]),
        ]

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}/{self.workload}"


class DeploymentRevision(models.Model):
    """What a deployment became at an instant; append-only, because clusters keep no history."""

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="revisions")
    at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=8, choices=DeploymentStatus)
    model_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    image_digest = models.CharField(max_length=100, blank=True)
    replicas = models.PositiveIntegerField(default=0)
    gpus = models.PositiveIntegerField(default=0)

    policy = ThroughDeployment()
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["deployment", "-at"])]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M}"
