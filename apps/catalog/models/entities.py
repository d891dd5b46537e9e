"""Entities: everything that has an owner and a page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Collate, Lower, NullIf
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.catalog.policies import EntityPolicy, ThroughEntity
from apps.catalog.vocabulary import Kind, Stage, reference
from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import Owned, Team

SORT_NAME = Collate(Lower("name"), "C")
# What lists show of an entity, and so what they sort by: its title, or its name where it has none.
SORT_SHOWN = Collate(Lower(Coalesce(NullIf("title", Value("")), "name")), "C")
# The part of the search vector that name, title, namespace and tags gave (weights A and B).
LABELS = Func(
    "search_vector",
    function="ts_filter",
    template="%(function)s(%(expressions)s, '{a,b}'::\"char\"[])",
    output_field=SearchVectorField(),
)


def named(name: str) -> Exact:
    """Has this name, capital letters ignored, said as the indexes on `SORT_NAME` know it (`iexact` reads every row)."""
    return Exact(SORT_NAME, name.lower())


class Entity(Owned, Versioned):
    """One thing in the catalog, addressed as `kind:namespace/name`.

    Authority of fields (law 8): `title`, `description`, `tags` are seeded by a sync and then curated; `owner`,
    `visibility`, `stage`, `tier`, `links`, `curated` are curated; `synced` belongs to the source.
    """

    kind = models.CharField(max_length=12, choices=Kind)
    namespace = models.CharField(max_length=63)
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    accountable = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="accountable_for",
    )
    operated_by = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="operates"
    )
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.IDEA)
    stage_since = models.DateTimeField(default=timezone.now)
    tier = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="1 is what the company cannot be without."
    )
    tags = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    links = models.JSONField(default=list, blank=True, help_text='Each {"url": …, "title": …}.')
    reusable = models.BooleanField(default=False, help_text="Offered to other teams.")
    curated = models.JSONField(default=dict, blank=True)

    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="entities"
    )
    source_key = models.CharField(max_length=500, blank=True)
    source_hash = models.CharField(max_length=64, blank=True, editable=False)
    source_url = models.URLField(max_length=1000, blank=True)
    synced = models.JSONField(default=dict, blank=True, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True)
    missed_sweeps = models.PositiveSmallIntegerField(default=0, editable=False)
    tombstoned_at = models.DateTimeField(null=True, blank=True, help_text="Gone from its source for good.")
    search_vector = SearchVectorField(null=True, editable=False)

    policy = EntityPolicy()
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "entities"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                "kind", Lower("namespace"), Lower("name"), name="entity_reference_any_case"
            ),
            models.UniqueConstraint(
                "source", "kind", "source_key", condition=Q(source__isnull=False), name="entity_source_key"
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) | Q(tier__range=(1, 4)), name="entity_tier_1_to_4"
            ),
        ]
        indexes = [
            models.Index(SORT_NAME, "id", name="entity_sort_name"),
            models.Index(SORT_SHOWN, "id", name="entity_sort_shown"),
            models.Index("kind", SORT_SHOWN, "id", name="entity_kind_shown"),
            models.Index(F("updated_at").desc(), F("id").desc(), name="entity_recent"),
            models.Index(fields=["owner", "kind"], name="entity_owner"),
            models.Index(fields=["visibility", "owner"], name="entity_visibility"),
            GinIndex(fields=["tags"], name="entity_tags"),
            GinIndex(fields=["search_vector"], name="entity_search"),
            GinIndex(LABELS, name="entity_search_labels"),
        ]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def ref(self) -> str:
        return reference(self.kind, self.namespace, self.name)

    def get_absolute_url(self) -> str:
        return reverse("catalog:entity", args=[self.kind, self.namespace, self.name])


class EntityUserGrant(UserObjectPermissionBase):
    """View or change for one person; rare."""

    content_object = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="user_grants")
    is_grant_table = True

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class EntityGroupGrant(GroupObjectPermissionBase):
    """View or change for a team, through its group."""

    content_object = models.ForeignKey(Entity, on_delete=models.CASCADE, related_name="group_grants")
    is_grant_table = True

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class DatasetDetails(models.Model):
    """What queries need to know of a dataset."""

    class Classification(models.TextChoices):
        PUBLIC = "public", "Public"
        INTERNAL = "internal", "Internal"
        CONFIDENTIAL = "confidential", "Confidential"
        RESTRICTED = "restricted", "Restricted"

    class PersonalData(models.TextChoices):
        NONE = "none", "None"
        PSEUDONYMISED = "pseudonymised", "Pseudonymised"
        PERSONAL = "personal", "Personal"
        SENSITIVE = "sensitive", "Sensitive"

    class Origin(models.TextChoices):
        COLLECTED = "collected", "Collected"
        PURCHASED = "purchased", "Purchased"
        DERIVED = "derived", "Derived"
        SYNTHETIC = "synthetic", "Synthetic"

    class Quality(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        PASSING = "passing", "Passing"
        FAILING = "failing", "Failing"

    entity = models.OneToOneField(Entity, primary_key=True, on_delete=models.CASCADE, related_name="dataset")
    location = models.CharField(max_length=500, blank=True)
    format = models.CharField(max_length=50, blank=True)
    classification = models.CharField(max_length=12, choices=Classification, default=Classification.INTERNAL)
    personal_data = models.CharField(max_length=13, choices=PersonalData, default=PersonalData.NONE)
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    allowed_purposes = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    origin = models.CharField(max_length=9, choices=Origin, default=Origin.COLLECTED)
    quality_status = models.CharField(max_length=7, choices=Quality, default=Quality.UNKNOWN)
    certified = models.BooleanField(default=False)

    policy = ThroughEntity()
    objects = PolicyManager()

    def __str__(self) -> str:
        return f"details of {self.entity_id}"


class ModelDetails(models.Model):
    """What queries need to know of a model."""

    class RiskClass(models.TextChoices):
        UNCLASSIFIED = "unclassified", "Unclassified"
        MINIMAL = "minimal", "Minimal"
        LIMITED = "limited", "Limited"
        HIGH = "high", "High"
        UNACCEPTABLE = "unacceptable", "Unacceptable"

    entity = models.OneToOneField(Entity, primary_key=True, on_delete=models.CASCADE, related_name="model")
    risk_class = models.CharField(max_length=12, choices=RiskClass, default=RiskClass.UNCLASSIFIED)
    regimes = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    purpose = models.CharField(
        max_length=63, blank=True, help_text="Compared with the allowed purposes of its data."
    )
    retraining_max_age_days = models.PositiveIntegerField(null=True, blank=True)

    policy = ThroughEntity()
    objects = PolicyManager()

    def __str__(self) -> str:
        return f"details of {self.entity_id}"


class StageEvent(models.Model):
    """A move from stage to stage; append-only."""

    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="stage_events")
    from_stage = models.CharField(max_length=10, choices=Stage, blank=True)
    to_stage = models.CharField(max_length=10, choices=Stage)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    policy = ThroughEntity()
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["entity", "-at"])]

    def __str__(self) -> str:
        return f"{self.from_stage or 'new'} to {self.to_stage}"


def details_of(entity: Entity) -> Any:
    """The kind's one-to-one row, or None for kinds without one."""
    return getattr(entity, {Kind.DATASET: "dataset", Kind.MODEL: "model"}.get(Kind(entity.kind), ""), None)
