"""What a page said at each time, what its text points at, and what somebody has not saved yet."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.policies import PolicyManager
from apps.wiki.models.pages import Page
from apps.wiki.models.spaces import Space
from apps.wiki.policies import LinkPolicy, OwnPolicy, RevisionPolicy, ThroughRevision
from apps.wiki.vocabulary import LONGEST_SUMMARY, LinkKind


class Revision(models.Model):
    """One whole text of a page; append-only. Redaction alone replaces `text`, and says so."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    sha256 = models.CharField(max_length=64, help_text="Of the text as it was saved, in UTF-8.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    summary = models.CharField(max_length=LONGEST_SUMMARY, blank=True)
    base = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    merged = models.BooleanField(
        default=False, help_text="Whether somebody else's edit was merged with this one."
    )
    restored = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    redacted_at = models.DateTimeField(null=True)

    policy = RevisionPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint("page", "number", name="revision_number_once")]

    def __str__(self) -> str:
        return f"revision {self.number}"


class Rendering(models.Model):
    """A revision as HTML with placeholders, kept because making it is slow. Anybody may throw it away."""

    revision = models.OneToOneField(
        Revision, primary_key=True, on_delete=models.CASCADE, related_name="rendering"
    )
    renderer = models.CharField(max_length=16)
    html = models.TextField(blank=True)
    outline = models.JSONField(default=list, help_text="Headings as [level, id, title].")
    names = models.JSONField(
        default=dict,
        help_text='What the reader\'s own view fills in: {"pages": [], "entities": [], "attachments": []}.',
    )
    plain = models.TextField(blank=True, help_text="The text without marks, for snippets.")
    made_at = models.DateTimeField(default=timezone.now)

    policy = ThroughRevision()
    objects = PolicyManager()

    def __str__(self) -> str:
        return f"rendering of {self.revision_id}"


class Link(models.Model):
    """What the current text of a page points at. A link to a page that is not there has no target yet."""

    source = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=5, choices=LinkKind)
    written = models.CharField(max_length=400)
    wanted_space = models.CharField(max_length=100, blank=True)
    wanted_key = models.CharField(max_length=400)
    target = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="backlinks")
    entity = models.ForeignKey(Entity, null=True, on_delete=models.SET_NULL, related_name="+")

    policy = LinkPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("source", "kind", "written", name="link_once"),
            models.CheckConstraint(condition=Q(target=None) | Q(entity=None), name="link_one_end"),
        ]
        indexes = [models.Index(fields=["wanted_key"], name="link_wanted")]

    def __str__(self) -> str:
        return self.written


class Draft(models.Model):
    """What somebody writes and has not saved: survives closed tabs and conflicts. Its author alone sees it.

    `page` is None for a page that does not exist yet; then `space` and `parent` say where it is to stand.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.ForeignKey(Page, null=True, on_delete=models.CASCADE, related_name="drafts")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    parent = models.ForeignKey(Page, null=True, on_delete=models.CASCADE, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    summary = models.CharField(max_length=LONGEST_SUMMARY, blank=True)
    template = models.CharField(max_length=16, blank=True)
    base = models.ForeignKey(Revision, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    policy = OwnPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(
                "user", "page", condition=Q(page__isnull=False), name="draft_of_page_once"
            ),
            models.UniqueConstraint(
                "user", "space", "parent", condition=Q(page__isnull=True), name="draft_of_new_page_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title or "untitled"
