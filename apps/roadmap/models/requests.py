"""Requests for central capacity, and what stands behind them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.catalog.models import Entity
from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import BusinessUnit, Owned
from apps.roadmap.policies import DependencyPolicy, FollowPolicy, RequestPolicy, ThroughRequest
from apps.roadmap.workflow import Approach, Category, Direction, Link, RequestType, State


class Request(Owned, Versioned):
    """What somebody wants from the center. A draft may be incomplete; what was submitted is not."""

    title = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=RequestType, default=RequestType.USE_CASE)
    unit = models.ForeignKey(BusinessUnit, on_delete=models.PROTECT, related_name="roadmap_requests")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who answers for the business value.",
    )
    sponsored_at = models.DateTimeField(null=True, blank=True, help_text="When the sponsor said so.")
    problem = models.TextField(blank=True)
    decision_changed = models.TextField("decision that changes", blank=True)
    if_nothing = models.TextField("what if we do nothing", blank=True)
    why_now = models.TextField(blank=True)
    approach = models.CharField(max_length=5, choices=Approach, blank=True)
    approach_reason = models.TextField("why so", blank=True)
    reach = models.PositiveIntegerField(null=True, blank=True, help_text="People or cases a quarter.")
    strategic = models.BooleanField(
        default=False, help_text="The strategic wallet stands for it, where no second unit does."
    )
    state = models.CharField(max_length=14, choices=State, default=State.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True, help_text="Why it stands where it stands.")
    triager = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="The center's first answer.")
    decided_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates"
    )
    signal = models.CharField(max_length=300, blank=True, help_text="The demand that it came from.")
    search_vector = SearchVectorField(null=True, editable=False)

    policy = RequestPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name = "roadmap request"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[State.DRAFT, State.WITHDRAWN]) | Q(submitted_at__isnull=False),
                name="roadmap_request_submitted",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DUPLICATE) | Q(merged_into__isnull=False),
                name="roadmap_duplicate_of_something",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="roadmap_not_its_own_duplicate"),
            models.CheckConstraint(
                condition=~Q(state__in=[State.DECLINED, State.DEFERRED, State.CANCELLED]) | ~Q(reason=""),
                name="roadmap_no_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-state_since"]),
            models.Index(fields=["unit", "state"]),
            models.Index(fields=["owner", "state"], name="roadmap_request_owner"),
            GinIndex(fields=["search_vector"], name="roadmap_request_search"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """How the planner and documents name it."""
        return f"request:{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("roadmap:request", args=[self.pk])


class RequestUserGrant(UserObjectPermissionBase):
    content_object = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="user_grants")
    is_grant_table = True

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class RequestGroupGrant(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="group_grants")
    is_grant_table = True

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class RequestKpi(Versioned):
    """A figure that should move: by how much, as a range, how it is measured, and who answers for it.

    P10, P50 and P90 are the expected change in the figure's own unit, always positive in `direction`.
    """

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="kpis")
    category = models.CharField(max_length=12, choices=Category)
    name = models.CharField(max_length=200)
    measure = models.CharField(
        "unit of measure", max_length=30, help_text="EUR a year, hours a week, points."
    )
    direction = models.CharField(max_length=4, choices=Direction)
    baseline = models.DecimalField(max_digits=38, decimal_places=18, null=True, blank=True)
    p10 = models.DecimalField("P10", max_digits=38, decimal_places=18)
    p50 = models.DecimalField("P50", max_digits=38, decimal_places=18)
    p90 = models.DecimalField("P90", max_digits=38, decimal_places=18)
    measured_how = models.CharField(max_length=500, blank=True)
    review_at = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        verbose_name = "KPI"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(p10__gte=0, p50__gte=F("p10"), p90__gte=F("p50")), name="kpi_range_rises"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Support(models.Model):
    """A unit says that it needs this too; one a unit."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="supports")
    unit = models.ForeignKey(BusinessUnit, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    merged_from = models.ForeignKey(
        Request, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint("request", "unit", name="support_once_a_unit")]

    def __str__(self) -> str:
        return f"{self.unit} supports {self.request_id}"


class RequestLink(models.Model):
    """A request is about an entity of the catalog."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="links")
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="roadmap_links")

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        constraints = [models.UniqueConstraint("request", "entity", name="request_link_once")]

    def __str__(self) -> str:
        return f"{self.request_id} about {self.entity_id}"


class Dependency(models.Model):
    """A request needs another one first, or excludes it."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="dependencies")
    other = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="dependants")
    kind = models.CharField(max_length=8, choices=Link)

    policy = DependencyPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint("request", "other", name="dependency_once"),
            models.CheckConstraint(condition=~Q(request=F("other")), name="dependency_on_another"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.kind} {self.other_id}"


class Follow(models.Model):
    """Somebody wants to hear of a request."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="follows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    policy = FollowPolicy()
    objects = PolicyManager()

    class Meta:
        constraints = [models.UniqueConstraint("request", "user", name="follow_once")]

    def __str__(self) -> str:
        return f"{self.user} follows {self.request_id}"


class RequestComment(models.Model):
    """Something said about a request; append-only."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughRequest()
    objects = PolicyManager()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"comment {self.pk}"
