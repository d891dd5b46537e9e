"""What somebody watches, and what others did there since they were told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from apps.core.models import Event
from apps.core.policies import NOTHING, PolicyQuerySet
from apps.people.models import User
from apps.wiki.models import Page, Space, Watch

# What is no news to a reader: who sees a page, and who has read it, stays with those who keep it.
QUIET = (
    "wiki.page.grant_given",
    "wiki.page.grant_revoked",
    "wiki.space.grant_given",
    "wiki.space.grant_revoked",
    "wiki.page.settings_changed",
)


def watches(user: Any) -> PolicyQuerySet[Watch]:
    """Whatever `user` watches and still sees, the newest first."""
    rows = Watch.objects.visible_to(user).select_related("page__space", "space")
    return rows.defer("page__search_vector").order_by("-since", "-id")


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether a page is watched: by itself, or because of a page above it or its space (`through`)."""

    own: Watch | None
    through: Page | Space | None

    @property
    def way(self) -> str:
        if self.own is None:
            return ""
        return "subtree" if self.own.subtree else "page"


def watching_page(user: Any, page: Page) -> Watching:
    """One statement; a watch of something that the user does not see any more is not told."""
    above = [page.path[:end] for end in range(Page.steplen, len(page.path) + 1, Page.steplen)]
    wanted = Q(page=page) | Q(page__path__in=above, subtree=True) | Q(space=page.space_id)
    rows = list(watches(user).filter(wanted))
    own = next((row for row in rows if row.page_id == page.pk), None)
    through = next((row.page or row.space for row in rows if row is not own), None)
    return Watching(own, through)


def watching_space(user: Any, space: Space) -> Watch | None:
    return watches(user).filter(space=space).first()


def people_to_tell() -> QuerySet[User]:
    """Everybody with an address who watches anything."""
    watching = Watch._base_manager.order_by().values("user")
    return User._base_manager.filter(pk__in=watching, is_active=True).exclude(email="").order_by("pk")


def news(user: Any, until: datetime) -> QuerySet[Event]:
    """What others did on what `user` watches, after they were last told and not after `until`; `core.feed` narrows
    it to what they see now."""
    rows = list(watches(user))
    places = reduce(or_, map(_since, rows), NOTHING)
    others = Event.objects.filter(places, at__lte=until).exclude(verb__in=QUIET)
    return others.exclude(actor=user.pk)


def _since(watch: Watch) -> Q:
    """Pages are told by their events; a watched space besides by its own."""
    if watch.space_id is not None:
        pages = Page._base_manager.filter(space=watch.space_id)
        here = _on("wiki.page", pages) | Q(target_type="wiki.space", target_id=watch.space_id)
    elif watch.subtree:
        assert watch.page is not None
        here = _on("wiki.page", Page._base_manager.filter(path__startswith=watch.page.path))
    else:
        here = Q(target_type="wiki.page", target_id=watch.page_id)
    return here & Q(at__gt=watch.told_until)


def _on(label: str, pages: Any) -> Q:
    return Q(target_type=label, target_id__in=pages.order_by().values("pk"))
