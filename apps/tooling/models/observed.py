"""What is really used: what the scan found in the catalog, and which answers were given."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.policies import PolicyManager
from apps.people.models import Team
from apps.tooling.models.context import DATA_CLASSES, Environment
from apps.tooling.models.grants import Grant
from apps.tooling.policies import CountPolicy, UsePolicy


class ObservedUse(models.Model):
    """The nightly scan saw that an entity uses a tool. Whether it may is decided when somebody asks, never stored."""

    class Origin(models.TextChoices):
        RELATION = "relation", "Relation"
        FLAVOUR = "flavour", "MLflow flavour"
        IMAGE = "image", "Container image"

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="tool_uses")
    tool = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="used_by")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    data_class = models.PositiveSmallIntegerField(choices=DATA_CLASSES)
    version = models.CharField(max_length=128, blank=True)
    origin = models.CharField(max_length=8, choices=Origin)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)

    policy = UsePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                "entity", "tool", "environment", "version", "origin", name="observed_use_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.entity_id} uses {self.tool_id}"


class DecisionCount(models.Model):
    """How often a day a team was denied a tool, or allowed it by an exception; for metrics and unused grants."""

    day = models.DateField()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    tool_name = models.CharField(max_length=214)
    tool = models.ForeignKey(Entity, null=True, on_delete=models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=40)
    surface = models.CharField(max_length=10)
    grant = models.ForeignKey(Grant, null=True, on_delete=models.PROTECT, related_name="counts")
    count = models.PositiveIntegerField(default=0)

    policy = CountPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-day", "id"]
        constraints = [
            models.UniqueConstraint(
                "day",
                "team",
                "tool_name",
                "environment",
                "reason",
                "surface",
                "grant",
                name="decision_count_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.tool_name}: {self.reason}"
