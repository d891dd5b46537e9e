"""Typed edges between entities, each with the origin that keeps it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.catalog.models.entities import Entity
from apps.catalog.policies import RelationPolicy
from apps.catalog.vocabulary import RelationType
from apps.core.policies import PolicyManager


class Relation(models.Model):
    """`source` is related to `target`; one row per origin, so that a sync ends only its own edges."""

    CURATED = "curated"

    source = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="outgoing")
    target = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="incoming")
    type = models.CharField(max_length=13, choices=RelationType)
    origin = models.CharField(
        max_length=100, default=CURATED, help_text="“curated”, or the source that said so."
    )
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    policy = RelationPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "type", "origin"],
                condition=Q(ended_at__isnull=True),
                name="relation_once",
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="relation_not_to_itself"),
        ]
        indexes = [
            models.Index(fields=["source", "type"], condition=Q(ended_at__isnull=True), name="relation_from"),
            models.Index(fields=["target", "type"], condition=Q(ended_at__isnull=True), name="relation_to"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.type} {self.target_id}"
