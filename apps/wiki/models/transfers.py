"""Imports and exports with their progress, and searches that found nothing."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.policies import PolicyManager
from apps.wiki.models.spaces import Space
from apps.wiki.policies import OwnPolicy


class Transfer(models.Model):
    """One import into or export from a space, done by the worker; only who asked for it sees it.

    `done` of `total` are pages. `report` holds what was found: counts, problems, warnings.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", "Import"
        EXPORT = "export", "Export"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    space = models.ForeignKey(Space, null=True, on_delete=models.PROTECT, related_name="transfers")
    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    dry_run = models.BooleanField(default=False)
    file = models.FileField(upload_to="wiki-transfers/", max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True, help_text="As its owner calls it.")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    policy = OwnPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class FruitlessSearch(models.Model):
    """Somebody searched for these words and found nothing. Several people who did are a demand signal."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    words = models.CharField(max_length=200)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    policy = OwnPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "fruitless searches"
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint("user", "words", name="fruitless_search_once")]
        indexes = [models.Index(fields=["words"], name="fruitless_words")]

    def __str__(self) -> str:
        return self.words
