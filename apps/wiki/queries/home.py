"""What the wiki's own first page says: which spaces there are, what changed, what one has not saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from apps.wiki.models import Draft, Page, Space
from apps.wiki.queries.pages import pages, spaces
from apps.wiki.vocabulary import PageState


@dataclass(frozen=True, slots=True)
class Shelf:
    """A space with how many current pages the reader sees in it, and when one of them last changed."""

    space: Space
    pages: int
    changed_at: datetime | None


def shelves(user: Any) -> list[Shelf]:
    """Every space that `user` sees; two statements for any number."""
    seen = Page.objects.visible_to(user).filter(state=PageState.CURRENT).order_by()
    found = {
        row["space"]: row for row in seen.values("space").annotate(pages=Count("pk"), last=Max("updated_at"))
    }
    return [
        Shelf(space, row["pages"], row["last"]) if (row := found.get(space.pk)) else Shelf(space, 0, None)
        for space in spaces(user)
    ]


def recent(user: Any) -> QuerySet[Page]:
    """Current pages, the last changed first."""
    rows = pages(user).filter(state=PageState.CURRENT).defer("search_vector", "revision__text")
    return rows.order_by("-updated_at", "-id")


def drafts(user: Any) -> QuerySet[Draft]:
    """What `user` wrote and has not saved, the last first; a page that they no longer see is not named."""
    seen = Page.objects.visible_to(user).order_by().values("pk")
    rows = Draft.objects.visible_to(user).filter(Q(page=None) | Q(page__in=seen))
    return rows.select_related("page__space", "space", "parent").defer("text")
