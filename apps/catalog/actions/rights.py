"""Who owns an entity and who sees it: the owner team's lead and CoE leads decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.actions.findings import close_findings
from apps.catalog.models import Entity
from apps.core.checking import checked_choice, checked_text
from apps.core.concurrency import swap
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require
from apps.people.actions import grants
from apps.people.models import Team, User, Visibility


@transaction.atomic
def set_visibility(
    *,
    actor: Any,
    entity: Entity,
    visibility: str,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Entity:
    require(actor, "administer", entity)
    checked_choice("visibility", visibility, Visibility.values)
    before = entity.visibility
    if visibility != before:
        swap(entity, expected_version, {"visibility": visibility}, at=at)
        require(actor, "administer", entity)
        data = {"changes": {"visibility": [before, visibility]}}
        record("catalog.entity.visibility_changed", actor=actor, target=entity, data=data, at=at)
    return entity


@transaction.atomic
def transfer_ownership(
    *,
    actor: Any,
    entity: Entity,
    owner: Team,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Entity:
    """Gives the entity to another running team. The reference stays; the giver may lose sight of it."""
    require(actor, "administer", entity)
    if owner.ends is not None:
        raise Conflict(f"The team {owner} has an end date; choose one that stays.")
    before = entity.owner_id
    if owner.pk != before:
        swap(entity, expected_version, {"owner": owner}, at=at)
        data = {"changes": {"owner": [before, owner.pk]}}
        close_findings(actor=actor, fingerprints={f"unowned:entity:{entity.pk}"}, note="It has an owner now.")
        record("catalog.entity.owner_changed", actor=actor, target=entity, data=data, at=at)
    return entity


@transaction.atomic
def grant_access(
    *,
    actor: Any,
    entity: Entity,
    grantee: Team | User,
    permission: str,
    note: str = "",
    at: datetime | None = None,
) -> None:
    """Lets a team (or, rarely, a person) view or change an entity; `note` says why. Twice changes nothing."""
    grants.give(
        actor=actor,
        obj=entity,
        grantee=grantee,
        permission=permission,
        verb="catalog.grant.given",
        note=checked_text("note", note, 5_000, lines=True),
        at=at,
    )


@transaction.atomic
def revoke_access(
    *,
    actor: Any,
    entity: Entity,
    grantee: Team | User,
    permission: str,
    note: str = "",
    at: datetime | None = None,
) -> None:
    grants.take(
        actor=actor,
        obj=entity,
        grantee=grantee,
        permission=permission,
        verb="catalog.grant.revoked",
        note=checked_text("note", note, 5_000, lines=True),
        at=at,
    )
