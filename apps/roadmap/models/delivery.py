"""What is planned gets done: milestones, what blocks, what it really took, and to whom it was handed over."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import Team
from apps.roadmap.models.requests import Request
from apps.roadmap.policies import BlockPolicy, DeliveryPolicy, HandoverPolicy
from apps.roadmap.workflow import Role


class Milestone(Versioned):
    """A step of the delivery with a window instead of a promised date."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="milestones")
    title = models.CharField(max_length=200)
    p50 = models.DateField("as likely before as after")
    p90 = models.DateField("nearly surely by")
    done_at = models.DateTimeField(null=True, blank=True)

    policy = DeliveryPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["p50", "id"]
        constraints = [models.CheckConstraint(condition=Q(p90__gte=F("p50")), name="milestone_window")]

    def __str__(self) -> str:
        return self.title


class Block(models.Model):
    """Work that cannot go on: what it waits for, and who can end that."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="blocks")
    waits_for = models.CharField(max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    policy = BlockPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-since"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("since")),
                name="block_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.waits_for


class Actual(models.Model):
    """Person-weeks of one role that a request really took in a month; the last figure of a month counts."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="actuals")
    role = models.CharField(max_length=20, choices=Role)
    month = models.DateField(help_text="Its first day.")
    weeks = models.DecimalField(max_digits=9, decimal_places=3)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    policy = DeliveryPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-month", "role"]
        constraints = [
            models.UniqueConstraint("request", "role", "month", name="actual_once_a_month"),
            models.CheckConstraint(condition=Q(weeks__gte=0), name="actual_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.weeks} weeks in {self.month:%Y-%m}"


class Handover(models.Model):
    """What was delivered stands in the catalog, and a team runs it."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="handovers")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    policy = HandoverPolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [models.UniqueConstraint("request", "entity", name="handover_once")]

    def __str__(self) -> str:
        return f"{self.entity} to {self.team}"
