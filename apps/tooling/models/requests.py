"""Requests for another tool than the standard, and what people say about them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import Team
from apps.tooling.models.context import DATA_CLASSES, Environment
from apps.tooling.models.standards import ECOSYSTEMS, Capability, Standard, StandardRule
from apps.tooling.policies import RequestPolicy, ThroughRequest
from apps.tooling.vocabulary import DataClass
from apps.tooling.workflow import Level, State


class ExceptionRequest(Versioned):
    """One team asks to use one tool for a time. A draft may be incomplete; what was submitted never is.

    `alternatives`: [{"tool": text, "standard": bool, "why_not": text}]; `trade_offs`: {"value": [score, text], …}
    with scores from 1 (little) to 5 (much), one scale for value and for each cost.
    """

    state = models.CharField(max_length=15, choices=State, default=State.DRAFT)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="exception_requests")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    tool = models.ForeignKey(Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    tool_name = models.CharField(
        max_length=63, blank=True, help_text="A tool that the catalog does not know."
    )
    ecosystem = models.CharField(max_length=5, choices=ECOSYSTEMS, blank=True)
    capability = models.ForeignKey(
        Capability, null=True, blank=True, on_delete=models.PROTECT, related_name="requests"
    )
    versions = models.CharField(max_length=200, default="*", blank=True)
    environments = models.ManyToManyField(Environment, related_name="+", blank=True)
    data_class = models.PositiveSmallIntegerField(choices=DATA_CLASSES, default=DataClass.INTERNAL.value)
    objective = models.TextField(blank=True)
    kpi = models.CharField("KPI", max_length=300, blank=True)
    alternatives = models.JSONField(default=list, blank=True)
    trade_offs = models.JSONField(default=dict, blank=True)
    cost_of_refusal = models.TextField("cost of not granting", blank=True)
    support_owner = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    exit_plan = models.TextField(blank=True)
    controls = models.TextField("compensating controls", blank=True)
    requested_until = models.DateField(null=True, blank=True)
    emergency = models.BooleanField(default=False)
    renews = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals"
    )
    tied_to = models.CharField(
        max_length=200, blank=True, help_text="The roadmap item that will make the exception needless."
    )

    level = models.CharField("tier", max_length=6, choices=Level, blank=True)
    standard = models.ForeignKey(
        Standard,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="When submitted.",
    )
    bans = models.ManyToManyField(StandardRule, related_name="+", blank=True)
    round = models.PositiveSmallIntegerField(default=1, help_text="2 after an appeal.")
    triager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    question = models.TextField(blank=True, help_text="What the center asked.")
    submitted_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the requester has the ball."
    )
    escalated_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.TextField(blank=True)
    alternative = models.ForeignKey(
        Entity, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Of a rejection."
    )
    appeal = models.TextField(blank=True)
    record_url = models.CharField(max_length=500, blank=True)
    search_vector = SearchVectorField(null=True, editable=False)

    policy = RequestPolicy()
    objects = PolicyManager()
    address_joins = ("tool", "team")  # what its name reads besides the row

    class Meta:
        verbose_name = "exception request"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[State.DRAFT, State.WITHDRAWN])
                | Q(
                    submitted_at__isnull=False,
                    due_at__isnull=False,
                    tool__isnull=False,
                    requested_until__isnull=False,
                )
                & ~Q(level=""),
                name="request_complete_once_submitted",
            ),
            models.CheckConstraint(condition=Q(round__in=[1, 2]), name="request_one_appeal"),
            models.CheckConstraint(
                condition=~Q(state=State.REJECTED) | (Q(alternative__isnull=False) & ~Q(decision="")),
                name="request_rejection_names_alternative",
            ),
            models.UniqueConstraint(
                "renews",
                condition=Q(renews__isnull=False)
                & ~Q(state__in=[State.REJECTED, State.WITHDRAWN, State.DRAFT]),
                name="request_renewed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"]),
            models.Index(fields=["team", "state"]),
            models.Index(fields=["tool", "state"]),
            GinIndex(fields=["search_vector"], name="request_search"),
        ]

    def __str__(self) -> str:
        return f"{self.tool or self.tool_name or 'A tool'} for {self.team}"

    def get_absolute_url(self) -> str:
        return reverse("tooling:request", args=[self.pk])


class RequestComment(models.Model):
    """Something said about a request; append-only."""

    request = models.ForeignKey(ExceptionRequest, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"comment {self.pk}"
