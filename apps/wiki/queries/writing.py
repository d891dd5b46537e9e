"""What the editor asks: drafts, who else is writing, what a half-written name may become."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from apps.catalog.models import Entity
from apps.catalog.queries import search_entities
from apps.people.models import User
from apps.people.queries import people
from apps.people.standing import standing_of
from apps.wiki.models import Attachment, Draft, Page, Revision, Space
from apps.wiki.queries.links import pages_written
from apps.wiki.text.naming import link_key
from apps.wiki.vocabulary import EDITING_NOW, PageState

MOST_OFFERED = 8
Offer = dict[str, str]


def drafts(user: Any) -> QuerySet[Draft]:
    """What somebody has not saved, the latest first; one without a title and a text is none."""
    rows = Draft.objects.visible_to(user).exclude(title="", text="")
    return rows.select_related("page__space", "page__revision", "space", "parent", "base")


def draft_of(user: Any, page: Page) -> Draft | None:
    return drafts(user).filter(page=page).first()


def draft_of_new(user: Any, space: Space, parent: Page) -> Draft | None:
    return drafts(user).filter(page=None, space=space, parent=parent).first()


def writers(user: Any, page: Page) -> list[User]:
    """Others whose draft of the page was touched within the last minutes; every active person is visible."""
    since = timezone.now() - EDITING_NOW
    rows = Draft._base_manager.filter(page=page, updated_at__gte=since).exclude(user=user.pk)
    return list(
        User.objects.visible_to(user).filter(pk__in=rows.values("user"), is_active=True).order_by("name")
    )


def revision_if_there(user: Any, page: Page, number: int) -> Revision | None:
    """A revision with its author and its base, or None."""
    rows = Revision.objects.visible_to(user).select_related("author", "base", "page__space")
    return rows.filter(page=page, number=number).first()


def authors_between(user: Any, page: Page, after: int, until: int) -> list[str]:
    """The names of those who saved revisions after number `after` up to `until`, each once, `user` excepted."""
    rows = Revision.objects.visible_to(user).filter(page=page, number__gt=after, number__lte=until)
    names = rows.exclude(author=user.pk).order_by("number").values_list("author__name", flat=True)
    return list(dict.fromkeys(name or "Somebody" for name in names))


def attachments(user: Any, page: Page) -> QuerySet[Attachment]:
    """The files that stand beside a page now."""
    rows = Attachment.objects.visible_to(user).filter(page=page, removed_at=None)
    return rows.select_related("blob", "uploaded_by", "page").order_by("name", "id")


def offers(user: Any, space: Space, what: str, words: str) -> list[Offer]:
    """At most eight `{value, label, more}` for what somebody types after `[[`, `@` or `{{`, from what they see.

    `value` is what stands between the brackets, or after the sign.
    """
    finder = FINDERS.get(what)
    return finder(user, space, words.strip()) if finder else []


def _pages(user: Any, space: Space, words: str) -> list[Offer]:
    """Pages of this space first, then those whose title begins so; `space/page` narrows to another space."""
    named, key = link_key(words)
    rows = Page.objects.visible_to(user).filter(state=PageState.CURRENT).select_related("space")
    if named:
        rows = rows.filter(space__slug__startswith=named)
    found = rows.filter(Q(title_key__contains=key) | Q(slug__contains=key))
    ranked = found.annotate(near=_first(space=space), begins=_first(title_key__startswith=key))
    order = ("near", "begins", "-updated_at", "-id") if key else ("near", "-updated_at", "-id")
    best = ranked.order_by(*order).defer("search_vector")[:MOST_OFFERED]
    meant = pages_written(space, [page.title for page in best if page.space_id == space.pk])
    return [
        {"value": _written(page, space, meant), "label": page.title, "more": page.space.title}
        for page in best
    ]


def _first(**condition: Any) -> Case:
    return Case(When(**condition, then=Value(0)), default=Value(1), output_field=IntegerField())


def _written(page: Page, space: Space, meant: dict[str, Page]) -> str:
    """How a link to the page is written: by its title where that finds it again, else by its address."""
    if page.space_id != space.pk:
        label = "".join(char for char in page.title if char not in "[]|\n")
        return f"{page.space.slug}/{page.slug}|{label}"
    plain = not set(page.title) & set("[]|#/\n") and meant.get(page.title) == page
    return page.title if plain else page.slug


def _people(user: Any, space: Space, words: str) -> list[Offer]:
    rows = people(user).filter(is_active=True)
    if words:
        rows = rows.filter(
            Q(name__istartswith=words) | Q(name__icontains=f" {words}") | Q(username__istartswith=words)
        )
    else:
        rows = rows.filter(memberships__team__in=standing_of(user).teams).exclude(pk=user.pk).distinct()
    return [
        {"value": row.username, "label": row.name, "more": row.username}
        for row in rows.order_by("name", "id")[:MOST_OFFERED]
    ]


def _entities(user: Any, space: Space, words: str) -> list[Offer]:
    rows = Entity.objects.visible_to(user)
    if words:
        found = [
            entity for entity, _ in search_entities(rows, words.partition(":")[2] or words, MOST_OFFERED)
        ]
    else:
        mine = rows.filter(owner__in=standing_of(user).teams, tombstoned_at=None)
        found = list(mine.order_by("-updated_at", "-id")[:MOST_OFFERED])
    return [{"value": row.ref, "label": str(row), "more": row.ref} for row in found]


FINDERS: dict[str, Callable[[Any, Space, str], list[Offer]]] = {
    "page": _pages,
    "person": _people,
    "entity": _entities,
}
