"""What decided requests allow, under which conditions, and who was reminded of the end."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Least
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.policies import Hidden, PolicyManager
from apps.people.models import Team
from apps.tooling.models.context import DATA_CLASSES, Environment
from apps.tooling.models.requests import ExceptionRequest
from apps.tooling.policies import ConditionPolicy, GrantPolicy


def _only(column: str) -> Any:
    """An id as a range of one, which GiST excludes by `&&` without an extension."""
    return Func(
        Cast(F(column), models.BigIntegerField()),
        Cast(F(column), models.BigIntegerField()),
        Value("[]"),
        function="int8range",
    )


ENDS = Least("expires", "revoked_at")
HELD = Func(
    "starts",
    ENDS,
    Value("[)"),
    function="TSTZRANGE",
    output_field=DateTimeRangeField(),
)


class Grant(models.Model):
    """A team may use a tool in an environment during [starts, least(expires, revoked_at)). Immutable but for its
    revocation, and the database sees to it; what is extended is a new grant, back to back."""

    request = models.ForeignKey(ExceptionRequest, on_delete=models.PROTECT, related_name="grants")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    tool = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    versions = models.CharField(max_length=200)
    scheme = models.CharField(max_length=6)
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="+")
    data_class = models.PositiveSmallIntegerField(choices=DATA_CLASSES)
    starts = models.DateTimeField()
    expires = models.DateTimeField()
    provisional = models.BooleanField(default=False, help_text="Given because a deadline was missed.")
    emergency = models.BooleanField(default=False)
    granted_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_because = models.CharField(max_length=500, blank=True)

    policy = GrantPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-starts", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(expires__gt=F("starts")), name="grant_expires_after_start"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("starts")),
                name="grant_revoked_after_start",
            ),
            models.CheckConstraint(condition=~Q(versions=""), name="grant_has_versions"),
            ExclusionConstraint(
                name="grant_no_overlap",
                expressions=[
                    (_only("team_id"), RangeOperators.OVERLAPS),
                    (_only("tool_id"), RangeOperators.OVERLAPS),
                    (_only("environment_id"), RangeOperators.OVERLAPS),
                    (HELD, RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["expires"]), models.Index(fields=["team", "tool"])]

    def __str__(self) -> str:
        return f"{self.tool} in {self.environment}"

    @property
    def ends(self) -> Any:
        return self.expires if self.revoked_at is None else min(self.expires, self.revoked_at)


class Condition(models.Model):
    """Something that is to be done while an exception holds. Met when somebody else than its team confirms the evidence;
    from its due instant on an unmet one denies."""

    request = models.ForeignKey(ExceptionRequest, on_delete=models.PROTECT, related_name="conditions")
    text = models.CharField(max_length=500)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due = models.DateTimeField()
    evidence = models.TextField(blank=True)
    evidence_at = models.DateTimeField(null=True, blank=True)
    evidence_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    returned = models.CharField(max_length=500, blank=True, help_text="Why the last evidence was not enough.")
    met_at = models.DateTimeField(null=True, blank=True)
    met_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    policy = ConditionPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["due", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(met_at__isnull=True) | ~Q(met_by=F("evidence_by")), name="condition_four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Reminder(models.Model):
    """That a grant's end in so many days was told, so that it is told once."""

    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="reminders")
    days = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)

    policy = Hidden()
    objects = PolicyManager()

    class Meta:
        constraints = [models.UniqueConstraint("grant", "days", name="grant_reminder_once")]

    def __str__(self) -> str:
        return f"{self.days} days before"
