"""Proposals to change a standard: what people say, and how the committee votes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.tooling.models.standards import Capability, Standard
from apps.tooling.policies import ProposalPolicy, ThroughProposal
from apps.tooling.workflow import ProposalState


class Proposal(Versioned):
    """A whole new revision, proposed. `rules` as a revision's: [{"tool": reference, "versions", "environment": slug or
    null, "data_class": name or null, "ring", "note"}]."""

    capability = models.ForeignKey(Capability, on_delete=models.PROTECT, related_name="proposals")
    title = models.CharField(max_length=200)
    reason = models.TextField()
    rationale = models.TextField()
    exit_criteria = models.TextField(blank=True)
    rules = models.JSONField(default=list)
    base = models.ForeignKey(Standard, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateTimeField(null=True, blank=True, help_text="Empty: when accepted.")
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=ProposalState, default=ProposalState.OPEN)
    voting_since = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome = models.ForeignKey(Standard, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    policy = ProposalPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("tooling:proposal", args=[self.pk])


class ProposalVote(models.Model):
    """One seat's vote; append-only. Nobody votes on what they proposed."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approves = models.BooleanField()
    comment = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughProposal()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint("proposal", "user", name="proposal_vote_once"),
            models.CheckConstraint(condition=~Q(user=F("proposer")), name="proposal_vote_four_eyes"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {'for' if self.approves else 'against'}"


class ProposalComment(models.Model):
    """Something said about a proposal; append-only."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughProposal()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"comment {self.pk}"
