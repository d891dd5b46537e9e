"""Spaces: where pages live, and what they inherit from."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.core.concurrency import Versioned
from apps.core.policies import PolicyManager
from apps.people.models import SLUG, Owned
from apps.wiki.policies import SpacePolicy


class Space(Owned, Versioned):
    """A tree of pages with one owner team, one visibility and one interval of verification.

    Its home page is the root of the tree. `verify_every_days` is None where pages need no verification.
    """

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    title = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    verify_every_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )

    policy = SpacePolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verify_every_days__isnull=True)
                | models.Q(verify_every_days__range=(1, 3650)),
                name="space_interval_1_to_3650",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("wiki:space", args=[self.slug])


class SpaceUserGrant(UserObjectPermissionBase):
    """View or change of a space for one person; rare."""

    content_object = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="user_grants")
    is_grant_table = True

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False


class SpaceGroupGrant(GroupObjectPermissionBase):
    """View or change of a space for a team, through its group."""

    content_object = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="group_grants")
    is_grant_table = True

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
