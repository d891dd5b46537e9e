"""Where a page could stand, what would come along, and who links to it by an address that it had before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from apps.core.policies import PolicyQuerySet
from apps.wiki.models import Draft, Link, Page, Space
from apps.wiki.vocabulary import LinkKind, PageState

MOST_PLACES = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A page that another one could be put below or beside; `level` is its depth in what is shown."""

    page: Page
    level: int
    current: bool = False

    @property
    def beside(self) -> bool:
        return not self.page.is_home


def spaces_to_write(user: Any) -> PolicyQuerySet[Space]:
    """Spaces with at least one page that `user` may put something under."""
    pages = Page.objects.allowed(user, "change").order_by().values("space")
    return Space.objects.visible_to(user).filter(pk__in=pages).order_by("title", "id")


def places(user: Any, page: Page, space: Space) -> list[Place]:
    """The current pages of `space` that `user` may put `page` under, in order; the page and those below it are none.

    At most 1,000; one statement.
    """
    rows = Page.objects.allowed(user, "change").filter(space=space, state=PageState.CURRENT)
    rows = rows.exclude(path__startswith=page.path).select_related("space").defer("search_vector")
    parent = page.path[: -Page.steplen]
    found: list[Place] = []
    above: list[str] = []
    for each in rows.order_by("path")[:MOST_PLACES]:
        while above and not each.path.startswith(above[-1]):
            above.pop()
        found.append(Place(each, len(above), each.path == parent))
        above.append(each.path)
    return found


def comes_along(user: Any, page: Page) -> tuple[int, list[Page]]:
    """How many pages below move with it (hidden and archived ones too), and the first of those that `user` sees."""
    rows = Page._base_manager.filter(path__startswith=page.path).exclude(pk=page.pk)
    seen = Page.objects.visible_to(user).filter(pk__in=rows.order_by().values("pk"))
    return rows.count(), list(seen.select_related("space").defer("search_vector").order_by("path")[:20])


def neighbours(user: Any, page: Page) -> tuple[Page | None, Page | None]:
    """The siblings before and after it that `user` sees; one statement."""
    if page.is_home:
        return None, None
    parent = page.path[: -Page.steplen]
    rows = Page.objects.visible_to(user).filter(
        path__startswith=parent, depth=page.depth, state=PageState.CURRENT
    )
    order = list(rows.only("pk", "path", "title", "uid", "slug", "space_id").order_by("path"))
    before = [each for each in order if each.path < page.path]
    after = [each for each in order if each.path > page.path]
    return (before[-1] if before else None), (after[0] if after else None)


def old_links(page: Page) -> Any:
    """Links that lead to the page by something that is neither its address nor its title now. Knows no reader."""
    here = Q(wanted_space=page.space.slug) | Q(wanted_space="", source__space=page.space_id)
    by_name = here & Q(wanted_key__in={page.slug, page.title_key})
    return Link._base_manager.filter(target=page, kind=LinkKind.PAGE).exclude(by_name)


def linked_by_old_address(user: Any, page: Page) -> PolicyQuerySet[Page]:
    """The pages that `user` sees and whose text names `page` by an address or a title that it had before."""
    sources = old_links(page).order_by().values("source")
    rows = Page.objects.visible_to(user).filter(pk__in=sources)
    return rows.select_related("space", "revision").order_by("title", "id")


def with_drafts_of(user: Any, pages: Iterable[Page]) -> set[int]:
    """Those of the pages that `user` is writing on."""
    rows = Draft.objects.filter(user=user.pk, page__in=[page.pk for page in pages])
    return set(rows.values_list("page", flat=True))
