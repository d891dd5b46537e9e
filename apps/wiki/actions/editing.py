"""Writing pages so that no edit is lost: every save names its base, and a stale one is merged in three ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.checking import checked_choice, checked_tags
from apps.core.errors import Conflict, Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.wiki.actions.drafts import forget_draft
from apps.wiki.actions.placing import free_slug, locked, require_room, take_address
from apps.wiki.actions.revisions import (
    add_revision,
    checked_page_text,
    checked_title,
    first_revision,
    locked_page,
    revision_of,
)
from apps.wiki.models import Draft, Page, Revision, Space
from apps.wiki.text.merging import Hunk, merge
from apps.wiki.text.naming import UID, page_key
from apps.wiki.vocabulary import Template, narrowest


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to. `merged`: somebody else's edit was taken in; `changed`: there is a new revision."""

    page: Page
    revision: Revision
    merged: bool = False
    changed: bool = True


class EditConflict(Conflict):
    """Both sides changed the same lines. `hunks` show all three texts; `current` is the revision to build on."""

    code = "edit_conflict"

    def __init__(self, current: Revision, hunks: Sequence[Hunk]) -> None:
        super().__init__(
            "Somebody changed the same lines while you were writing.",
            possible=["merge", "reload"],
            next_step="Choose line by line what stays, then save again on the current revision.",
            current_revision=current.number,
        )
        self.current, self.hunks = current, hunks


@transaction.atomic
def create_page(
    *,
    actor: Any,
    space: Space,
    title: str,
    text: str = "",
    parent: Page | None = None,
    slug: str | None = None,
    uid: str | None = None,
    tags: Iterable[str] = (),
    template: str = Template.PAGE,
    narrowed: str = "",
    extra: Mapping[str, Any] | None = None,
    summary: str = "",
    at: datetime | None = None,
    allowed: bool = False,
) -> Page:
    """A page below `parent` (default: the space's home) with its first revision.

    `slug` is derived from the title unless given; `uid` is new unless an import brings it. Raises Invalid, Conflict
    where the address or id is taken, NotFound or Forbidden where the actor may not write there. `allowed` says that
    the caller has asked, in this transaction, whether the actor may change the space: an import asks once.
    """
    above = parent or Page._base_manager.get(space=space, depth=1)
    if not _follows_space(space, above, allowed):
        require(actor, "change", above)
    locked(space.pk)
    above.refresh_from_db()
    if above.space_id != space.pk:
        raise Conflict(errors={"parent": ["This page stands in another space."]})
    require_room(above, 1)
    moment = at or timezone.now()
    page = Page(
        space=space,
        title=checked_title(title),
        tags=checked_tags(tags),
        template=checked_choice("template", template, Template.values),
        narrowed=narrowed,
        extra=dict(extra or {}),
        owner_id=above.owner_id,  # read under the lock: the caller's `space` may be from before a transfer
        visibility=narrowest(above.visibility, narrowed),
        created_at=moment,
        updated_at=moment,
        **_checked_uid(uid),
    )
    page.slug = _checked_slug(space, slug) if slug else free_slug(space, page.title, page.uid)
    Page.objects.add_child(above, instance=page)
    if not _follows_space(space, page, allowed):
        require(actor, "change", page)
    record("wiki.page.created", actor=actor, target=page, at=at)
    first_revision(actor=actor, page=page, text=text, summary=summary, at=moment)
    take_address(page)
    Draft._base_manager.filter(user=actor.pk, page=None, space=space, parent=above).delete()
    return page


def _follows_space(space: Space, page: Page, allowed: bool) -> bool:
    """Who may change the space may change its pages that are no narrower than it (see PagePolicy)."""
    return allowed and (page.visibility, page.owner_id) == (space.visibility, space.owner_id)


def _checked_uid(uid: str | None) -> dict[str, str]:
    if uid is None:
        return {}
    if not UID.fullmatch(uid):
        raise Invalid(errors={"id": ["An id has 6 to 40 of a-z, 0-9 and inner hyphens."]})
    if Page._base_manager.filter(uid=uid).exists():
        raise Conflict(f"There is a page with the id {uid} already.")
    return {"uid": uid}


def _checked_slug(space: Space, slug: str) -> str:
    key = page_key(slug)
    if not key:
        raise Invalid(errors={"slug": ["Use letters or digits, joined by hyphens."]})
    if Page._base_manager.filter(space=space, slug=key).exists():
        raise Conflict(errors={"slug": ["Another page of this space has this address."]})
    return key


@transaction.atomic
def save_page(
    *,
    actor: Any,
    page: Page,
    text: str,
    base: int,
    title: str | None = None,
    summary: str = "",
    at: datetime | None = None,
) -> Saved:
    """Saves a text that was written on revision number `base`.

    A stale base is merged with what was saved since; where both changed the same lines, EditConflict is raised and
    nothing is written (the caller keeps the draft first). The same text again is no revision.
    """
    require(actor, "change", page)
    mine = checked_page_text(text)
    page = locked_page(page)
    current = page.revision
    assert current is not None
    wanted = checked_title(title) if title is not None else current.title
    on = revision_of(page, base)
    merged = on.pk != current.pk and current.text != mine
    if merged:
        mine = _merged(on, current, mine)
        wanted = current.title if wanted == on.title else wanted
    if (mine, wanted) == (current.text, current.title):
        forget_draft(actor, page)
        return Saved(page, current, merged, changed=False)
    revision = add_revision(page, actor, wanted, mine, at, summary=summary, base=on, merged=merged)
    data = {"revision": revision.number, "merged": merged}
    record("wiki.page.edited", actor=actor, target=page, data=data, at=at)
    forget_draft(actor, page)
    return Saved(page, revision, merged)


@transaction.atomic
def restore_revision(*, actor: Any, page: Page, number: int, at: datetime | None = None) -> Saved:
    """Makes an old text current again, as a new revision."""
    require(actor, "change", page)
    page = locked_page(page)
    old, current = revision_of(page, number), page.revision
    assert current is not None
    if old.redacted_at is not None:
        raise Conflict("This revision was redacted and cannot come back.")
    if (old.text, old.title) == (current.text, current.title):
        return Saved(page, current, changed=False)
    revision = add_revision(
        page,
        actor,
        old.title,
        old.text,
        at,
        summary=f"Restored revision {number}",
        base=current,
        restored=old,
    )
    data = {"revision": revision.number, "restored": number}
    record("wiki.page.restored", actor=actor, target=page, data=data, at=at)
    return Saved(page, revision)


def _merged(base: Revision, current: Revision, mine: str) -> str:
    result = merge(base.text, current.text, mine)
    if result.text is None:
        raise EditConflict(current, result.hunks)
    return checked_page_text(result.text)
