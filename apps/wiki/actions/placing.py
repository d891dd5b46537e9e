"""Where pages stand and who sees them there: the tree, addresses, and the derived columns `owner` and `visibility`.

Every change of a space's tree locks the space's row first, so that two moves cannot tie a knot.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.core.checking import checked_choice
from apps.core.concurrency import swap
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.events import record
from apps.core.policies import require
from apps.people.actions import grants
from apps.people.models import Team, User
from apps.wiki.models import Link, Page, Redirect, Space
from apps.wiki.text.naming import LONGEST_SLUG, page_key
from apps.wiki.vocabulary import DEEPEST, HOME, WIDTH, PageState, narrowest

POSITIONS = ("first-child", "last-child", "left", "right")


def locked(*spaces: int) -> None:
    """Holds the spaces' trees until the transaction ends, always in the same order."""
    list(
        Space._base_manager.select_for_update(no_key=True, of=("self",)).filter(pk__in=spaces).order_by("pk")
    )


def derive(space: Space, top: Page | None = None) -> None:
    """Writes `owner` and `visibility` of all pages of a space, or of one page and those below it."""
    rows = Page._base_manager.filter(space=space).order_by("path")
    if top is not None:
        rows = rows.filter(path__startswith=top.path)
    seen = _visibilities_above(space, top)
    changed = []
    for page in rows.only("pk", "path", "narrowed", "owner_id", "visibility"):
        visibility = narrowest(seen.get(page.path[: -Page.steplen], space.visibility), page.narrowed)
        seen[page.path] = visibility
        if (page.visibility, page.owner_id) != (visibility, space.owner_id):
            page.visibility, page.owner_id = visibility, space.owner_id
            changed.append(page)
    Page._base_manager.bulk_update(changed, ["visibility", "owner"], batch_size=500)


def _visibilities_above(space: Space, top: Page | None) -> dict[str, str]:
    if top is None or top.depth == 1:
        return {}
    above = top.path[: -Page.steplen]
    return {above: Page._base_manager.values_list("visibility", flat=True).get(path=above)}


def free_slug(space: Space, title: str, uid: str) -> str:
    """The title's key, with a number behind it where another page of the space has it."""
    key = page_key(title) or uid
    stem = key[: LONGEST_SLUG - 10].rstrip("-")
    taken = set(Page._base_manager.filter(space=space, slug__startswith=stem).values_list("slug", flat=True))
    number, slug = 2, key
    while slug in taken or slug == HOME:
        slug, number = f"{stem}-{number}", number + 1
    return slug


def take_address(page: Page) -> None:
    """The page's address is its own now: an old redirect there ends, and links that waited for it find it."""
    Redirect._base_manager.filter(space_id=page.space_id, slug=page.slug).delete()
    waiting = Link._base_manager.filter(target=None, wanted_key__in={page.slug, page.title_key})
    waiting.filter(wanted_space=page.space.slug).update(target=page)
    waiting.filter(wanted_space="", source__space=page.space_id).update(target=page)


def _leave_redirect(page: Page, space_id: int, slug: str) -> None:
    Redirect._base_manager.update_or_create(space_id=space_id, slug=slug, defaults={"page": page})


@transaction.atomic
def rename_page(*, actor: Any, page: Page, slug: str, expected_version: int | None = None) -> Page:
    """Gives the page another address; the old one leads there."""
    require(actor, "change", page)
    locked(page.space_id)
    wanted, before = page_key(slug), page.slug
    if page.is_home:
        raise Conflict("A space's home page keeps its address.", possible=["change its title"])
    if not wanted or wanted == HOME:
        raise Invalid(errors={"slug": ["Use letters or digits, joined by hyphens."]})
    if wanted == before:
        return page
    if Page._base_manager.filter(space=page.space_id, slug=wanted).exists():
        raise Conflict(errors={"slug": ["Another page of this space has this address."]})
    swap(page, expected_version, {"slug": wanted})
    _leave_redirect(page, page.space_id, before)
    take_address(page)
    data = {"changes": {"slug": [before, wanted]}}
    record("wiki.page.renamed", actor=actor, target=page, data=data)
    return page


@transaction.atomic
def move_page(
    *,
    actor: Any,
    page: Page,
    target: Page,
    position: str = "last-child",
    expected_version: int | None = None,
) -> Page:
    """Moves the page with all below it: to be the first or last child of `target`, or its left or right neighbour.

    Into another space, the addresses change and the old ones lead to the new. Raises Conflict for a move below
    itself. The actor needs to change the page, everything below it, and the page above its new place; to give it to
    another owner, or to show any of it to more people than before, the actor needs to administer it.
    """
    require(actor, "change", page)
    checked_choice("position", position, POSITIONS)
    held = {page.space_id, target.space_id}
    locked(*held)
    page, target = _fresh(page), _fresh(target)
    if not {page.space_id, target.space_id} <= held:
        raise Conflict("Somebody moved one of the pages to another space.", possible=["reload"])
    parent = target if position.endswith("child") else _parent_of(target)
    require(actor, "change", parent)
    if page.is_home:
        raise Conflict("A space's home page stays at the top of its space.")
    if target.path.startswith(page.path):
        raise Conflict("A page cannot move below itself.", possible=["choose another place"])
    _require_subtree(actor, page)
    require_room(parent, _height(page))
    before = page.space_id
    shown = dict(Page._base_manager.filter(path__startswith=page.path).values_list("pk", "visibility"))
    if _gives_away(page, parent, shown):
        require(actor, "administer", page)
    swap(page, expected_version, {})
    Page.objects.move(page, target, position)
    if parent.space_id != before:
        _change_space(list(shown), parent.space)
    page.refresh_from_db()
    derive(page.space, page)
    page.refresh_from_db()
    require(actor, "change", page)
    data = {"pages": len(shown)} | _visibility_change(page, shown[page.pk])
    record("wiki.page.moved", actor=actor, target=page, data=data)
    return page


def _gives_away(page: Page, parent: Page, shown: Mapping[int, str]) -> bool:
    """Whether below `parent` the pages would have another owner, or any be shown to more people than `shown` says."""
    if parent.owner_id != page.owner_id:
        return True
    seen = {page.path[: -Page.steplen]: parent.visibility}
    rows = Page._base_manager.filter(path__startswith=page.path).order_by("path")
    for row in rows.only("pk", "path", "narrowed"):
        seen[row.path] = narrowest(seen[row.path[: -Page.steplen]], row.narrowed)
        if WIDTH.index(seen[row.path]) < WIDTH.index(shown[row.pk]):
            return True
    return False


def _visibility_change(page: Page, before: str) -> dict[str, Any]:
    return {} if page.visibility == before else {"changes": {"visibility": [before, page.visibility]}}


def _fresh(page: Page) -> Page:
    found = Page._base_manager.select_related("space").filter(pk=page.pk).first()
    if found is None:
        raise NotFound
    return found


def _parent_of(page: Page) -> Page:
    if page.is_home:
        raise Conflict("Nothing stands beside a space's home page.", possible=["move below it"])
    return Page._base_manager.select_related("space").get(path=page.path[: -Page.steplen])


def require_room(parent: Page, levels: int) -> None:
    """Raises Conflict where `levels` more below `parent` would be deeper than a tree may be."""
    if parent.depth + levels > DEEPEST:
        raise Conflict(
            f"A space has at most {DEEPEST} levels of pages.", possible=["choose a place further up"]
        )


def _height(page: Page) -> int:
    """The levels of a page with what stands below it; 1 for a page alone."""
    rows = Page._base_manager.filter(path__startswith=page.path)
    deepest: int = rows.aggregate(depth=Max("depth"))["depth"]
    return deepest - page.depth + 1


def _require_subtree(actor: Any, page: Page) -> None:
    """Nobody moves what they may not change, not even along with something else."""
    below = Page.objects.filter(path__startswith=page.path)
    if below.count() != below.allowed(actor, "change").count():
        raise Conflict(
            "Some page below this one is not yours to move.",
            next_step="Ask its owner team, or move the pages that you may change one by one.",
        )


def _change_space(ids: list[int], space: Space) -> None:
    """The moved pages belong to another space; where an address is taken there, the page gets a numbered one."""
    for page in Page._base_manager.filter(pk__in=ids).order_by("path"):
        _leave_redirect(page, page.space_id, page.slug)
        if Page._base_manager.filter(space=space, slug=page.slug).exists():
            page.slug = free_slug(space, page.slug, page.uid)
        page.space = space
        page.save(update_fields=["space", "slug"])
        take_address(page)


@transaction.atomic
def narrow_page(*, actor: Any, page: Page, narrowed: str, expected_version: int | None = None) -> Page:
    """Shows the page and those below it to fewer people than its space; "" takes that back."""
    require(actor, "administer", page)
    if narrowed not in ("", "unit", "restricted"):
        raise Invalid(errors={"visibility": ["A page may only narrow what its space shows."]})
    before = page.narrowed
    if narrowed != before:
        locked(page.space_id)
        swap(page, expected_version, {"narrowed": narrowed})
        derive(page.space, page)
        page.refresh_from_db()
        data = {"changes": {"narrowed": [before, narrowed]}}
        record("wiki.page.visibility_changed", actor=actor, target=page, data=data)
    return page


@transaction.atomic
def archive_page(
    *, actor: Any, page: Page, expected_version: int | None = None, at: datetime | None = None
) -> Page:
    """Takes a page out of tree and search; its address, history and links stay."""
    require(actor, "change", page)
    if page.is_home:
        raise Conflict("A space's home page cannot be archived.")
    _set_state(actor, page, PageState.ARCHIVED, "wiki.page.archived", expected_version, at)
    return page


@transaction.atomic
def unarchive_page(*, actor: Any, page: Page, expected_version: int | None = None) -> Page:
    require(actor, "change", page)
    _set_state(actor, page, PageState.CURRENT, "wiki.page.unarchived", expected_version)
    return page


def _set_state(
    actor: Any, page: Page, state: str, verb: str, version: int | None, at: datetime | None = None
) -> None:
    if page.state != state:
        swap(page, version, {"state": state}, at=at)
        record(verb, actor=actor, target=page, at=at)


def grant_page(*, actor: Any, page: Page, grantee: Team | User, permission: str, note: str = "") -> None:
    """Lets a team or person view or change this one page; `note` says why."""
    grants.give(
        actor=actor, obj=page, grantee=grantee, permission=permission, verb="wiki.page.grant_given", note=note
    )


def revoke_page(*, actor: Any, page: Page, grantee: Team | User, permission: str) -> None:
    grants.take(actor=actor, obj=page, grantee=grantee, permission=permission, verb="wiki.page.grant_revoked")
