"""Who vouched for a page, who has read a policy (both append-only), and who was told that a verification ends."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.core.policies import PolicyManager
from apps.wiki.models.pages import Page
from apps.wiki.models.revisions import Revision
from apps.wiki.policies import AcknowledgementPolicy, OwnPolicy, ThroughPage


class Verification(models.Model):
    """Somebody vouched for one revision until a date. What holds now stands on the page."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="verifications")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    policy = ThroughPage()
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["page", "-at"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("at")), name="verification_ends_after_it_began"
            )
        ]

    def __str__(self) -> str:
        return f"verification {self.pk}"


class Acknowledgement(models.Model):
    """Somebody says that they have read a revision of a policy."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="acknowledgements")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="acknowledgements")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    policy = AcknowledgementPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint("revision", "user", name="acknowledgement_once")]

    def __str__(self) -> str:
        return f"acknowledgement {self.pk}"


class Reminder(models.Model):
    """Somebody was told that a page's verification ends at `until`; nobody is told of one end twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="reminders")
    until = models.DateTimeField()
    at = models.DateTimeField(default=timezone.now)

    policy = OwnPolicy("page")
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint("user", "page", "until", name="reminder_once")]

    def __str__(self) -> str:
        return f"reminder {self.pk}"
