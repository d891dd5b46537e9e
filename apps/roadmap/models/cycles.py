"""Planning cycles: what there is to share, who shares it, and the sealed ballots."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import SLUG, BusinessUnit
from apps.roadmap.models.requests import Request
from apps.roadmap.models.scoring import ScoringPolicy
from apps.roadmap.policies import (
    AdvicePolicy,
    BallotLinePolicy,
    BallotPolicy,
    CandidatePolicy,
    CyclePolicy,
    OpenedPolicy,
    SharePolicy,
    ThroughCycle,
)
from apps.roadmap.workflow import CycleState, Entry, Role


class Cycle(Versioned):
    """A quarter, say, in which the center's capacity is shared out."""

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=100)
    starts = models.DateField()
    ends = models.DateField()
    state = models.CharField(max_length=9, choices=CycleState, default=CycleState.PREPARING)
    ballots_until = models.DateTimeField(null=True, blank=True)
    mandatory_cap = models.PositiveIntegerField(
        default=4_000, help_text="Most of the capacity that mandatory items may take, in basis points."
    )
    scoring_policy = models.ForeignKey(
        ScoringPolicy, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    policy = CyclePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-starts"]
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="cycle_ends_after_start"),
            models.CheckConstraint(condition=Q(mandatory_cap__lte=10_000), name="cycle_mandatory_cap"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("roadmap:cycle", args=[self.slug])


class Capacity(models.Model):
    """Person-weeks of a role, and how many of them are kept in reserve."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="capacities")
    role = models.CharField(max_length=20, choices=Role)
    weeks = models.DecimalField(max_digits=9, decimal_places=3)
    reserve = models.DecimalField(max_digits=9, decimal_places=3, default=0)

    policy = ThroughCycle()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "capacities"
        ordering = ["role"]
        constraints = [
            models.UniqueConstraint("cycle", "role", name="capacity_once_a_role"),
            models.CheckConstraint(
                condition=Q(weeks__gte=0, reserve__gte=0, reserve__lte=F("weeks")),
                name="capacity_reserve_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weeks} weeks of {self.get_role_display()}"


class Share(models.Model):
    """A unit's part of the capacity in basis points; without a unit it is the strategic wallet's."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="shares")
    unit = models.ForeignKey(BusinessUnit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    basis_points = models.PositiveIntegerField()

    policy = SharePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["unit__name"]
        constraints = [
            models.UniqueConstraint("cycle", "unit", name="share_once", nulls_distinct=False),
            models.CheckConstraint(condition=Q(basis_points__range=(1, 10_000)), name="share_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.unit or 'Strategic'}: {self.basis_points / 100:g}%"

    @property
    def key(self) -> str:
        """How the planner names the voter."""
        return f"unit:{self.unit.slug}" if self.unit else "strategic"


class Delegate(models.Model):
    """Who casts a unit's ballot besides its sponsor, named by the sponsor."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="delegates")
    share = models.ForeignKey(Share, on_delete=models.PROTECT, related_name="delegates")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughCycle()
    objects = PolicyManager()

    class Meta:
        constraints = [models.UniqueConstraint("share", "user", name="delegate_once")]

    def __str__(self) -> str:
        return f"{self.user} for {self.share}"


class Candidate(models.Model):
    """A request in a cycle. A mandatory one refers to an obligation and is approved by somebody else."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="candidates")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="candidacies")
    entry = models.CharField(max_length=9, choices=Entry, default=Entry.OPEN)
    obligation = models.CharField(max_length=300, blank=True, help_text="Law, contract or audit finding.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    planned = models.BooleanField(null=True, blank=True, help_text="What the committee decided.")
    at = models.DateTimeField(default=timezone.now)

    policy = CandidatePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("cycle", "request", name="candidate_once"),
            models.CheckConstraint(
                condition=~Q(entry=Entry.MANDATORY) | ~Q(obligation=""), name="mandatory_names_obligation"
            ),
            models.CheckConstraint(condition=~Q(approved_by=F("proposed_by")), name="mandatory_four_eyes"),
        ]

    def __str__(self) -> str:
        return f"{self.request} in {self.cycle}"


class Ballot(Versioned):
    """One voter's points in a cycle; read by nobody but its voter until the cycle is frozen."""

    share = models.OneToOneField(Share, on_delete=models.PROTECT, related_name="ballot")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="ballots")
    cast_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    cast_at = models.DateTimeField(default=timezone.now)

    policy = BallotPolicy()
    objects = PolicyManager()

    def __str__(self) -> str:
        return f"ballot of {self.share}"


class BallotLine(models.Model):
    """Points for one request; a ballot's add up to 100 at most."""

    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="lines")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField()

    policy = BallotLinePolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [
            models.UniqueConstraint("ballot", "candidate", name="ballot_line_once"),
            models.CheckConstraint(condition=Q(points__range=(1, 100)), name="ballot_line_points"),
        ]

    def __str__(self) -> str:
        return f"{self.points} points"


class Advice(models.Model):
    """What a member of a unit would give; the unit's voter reads it."""

    share = models.ForeignKey(Share, on_delete=models.PROTECT, related_name="advice")
    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    policy = AdvicePolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "advice"
        constraints = [
            models.UniqueConstraint("share", "candidate", "user", name="advice_once"),
            models.CheckConstraint(condition=Q(points__lte=100), name="advice_points"),
        ]

    def __str__(self) -> str:
        return f"{self.user} advises {self.points}"


class Snapshot(models.Model):
    """The frozen inputs of a cycle, byte for byte; append-only. A cycle that was reopened gets another one."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="snapshots")
    inputs = models.TextField(help_text="Canonical JSON of the planner's instance.")
    sha256 = models.CharField(max_length=64)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    policy = OpenedPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.sha256[:12]
