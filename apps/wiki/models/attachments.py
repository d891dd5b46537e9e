"""Files beside the text. Their bytes are kept once, however often they are attached."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from apps.core.policies import Hidden, PolicyManager
from apps.wiki.models.pages import Page
from apps.wiki.policies import ThroughPage


class Blob(models.Model):
    """Bytes under their SHA-256, and nothing that would tell where else they are attached.

    Nobody reaches them but through an attachment, which says what they are called and of what type they are.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    file = models.FileField(upload_to="wiki/", max_length=200)

    policy = Hidden()
    objects = PolicyManager()

    def __str__(self) -> str:
        return self.sha256[:12]


class Attachment(models.Model):
    """A file of a page under a name; access is the page's. A newer file of the same name replaces it."""

    page = models.ForeignKey(Page, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=150)
    content_type = models.CharField(
        max_length=100, help_text="As the name and the bytes say, never as the sender says."
    )
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="attachments")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    policy = ThroughPage()
    objects = PolicyManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                "page", "name", condition=Q(removed_at__isnull=True), name="attachment_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("wiki:attachment", args=[self.page.uid, self.name])
