"""How requests are valued: one policy for the whole company, blind scores, estimates as ranges."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.core.policies import PolicyManager
from apps.roadmap.models.requests import Request, RequestKpi
from apps.roadmap.policies import EstimatePolicy, ScoreLinePolicy, ScorePolicy, SettingPolicy
from apps.roadmap.workflow import Evidence, Role, Urgency


class ScoringPolicy(models.Model):
    """One revision of how values are compared; append-only.

    `rates`: [{"category", "measure", "value"}]: what one unit of a KPI is worth, in whole policy points a year, as
    exact decimal text. `ladder`: evidence to probability. `decay`: urgency profile to the part of the value that a
    quarter's delay costs.
    """

    number = models.PositiveIntegerField(unique=True)
    rates = models.JSONField(default=list)
    ladder = models.JSONField(default=dict)
    decay = models.JSONField(default=dict)
    stale_after_days = models.PositiveSmallIntegerField(default=90)
    rationale = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    policy = SettingPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "scoring policies"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"Scoring policy {self.number}"


class Score(models.Model):
    """One scorer's view in one round; sealed from everybody else until the round is revealed."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="scores")
    round = models.PositiveSmallIntegerField(default=1)
    scorer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    impact = models.DecimalField(max_digits=3, decimal_places=2, help_text="3, 2, 1, 0.5 or 0.25.")
    urgency = models.CharField(max_length=8, choices=Urgency)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    revealed_at = models.DateTimeField(null=True, blank=True)

    policy = ScorePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["round", "at", "id"]
        constraints = [
            models.UniqueConstraint("request", "round", "scorer", name="score_once_a_round"),
            models.CheckConstraint(condition=~Q(scorer=F("requester")), name="score_four_eyes"),
        ]

    def __str__(self) -> str:
        return f"score {self.pk}"


class ScoreLine(models.Model):
    """What a scorer expects of one KPI, and how well it is known."""

    score = models.ForeignKey(Score, on_delete=models.PROTECT, related_name="lines")
    kpi = models.ForeignKey(RequestKpi, on_delete=models.PROTECT, related_name="+")
    expected = models.DecimalField(max_digits=38, decimal_places=18, help_text="In the KPI's own unit.")
    evidence = models.CharField(max_length=9, choices=Evidence)

    policy = ScoreLinePolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [
            models.UniqueConstraint("score", "kpi", name="score_line_once"),
            models.CheckConstraint(condition=Q(expected__gte=0), name="score_line_not_negative"),
        ]

    def __str__(self) -> str:
        return f"line {self.pk}"


class Estimate(models.Model):
    """Person-weeks of one role, as a range; append-only, the last one counts."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="estimates")
    role = models.CharField(max_length=20, choices=Role)
    p10 = models.DecimalField("P10", max_digits=9, decimal_places=3)
    p50 = models.DecimalField("P50", max_digits=9, decimal_places=3)
    p90 = models.DecimalField("P90", max_digits=9, decimal_places=3)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    policy = EstimatePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["role", "-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(p10__gte=0, p50__gte=F("p10"), p90__gte=F("p50")), name="estimate_range_rises"
            )
        ]

    def __str__(self) -> str:
        return f"{self.p50} weeks of {self.get_role_display()}"
