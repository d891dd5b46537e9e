"""What came of it: figures that somebody else confirmed, and reviews after 90, 180 and 365 days."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.core.policies import PolicyManager
from apps.roadmap.models.requests import Request, RequestKpi
from apps.roadmap.policies import OutcomePolicy, ReviewPolicy

REVIEW_DAYS = (90, 180, 365)


class Outcome(models.Model):
    """A KPI's measured change in a period, and the part of it that the work may claim. Counts when confirmed."""

    kpi = models.ForeignKey(RequestKpi, on_delete=models.PROTECT, related_name="outcomes")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="outcomes")
    period_start = models.DateField()
    period_end = models.DateField(help_text="The first day after it.")
    value = models.DecimalField(max_digits=38, decimal_places=18, help_text="Measured change, signed.")
    attribution = models.DecimalField(max_digits=4, decimal_places=3, default=1, help_text="0 to 1.")
    source = models.CharField(max_length=500)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    policy = OutcomePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["period_start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(period_end__gt=F("period_start")), name="outcome_period"),
            models.CheckConstraint(condition=Q(attribution__range=(0, 1)), name="outcome_attribution"),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | (~Q(confirmed_by=F("recorded_by")) & ~Q(confirmed_by=F("requester"))),
                name="outcome_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"outcome {self.pk}"


class OutcomeReview(models.Model):
    """A look back so many days after delivery."""

    class Verdict(models.TextChoices):
        ADOPTED = "adopted", "Adopted"
        NOT_ADOPTED = "not_adopted", "Built, not adopted"
        STOPPED_LEARNED = "stopped_learned", "Stopped, learned"

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="outcome_reviews")
    days = models.PositiveSmallIntegerField()
    due = models.DateField()
    target_adoption = models.PositiveIntegerField(null=True, blank=True)
    adoption = models.PositiveIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=15, choices=Verdict, blank=True)
    lesson = models.TextField(blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    policy = ReviewPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["due"]
        constraints = [
            models.UniqueConstraint("request", "days", name="outcome_review_once"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | ~Q(verdict=""), name="outcome_review_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"review after {self.days} days"

    @property
    def early(self) -> bool:
        """Done before its day: use was stopped before anybody could look back."""
        return self.done_at is not None and self.done_at.date() < self.due
