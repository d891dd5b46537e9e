"""The one table of everything that happened."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.event_rules import sees_some_target, view_events
from apps.core.policies import Policy, PolicyManager


class EventPolicy(Policy):
    """An event is as visible as its target; that of a vanished target only to CoE leads.

    The rule itself stands in `apps.core.event_rules`, because it asks the policies of all other models.
    """

    view = view_events

    def is_possible(self, user: Any, action: str) -> bool:
        return action == "view" and sees_some_target(user)


class Event(models.Model):
    """One thing that somebody did: audit trail, activity feed and source of notifications at once.

    `target` decides who may see it; `subject` is the object on whose history it is listed (the entity of a
    version, say). `data` holds values and ids, never the name of an object other than the target,
    nor the id of one that may be hidden from somebody who sees the target.
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    verb = models.CharField(max_length=64)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=150, blank=True, help_text="Who it was, where it was no user.")
    target_type = models.CharField(max_length=64)
    target_id = models.BigIntegerField()
    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)

    policy = EventPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "-id"]),
            models.Index(fields=["target_type", "target_id", "-id"]),
            models.Index(fields=["actor", "-id"]),
            models.Index(fields=["verb", "-id"], name="event_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.target_type}:{self.target_id}"
