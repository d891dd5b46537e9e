"""Links that follow a page to its new address, as new revisions of the pages that hold them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.core.errors import Conflict, TooLarge
from apps.core.policies import can, require
from apps.wiki.actions.editing import save_page
from apps.wiki.models import Page, Space
from apps.wiki.queries.links import pages_written
from apps.wiki.queries.places import linked_by_old_address, old_links, with_drafts_of
from apps.wiki.text.naming import link_key
from apps.wiki.text.rewriting import rewritten
from apps.wiki.vocabulary import LinkKind


@dataclass(slots=True)
class Rewritten:
    """`changed` have a new revision. `left` still name the page as before: each with the reason, as a sentence."""

    changed: list[Page] = field(default_factory=list)
    left: list[tuple[Page, str]] = field(default_factory=list)


@transaction.atomic
def rewrite_links(*, actor: Any, page: Page, old: str = "") -> Rewritten:
    """Lets the pages that name `page` by an old address or title name it by its address now.

    `old` (an address or a title) narrows it to links that say so.
    Pages that the actor may not change, or has an unsaved draft of, are left as they are and listed; those that the
    actor does not see are neither changed nor named.
    """
    require(actor, "view", page)
    sources = list(linked_by_old_address(actor, page))
    drafts, outcome = with_drafts_of(actor, sources), Rewritten()
    for source in sources:
        _rewrite(actor, page, source, old, source.pk in drafts, outcome)
    return outcome


def _rewrite(actor: Any, page: Page, source: Page, old: str, drafted: bool, outcome: Rewritten) -> None:
    names = _old_names(page, source, old)
    new = address_in(source.space, page)
    text = rewritten(_text(source), lambda written: new if written in names else None)
    _save(actor, source, text, f"Link to “{page.title[:200]}” follows its new address", drafted, outcome)


def _save(actor: Any, source: Page, text: str, summary: str, drafted: bool, outcome: Rewritten) -> None:
    """The text as the page's next revision, unless something hinders it; the same text is none."""
    revision = source.revision
    assert revision is not None
    if text == revision.text:
        return
    if reason := _hindrance(actor, source, drafted):
        outcome.left.append((source, reason))
        return
    try:
        save_page(actor=actor, page=source, text=text, base=revision.number, summary=summary)
    except (Conflict, TooLarge):
        outcome.left.append((source, "The link would not fit into its text as it is now."))
    else:
        outcome.changed.append(source)


def _text(page: Page) -> str:
    assert page.revision is not None
    return page.revision.text


def _hindrance(actor: Any, source: Page, drafted: bool) -> str:
    if not can(actor, "change", source):
        return "You may not change it."
    return "You have an unsaved draft of it." if drafted else ""


def _old_names(page: Page, source: Page, old: str) -> set[str]:
    """How `source` writes old names of `page`; one that means another page today is none.

    What the link meant when it was saved counts where it means nothing now: a former title leaves no redirect.
    """
    written = set(old_links(page).filter(source=source).values_list("written", flat=True))
    if old:
        written = {name for name in written if link_key(name)[1] == link_key(old)[1]}
    meant = pages_written(source.space, written)
    return {name for name in written if name not in meant or meant[name].pk == page.pk}


def address_in(space: Space, page: Page) -> str:
    """How a page of `space` writes a link to `page`."""
    return page.slug if page.space_id == space.pk else f"{page.space.slug}/{page.slug}"


@transaction.atomic
def keep_links(*, actor: Any, page: Page, before: Space) -> Rewritten:
    """After a move out of the space `before`: links of the page and those below it to pages that stayed name that
    space, so that they lead where they did."""
    require(actor, "change", page)
    moved = list(
        Page.objects.visible_to(actor).filter(path__startswith=page.path).select_related("space", "revision")
    )
    drafts, outcome = with_drafts_of(actor, moved), Rewritten()
    for each in moved:
        _keep(actor, each, before, each.pk in drafts, outcome)
    return outcome


def _keep(actor: Any, page: Page, before: Space, drafted: bool, outcome: Rewritten) -> None:
    rows = page.links.filter(kind=LinkKind.PAGE, wanted_space="").values_list("written", flat=True)
    meant = pages_written(before, list(rows))

    def renamed(written: str) -> str | None:
        target = meant.get(written)
        if target is None or _means_it_here(page, written, target):
            return None
        return address_in(page.space, target)

    _save(
        actor, page, rewritten(_text(page), renamed), f"Links name the space {before.slug}", drafted, outcome
    )


def _means_it_here(page: Page, written: str, target: Page) -> bool:
    return target.space_id == page.space_id and link_key(written)[1] in {target.slug, target.title_key}
