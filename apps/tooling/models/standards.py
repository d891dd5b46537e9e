"""Capabilities, the revisions of their standards, and by which names a tool is known in files and images."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import SLUG, Team
from apps.tooling.models.context import DATA_CLASSES, RINGS, Environment
from apps.tooling.policies import CompanyPolicy, RulePolicy, StandardPolicy, ToolPolicy
from apps.tooling.vocabulary import Ring
from apps.tooling.workflow import Quadrant

SCHEMES = [("pep440", "Python (PEP 440)"), ("semver", "Semantic versions")]
ECOSYSTEMS = [("pypi", "PyPI"), ("conda", "conda"), ("npm", "npm"), ("image", "Container image")]


class Capability(Versioned):
    """Something that teams need a tool for, as experiment tracking."""

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    quadrant = models.CharField(max_length=8, choices=Quadrant)

    policy = StandardPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "capabilities"
        ordering = ["quadrant", "name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tooling:capability", args=[self.slug])


class Standard(models.Model):
    """One revision of what a capability's tools are; append-only, a later revision supersedes it."""

    capability = models.ForeignKey(Capability, on_delete=models.PROTECT, related_name="standards")
    revision = models.PositiveIntegerField()
    rationale = models.TextField()
    exit_criteria = models.TextField(blank=True)
    effective_from = models.DateTimeField()
    summary = models.CharField(max_length=300, blank=True, help_text="What changed.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    policy = CompanyPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["capability", "-revision"]
        constraints = [
            models.UniqueConstraint("capability", "revision", name="standard_revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.capability}, revision {self.revision}"

    def get_absolute_url(self) -> str:
        return reverse("tooling:standard", args=[self.capability.slug, self.revision])


class StandardRule(models.Model):
    """One tool's ring in one context of one revision; append-only. Empty means every environment or data class."""

    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="rules")
    tool = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    versions = models.CharField("versions", max_length=200, default="*")
    scheme = models.CharField(max_length=6, choices=SCHEMES, default="pep440")
    environment = models.ForeignKey(
        Environment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    data_class = models.PositiveSmallIntegerField(choices=DATA_CLASSES, null=True, blank=True)
    ring = models.CharField(max_length=11, choices=RINGS)
    note = models.CharField(max_length=300, blank=True)

    policy = RulePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                "standard",
                "tool",
                "versions",
                "environment",
                "data_class",
                name="standard_rule_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=~models.Q(versions=""), name="standard_rule_has_versions"),
            models.CheckConstraint(
                condition=models.Q(ring__in=[each.value for each in Ring]), name="standard_rule_ring"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.versions}: {self.ring}"


class ToolProfile(Versioned):
    """What the radar says of a tool besides its catalog entry: how its versions compare and who supports it."""

    tool = models.OneToOneField(Entity, primary_key=True, on_delete=models.PROTECT, related_name="tooling")
    scheme = models.CharField(max_length=6, choices=SCHEMES, default="pep440")
    supported_by = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    support = models.TextField(blank=True, help_text="Who helps, where, and how quickly.")

    policy = ToolPolicy()
    objects = PolicyManager()

    def __str__(self) -> str:
        return f"profile of {self.tool_id}"


class Package(models.Model):
    """A name by which files and clusters know a tool. An image's name ends where its tag begins."""

    ecosystem = models.CharField(max_length=5, choices=ECOSYSTEMS)
    name = models.CharField(max_length=214)
    tool = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="packages")

    policy = ToolPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["ecosystem", "name"]
        constraints = [models.UniqueConstraint("ecosystem", "name", name="package_once")]

    def __str__(self) -> str:
        return f"{self.ecosystem}:{self.name}"
