"""Spaces: who owns them, who sees them, and how long a verification of their pages holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.core.checking import checked_choice, checked_fields, checked_text
from apps.core.concurrency import differing, refused_as, swap
from apps.core.errors import Conflict, Invalid
from apps.core.events import record
from apps.core.policies import can, require
from apps.people.actions import grants
from apps.people.models import SLUG, Team, User, Visibility
from apps.wiki.actions.placing import derive
from apps.wiki.actions.revisions import first_revision
from apps.wiki.models import Page, Space
from apps.wiki.vocabulary import HOME, LONGEST_INTERVAL, RESERVED_SPACES

TAKEN = "There is a space with this address already. Choose another one."


def checked_slug(slug: str) -> str:
    if not isinstance(slug, str) or not SLUG.regex.fullmatch(slug) or len(slug) > 63:  # type: ignore[union-attr]
        raise Invalid(errors={"slug": ["Use a-z, 0-9 and inner hyphens, at most 63 characters."]})
    if slug in RESERVED_SPACES:
        raise Invalid(errors={"slug": [f"“{slug}” is an address of the wiki itself; choose another."]})
    return slug


def checked_interval(value: int | None) -> int | None:
    """Days; None for no verification."""
    if value is not None and not 1 <= value <= LONGEST_INTERVAL:
        raise Invalid(
            errors={"verify_every_days": [f"Between 1 and {LONGEST_INTERVAL} days, or empty for never."]}
        )
    return value


def required_title(value: str) -> str:
    return checked_text("title", value, 200, empty="Give it a title.")


CLEAN: dict[str, Callable[[Any], Any]] = {
    "title": required_title,
    "description": lambda value: checked_text("description", value, 500),
    "verify_every_days": checked_interval,
}


@transaction.atomic
def create_space(
    *,
    actor: Any,
    slug: str,
    title: str,
    owner: Team | None,
    visibility: str = Visibility.COMPANY,
    description: str = "",
    verify_every_days: int | None = None,
    home_text: str = "",
    home_uid: str | None = None,
    at: datetime | None = None,
) -> Space:
    """A space with its home page; the actor must be able to change or to administer it afterwards.

    Raises Invalid for input of a wrong form, Conflict where the address is taken, NotFound or Forbidden where the
    actor does not belong to the owner team.
    """
    moment = at or timezone.now()
    space = Space(
        slug=checked_slug(slug),
        owner=owner,
        visibility=checked_visibility(visibility),
        created_at=moment,
        updated_at=moment,
        **checked_fields(
            {"title": title, "description": description, "verify_every_days": verify_every_days}, CLEAN
        ),
    )
    with refused_as(wiki_space_slug_key=TAKEN):
        space.save(force_insert=True)
    require(actor, "change" if can(actor, "change", space) else "administer", space)
    record("wiki.space.created", actor=actor, target=space, at=at)
    _plant_home(actor, space, home_text, home_uid, moment)
    return space


def _plant_home(actor: Any, space: Space, text: str, uid: str | None, at: datetime) -> None:
    """The root of the space's tree. Roots of all spaces share one sequence, so one is planted at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wiki.roots'))")
    home = Page(
        space=space,
        slug=HOME,
        title=space.title,
        owner=space.owner,
        visibility=space.visibility,
        created_at=at,
        updated_at=at,
        **({"uid": uid} if uid else {}),
    )
    Page.objects.add_root(instance=home)
    first_revision(actor=actor, page=home, text=text, at=at)


@transaction.atomic
def update_space(
    *, actor: Any, space: Space, changes: Mapping[str, Any], expected_version: int | None = None
) -> Space:
    """Changes title, description or interval."""
    require(actor, "change", space)
    new = checked_fields(changes, CLEAN)
    changed = differing(space, new)
    if changed:
        swap(space, expected_version, changed)
        record("wiki.space.changed", actor=actor, target=space, data={"changes": sorted(changed)})
    return space


@transaction.atomic
def set_space_visibility(
    *, actor: Any, space: Space, visibility: str, expected_version: int | None = None
) -> Space:
    """Who sees the space, and with it every page that is not narrowed further."""
    require(actor, "administer", space)
    before = space.visibility
    if checked_visibility(visibility) != before:
        swap(space, expected_version, {"visibility": visibility})
        derive(space)
        data = {"changes": {"visibility": [before, visibility]}}
        record("wiki.space.visibility_changed", actor=actor, target=space, data=data)
    return space


@transaction.atomic
def transfer_space(*, actor: Any, space: Space, owner: Team, expected_version: int | None = None) -> Space:
    """Gives the space with its pages to another running team; the giver may lose sight of it."""
    require(actor, "administer", space)
    if owner.ends is not None:
        raise Conflict(f"The team {owner} has an end date; choose one that stays.")
    before = space.owner_id
    if owner.pk != before:
        swap(space, expected_version, {"owner": owner})
        derive(space)
        data = {"changes": {"owner": [before, owner.pk]}}
        record("wiki.space.owner_changed", actor=actor, target=space, data=data)
    return space


def grant_space(*, actor: Any, space: Space, grantee: Team | User, permission: str, note: str = "") -> None:
    """Lets a team or person view or change a space and its pages that are no narrower than it; `note` says why."""
    verb = "wiki.space.grant_given"
    grants.give(actor=actor, obj=space, grantee=grantee, permission=permission, verb=verb, note=note)


def revoke_space(*, actor: Any, space: Space, grantee: Team | User, permission: str) -> None:
    grants.take(
        actor=actor, obj=space, grantee=grantee, permission=permission, verb="wiki.space.grant_revoked"
    )


def checked_visibility(value: str) -> str:
    return checked_choice("visibility", value, Visibility.values)
