"""Who has to look at a request, and what each of them said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.policies import PolicyManager
from apps.tooling.models.requests import ExceptionRequest
from apps.tooling.policies import StepPolicy, ThroughRequest
from apps.tooling.workflow import StepRole


class ReviewStep(models.Model):
    """One kind of eyes in one round of a review; open until its verdicts suffice."""

    request = models.ForeignKey(ExceptionRequest, on_delete=models.PROTECT, related_name="steps")
    round = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=9, choices=StepRole)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    approved = models.BooleanField(null=True, blank=True)

    policy = StepPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("request", "round", "role", name="step_once_a_round"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, approved__isnull=True)
                | Q(closed_at__isnull=False, approved__isnull=False),
                name="step_closed_with_an_answer",
            ),
        ]

    def __str__(self) -> str:
        return self.get_role_display()


class Verdict(models.Model):
    """What one person said in one step; append-only. A person takes one step of a request, in one round."""

    step = models.ForeignKey(ReviewStep, on_delete=models.PROTECT, related_name="verdicts")
    request = models.ForeignKey(ExceptionRequest, on_delete=models.PROTECT, related_name="verdicts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approves = models.BooleanField()
    comment = models.TextField(blank=True)
    alternative = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Of a rejection."
    )
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint("request", "user", name="verdict_one_step_a_person"),
            models.CheckConstraint(condition=~Q(user=F("requester")), name="verdict_four_eyes"),
            models.CheckConstraint(
                condition=Q(approves=True) | (Q(alternative__isnull=False) & ~Q(comment="")),
                name="verdict_rejection_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {'approves' if self.approves else 'rejects'}"


class Recusal(models.Model):
    """Somebody said that they have an interest in the outcome, and keeps out; append-only."""

    request = models.ForeignKey(ExceptionRequest, on_delete=models.PROTECT, related_name="recusals")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint("request", "user", name="recusal_once")]

    def __str__(self) -> str:
        return f"{self.user} is recused"
