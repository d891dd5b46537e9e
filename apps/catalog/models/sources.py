"""Where facts come from, what each sweep did, and what it found wrong."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.catalog.models.deployments import Deployment
from apps.catalog.models.entities import Entity
from apps.catalog.policies import FindingPolicy, SourcePolicy, ThroughSource
from apps.catalog.vocabulary import FindingKind, Severity
from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import SLUG, BusinessUnit, Team, Visibility


class Source(Versioned):
    """A place that the catalog reads. Secrets are named, never kept: `env:NAME` or `file:/path`."""

    class Kind(models.TextChoices):
        MLFLOW = "mlflow", "MLflow"
        KUBERNETES = "kubernetes", "Kubernetes"

    name = models.CharField(max_length=63, unique=True, validators=[SLUG])
    kind = models.CharField(max_length=10, choices=Kind)
    enabled = models.BooleanField(default=True)
    interval_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="How often the worker sweeps it."
    )
    config = models.JSONField(
        default=dict, blank=True, help_text="Address and options; see the handbook, “Sources”."
    )
    secret_ref = models.CharField(
        max_length=300,
        blank=True,
        help_text="Where the secret stands: env:NAME or file:/path. Never the secret itself.",
    )
    webhook_secret_ref = models.CharField(
        max_length=300, blank=True, help_text="The same, for MLflow webhooks."
    )
    default_owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    default_unit = models.ForeignKey(
        BusinessUnit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose namespace new things without an owner get; empty: coe.",
    )
    default_visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.COMPANY)
    identity = models.CharField(
        max_length=200, blank=True, editable=False, help_text="What the place said it is."
    )
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)

    policy = SourcePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SyncRun(models.Model):
    """One sweep of a source, with what it read and did."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        PARTIAL = "partial", "Partly failed"
        FAILED = "failed", "Failed"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of life while running.")
    only = models.CharField(max_length=500, blank=True, help_text="The one model that a webhook hinted at.")
    scope = models.CharField(max_length=200, blank=True, help_text="What it is reading now.")
    expected = models.PositiveIntegerField(null=True, blank=True, help_text="Rows of the last full sweep.")
    read = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=list, blank=True, help_text='The first 200: {"key": …, "reason": …}.')
    scopes = models.JSONField(
        default=list, blank=True, help_text='Each {"scope", "rows", "absent", "failed"}.'
    )
    error = models.TextField(blank=True)

    policy = ThroughSource()
    objects = PolicyManager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "source", condition=Q(state__in=["queued", "running"]), name="sync_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.queued_at:%Y-%m-%d %H:%M}"

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class Finding(models.Model):
    """Something that needs a person. `fingerprint` keeps one open finding per cause."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        RESOLVED = "resolved", "Resolved"
        DISMISSED = "dismissed", "Dismissed"

    OPEN_STATES = ("open", "acknowledged")

    kind = models.CharField(max_length=20, choices=FindingKind)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.MEDIUM)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    fingerprint = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    entity = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    deployment = models.ForeignKey(
        Deployment, null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    source = models.ForeignKey(
        Source, null=True, blank=True, on_delete=models.PROTECT, related_name="findings"
    )
    owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True)

    policy = FindingPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                "fingerprint", condition=Q(state__in=["open", "acknowledged"]), name="finding_open_once"
            )
        ]
        indexes = [models.Index(fields=["entity", "state"]), models.Index(fields=["state", "-opened_at"])]

    def __str__(self) -> str:
        return self.title


class WebhookDelivery(models.Model):
    """A delivery id that was taken, so that a repeated one does nothing."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="deliveries")
    delivery_id = models.CharField(max_length=200)
    event = models.CharField(max_length=100, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    policy = ThroughSource()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["source", "delivery_id"], name="webhook_delivery_once")
        ]

    def __str__(self) -> str:
        return self.delivery_id
