"""Plans as the worker computed them, and the meetings that decide."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.roadmap.models.cycles import Candidate, Cycle, Snapshot
from apps.roadmap.policies import MeetingPolicy, OpenedPolicy, OverridePolicy, ThroughMeeting
from apps.roadmap.workflow import PlanKind


class PlanRun(models.Model):
    """One computation of the three plans from a snapshot, or from a changed one in the sandbox."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="runs")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="runs")
    sandbox = models.JSONField(default=dict, blank=True, help_text="What was moved; empty for the real plan.")
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=60, blank=True)
    done = models.PositiveSmallIntegerField(default=0)
    of = models.PositiveSmallIntegerField(default=0)
    result = models.TextField(blank=True, help_text="Canonical JSON of the plans.")
    result_sha256 = models.CharField(max_length=64, blank=True)
    reproducible = models.BooleanField(default=False)
    solver = models.CharField(max_length=100, blank=True)
    error = models.TextField(blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    queued_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    policy = OpenedPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"plans of {self.snapshot}"


class Meeting(Versioned):
    """The committee decides on a run's plans; stale where the cycle was frozen anew since."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="meetings")
    run = models.ForeignKey(PlanRun, on_delete=models.PROTECT, related_name="meetings")
    chosen = models.CharField(max_length=13, choices=PlanKind, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    notes = models.TextField(blank=True)
    minutes_url = models.CharField(max_length=500, blank=True)

    policy = MeetingPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Meeting on {self.cycle}"


class Attendance(models.Model):
    """Who was there, and from which item they kept out."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendances")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recused_from = models.ManyToManyField(Candidate, related_name="+", blank=True)
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughMeeting()
    objects = PolicyManager()

    class Meta:
        constraints = [models.UniqueConstraint("meeting", "user", name="attendance_once")]

    def __str__(self) -> str:
        return f"{self.user} attends"


class Override(models.Model):
    """The committee takes another item than the plan: why, and what it displaces. One that is taken back moves nothing,
    and stays on record."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="overrides")
    takes = models.ForeignKey(Candidate, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    displaces = models.ForeignKey(
        Candidate, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField()
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_back_at = models.DateTimeField(null=True, blank=True)

    policy = OverridePolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="override_taken_back_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(takes__isnull=False) | Q(displaces__isnull=False), name="override_moves_something"
            ),
            models.CheckConstraint(condition=~Q(takes=F("displaces")), name="override_of_two_items"),
            models.CheckConstraint(condition=~Q(reason=""), name="override_says_why"),
        ]

    def __str__(self) -> str:
        return f"override {self.pk}"
