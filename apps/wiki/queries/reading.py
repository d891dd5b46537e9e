"""A page as its reader sees it: the kept HTML, filled with what this reader may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from apps.catalog.models import Entity
from apps.core.policies import can
from apps.people.models import User
from apps.wiki.models import Attachment, Page, Rendering, Revision, Space
from apps.wiki.queries.links import entities_written, pages_written
from apps.wiki.text.filling import mentioned
from apps.wiki.text.rendering import RENDERER, PageTarget, Rendered, fill, render

MOST_NAMED = 200  # people that a text links to


@dataclass(frozen=True, slots=True)
class Reading:
    """Safe HTML, and the headings as (level, id, title)."""

    html: SafeString
    outline: list[tuple[int, str, str]]


def read(user: Any, revision: Revision) -> Reading:
    """A revision as `user` sees it; its rendering is made once for all readers and kept."""
    row = Rendering._base_manager.filter(revision=revision, renderer=RENDERER).first()
    row = row or keep_rendering(revision, render(revision.text))
    page = revision.page
    html = _filled(user, page.space, page, row.html, row.names)
    return Reading(html, [(level, anchor, title) for level, anchor, title in row.outline])


def preview(user: Any, space: Space, page: Page | None, text: str) -> Reading:
    """A text that is not saved, as it will look to its writer."""
    made = render(text)
    html = _filled(user, space, page, made.html, _names(made))
    return Reading(html, [(heading.level, heading.id, heading.title) for heading in made.outline])


def keep_rendering(revision: Revision, made: Rendered) -> Rendering:
    """Keeps what was made of a revision, in place of what an older renderer made."""
    content = {
        "renderer": RENDERER,
        "html": made.html,
        "outline": [[heading.level, heading.id, heading.title] for heading in made.outline],
        "names": _names(made),
        "plain": made.plain,
    }
    row, _ = Rendering._base_manager.update_or_create(revision=revision, defaults=content)
    return row


def _names(made: Rendered) -> dict[str, list[str]]:
    return {"pages": made.page_links, "entities": made.entity_refs, "attachments": made.attachments}


def _filled(
    user: Any, space: Space, page: Page | None, html: str, names: Mapping[str, list[str]]
) -> SafeString:
    cards, words = _entities(user, names["entities"])
    whole = fill(
        html,
        pages=_targets(user, space, page, names["pages"]),
        entities=cards,
        inline_entities=words,
        attachments=_files(page, names["attachments"]),
        people=_people(user, mentioned(html)),
    )
    return mark_safe(whole)  # noqa: S308 - sanitised when rendered; `fill` escapes what it puts in


def _targets(user: Any, space: Space, page: Page | None, written: list[str]) -> dict[str, PageTarget | None]:
    """Where each link leads; a page that the reader may not see looks like one that is not there."""
    meant = pages_written(space, written)
    seen = set(
        Page.objects.visible_to(user)
        .filter(pk__in={target.pk for target in meant.values()})
        .values_list("pk", flat=True)
    )
    unseen = any(text not in meant or meant[text].pk not in seen for text in written)
    may_create = unseen and can(user, "change", space)
    return {
        text: PageTarget(target.get_absolute_url(), target.title)
        if (target := meant.get(text)) and target.pk in seen
        else PageTarget(None, text, _begin(space, page, text) if may_create and "/" not in text else "")
        for text in written
    }


def _begin(space: Space, page: Page | None, title: str) -> str:
    """Where a page of this title is begun, below the page that wants it."""
    query = {"title": title} | ({"parent": page.uid} if page else {})
    return f"{reverse('wiki:new', args=[space.slug])}?{urlencode(query)}"


def _entities(user: Any, refs: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Cards and words in a sentence for the entities that the reader may see."""
    rows = Entity.objects.visible_to(user).select_related("owner")
    found = entities_written(refs, rows)
    shown = {ref: found[ref.lower()] for ref in refs if ref.lower() in found}
    cards: dict[str, str] = {
        ref: render_to_string("wiki/embed.html", {"entity": row}) for ref, row in shown.items()
    }
    words: dict[str, str] = {
        ref: render_to_string("wiki/embed_inline.html", {"entity": row}).strip() for ref, row in shown.items()
    }
    return cards, words


def _people(user: Any, names: set[str]) -> dict[str, str]:
    """The addresses of those who are mentioned and exist, by user name; no statement where nobody is."""
    if not names:
        return {}
    rows = User.objects.visible_to(user).filter(username__in=sorted(names)[:MOST_NAMED], is_active=True)
    return {row.username: row.get_absolute_url() for row in rows}


def _files(page: Page | None, names: list[str]) -> dict[str, str]:
    if page is None or not names:
        return {}
    rows = Attachment._base_manager.filter(page=page, name__in=names, removed_at=None)
    return {
        name: reverse("wiki:attachment", args=[page.uid, name])
        for name in rows.values_list("name", flat=True)
    }
