"""Telling people that they were named with `@`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.core import jobs
from apps.wiki.models import Comment, Mention, Page
from apps.wiki.queries.people import readers_named

HISTORY = timedelta(days=1)  # what was written longer ago is loaded history, and nobody gets mail about it


def mention(
    page: Page, names: Iterable[str], *, by: Any, at: datetime, comment: Comment | None = None
) -> None:
    """Notes who is named in a comment, or in the page's text for the first time, and has them told by mail.

    Those who may not see the page hear nothing.
    """
    known = set(Mention._base_manager.filter(page=page, comment=comment).values_list("user", flat=True))
    for user in readers_named(page, names, by):
        if user.pk not in known:
            row = Mention.objects.create(user=user, page=page, comment=comment, by_id=by.pk, at=at)
            if timezone.now() - at < HISTORY:
                jobs.defer("wiki.tell_mention", mention=row.pk)
