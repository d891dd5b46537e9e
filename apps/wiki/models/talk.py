"""Readers' words below a page, who was mentioned, and who wants to hear of changes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.core.policies import PolicyManager
from apps.wiki.models.pages import Page
from apps.wiki.models.spaces import Space
from apps.wiki.policies import CommentPolicy, OwnPolicy


class Comment(models.Model):
    """A remark on a page, or an answer to one. Threads are resolved, not deleted; a withdrawn text is empty."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="comments")
    revision = models.ForeignKey("Revision", null=True, on_delete=models.PROTECT, related_name="+")
    answers = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replies"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    policy = CommentPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["page", "id"])]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    def get_absolute_url(self) -> str:
        return f"{self.page.get_absolute_url()}#comment-{self.pk}"


class Mention(models.Model):
    """Somebody was named with `@` in a comment or a page; seen when they opened it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="mentions")
    comment = models.ForeignKey(Comment, null=True, on_delete=models.CASCADE, related_name="mentions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)

    policy = OwnPolicy("page")
    objects = PolicyManager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint("user", "comment", name="mention_once"),
            models.UniqueConstraint(
                "user", "page", condition=Q(comment__isnull=True), name="mention_in_page_once"
            ),
        ]

    def __str__(self) -> str:
        return f"mention of {self.user_id}"


class Watch(models.Model):
    """Somebody wants a digest of what changes on a page, below it, or in a whole space."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.ForeignKey(Page, null=True, on_delete=models.CASCADE, related_name="watches")
    space = models.ForeignKey(Space, null=True, on_delete=models.CASCADE, related_name="watches")
    subtree = models.BooleanField(default=False)
    since = models.DateTimeField(default=timezone.now)
    told_until = models.DateTimeField(default=timezone.now, help_text="Changes before this were told.")

    policy = OwnPolicy("page", "space")
    objects = PolicyManager()

    class Meta:
        verbose_name_plural = "watches"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("user", "page", name="watch_page_once"),
            models.UniqueConstraint("user", "space", name="watch_space_once"),
            models.CheckConstraint(
                condition=Q(page__isnull=False, space__isnull=True)
                | Q(page__isnull=True, space__isnull=False),
                name="watch_page_or_space",
            ),
        ]

    def __str__(self) -> str:
        return f"watch {self.pk}"
