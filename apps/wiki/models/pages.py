"""Pages in their tree."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager, PolicyQuerySet
from apps.people.models import Owned, Team
from apps.wiki.models.spaces import Space
from apps.wiki.policies import PagePolicy, ThroughPage
from apps.wiki.text.naming import LONGEST_SLUG, page_key
from apps.wiki.vocabulary import DUE_BEFORE, HOME, Audience, Freshness, PageState, Template


def new_uid() -> str:
    """A page's permanent id: 80 random bits in base 32."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(16))


class PageQuerySet(MP_NodeQuerySet, PolicyQuerySet["Page"]):
    """Pages narrowed by policy, in the order of their tree."""


class PageManager(PolicyManager.from_queryset(PageQuerySet), MP_NodeManager):  # type: ignore[misc]
    use_in_migrations = False

    def get_queryset(self) -> PageQuerySet:
        return PageQuerySet(self.model, using=self._db)


class Page(MP_Node, Owned, Versioned):
    """One page. `path` orders the tree (one root, the home page, per space).

    `owner` and `visibility` are what holds now, derived: the owner of the space, and the narrowest of the space's
    visibility and of what this page and those above it were `narrowed` to. They are set when the page
    is made; `actions.placing` alone writes them again.
    `version` counts changes of the page's frame; its text has revisions.
    """

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="pages")
    uid = models.CharField(max_length=40, unique=True, default=new_uid, editable=False)
    slug = models.CharField(max_length=LONGEST_SLUG)
    title = models.CharField(max_length=200)
    title_key = models.CharField(max_length=LONGEST_SLUG, editable=False)
    tags = ArrayField(models.CharField(max_length=63), default=list, blank=True)
    template = models.CharField(max_length=16, choices=Template, default=Template.PAGE)
    extra = models.JSONField(
        default=dict, blank=True, help_text="Front matter of an import that is not ours."
    )
    narrowed = models.CharField(max_length=10, blank=True, default="")
    state = models.CharField(max_length=8, choices=PageState, default=PageState.CURRENT)
    revision = models.ForeignKey(
        "Revision", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    lead = models.CharField(max_length=300, blank=True, editable=False)
    words = models.PositiveIntegerField(default=0, editable=False)
    search_vector = SearchVectorField(null=True, editable=False)

    verifier = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verifier_team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    verify_every_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    verified_until = models.DateTimeField(null=True, blank=True, editable=False)
    acknowledged_by = models.CharField(max_length=7, choices=Audience, blank=True, default=Audience.NOBODY)

    shipped_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    document_key = models.CharField(max_length=200, null=True, blank=True, unique=True, editable=False)

    policy = PagePolicy()
    objects = PageManager()
    address_joins = ("space",)  # what `get_absolute_url` reads besides the row

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint("space", "slug", name="page_slug_once"),
            models.UniqueConstraint("space", condition=Q(depth=1), name="page_one_home"),
            models.CheckConstraint(
                condition=Q(narrowed__in=["", "unit", "restricted"]), name="page_narrowed"
            ),
            models.CheckConstraint(
                condition=Q(verifier__isnull=True) | Q(verifier_team__isnull=True), name="page_one_verifier"
            ),
            models.CheckConstraint(
                condition=Q(verify_every_days__isnull=True) | Q(verify_every_days__range=(1, 3650)),
                name="page_interval_1_to_3650",
            ),
        ]
        indexes = [
            models.Index(fields=["space", "title_key"], name="page_title_key"),
            models.Index(fields=["visibility", "owner"], name="page_visibility"),
            models.Index(fields=["-updated_at", "-id"], name="page_recent"),
            models.Index(fields=["verified_until"], name="page_verified_until"),
            GinIndex(fields=["search_vector"], name="page_search"),
            GinIndex(fields=["tags"], name="page_tags"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_home(self) -> bool:
        return self.depth == 1

    @property
    def interval_days(self) -> int | None:
        """How long a verification holds, in days: the page's own interval, else the space's; None for never."""
        return self.verify_every_days or self.space.verify_every_days

    def freshness(self, at: datetime | None = None) -> str:
        """Verified, due, expired or not verified at an instant (now, unless told otherwise)."""
        at = at or timezone.now()
        if self.verified_until is None:
            return Freshness.UNVERIFIED
        if self.verified_until <= at:
            return Freshness.EXPIRED
        return Freshness.DUE if self.verified_until - at <= DUE_BEFORE else Freshness.VERIFIED

    def get_absolute_url(self) -> str:
        if self.slug == HOME and self.is_home:
            return self.space.get_absolute_url()
        return reverse("wiki:page", args=[self.space.slug, self.slug])

    def get_permanent_url(self) -> str:
        return reverse("wiki:permanent", args=[self.uid])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Titles are found by their key, so the key never lags behind."""
        self.title_key = page_key(self.title)
        super().save(*args, **kwargs)


class PageUserGrant(UserObjectPermissionBase):
    """View or change of one page for one person; rare."""

    content_object = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="user_grants")
    is_grant_table = True

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class PageGroupGrant(GroupObjectPermissionBase):
    """View or change of one page for a team, through its group."""

    content_object = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="group_grants")
    is_grant_table = True

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False


class Redirect(models.Model):
    """An address that a page had before; it points at the page itself, so chains cannot form."""

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="redirects")
    slug = models.CharField(max_length=LONGEST_SLUG)
    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="redirects")
    at = models.DateTimeField(default=timezone.now)

    policy = ThroughPage()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint("space", "slug", name="redirect_once")]

    def __str__(self) -> str:
        return f"{self.slug} to {self.page_id}"
