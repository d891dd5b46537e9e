"""What the parts around a page's text need: each subject names one function here, and the page knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from apps.wiki.models import Page
from apps.wiki.views.acknowledgements import acknowledgement_context
from apps.wiki.views.attachments import attachments_context
from apps.wiki.views.comments import comments_context
from apps.wiki.views.transfers import handbook_context
from apps.wiki.views.verification import verification_context
from apps.wiki.views.watching import watching_context

Provider = Callable[[HttpRequest, Page], dict[str, Any]]
PROVIDERS: tuple[Provider, ...] = (
    verification_context,
    acknowledgement_context,
    comments_context,
    watching_context,
    handbook_context,
    attachments_context,
)


def context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """The providers' answers as one dict for `wiki/page.html`; two of one name are a fault of the later provider."""
    merged: dict[str, Any] = {}
    for provider in PROVIDERS:
        merged |= provider(request, page)
    return merged
