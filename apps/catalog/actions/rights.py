"""Who owns an entity and who sees it: the owner team's lead and CoE leads decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction

from apps.catalog.actions.findings import close_findings
from apps.catalog.checking import checked_text
from apps.catalog.models import Entity, EntityGroupGrant, EntityUserGrant
from apps.core.concurrency import swap
from apps.core.errors import Conflict, Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team, User, Visibility

GRANTABLE = ("view", "change")


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
    if visibility not in Visibility.values:
        raise Invalid(errors={"visibility": [f"Choose one of {', '.join(Visibility.values)}."]})
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
    require(actor, "administer", entity)
    table, key = _grant_row(grantee)
    _, created = table._base_manager.get_or_create(
        content_object=entity, permission=_permission(permission), **key
    )
    if created:
        _record_grant("catalog.grant.given", actor, entity, grantee, permission, note, at)


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
    require(actor, "administer", entity)
    table, key = _grant_row(grantee)
    rows = table._base_manager.filter(content_object=entity, permission=_permission(permission), **key)
    deleted, _ = rows.delete()
    if deleted:
        _record_grant("catalog.grant.revoked", actor, entity, grantee, permission, note, at)


def _grant_row(grantee: Team | User) -> tuple[Any, dict[str, Any]]:
    if isinstance(grantee, Team):
        return EntityGroupGrant, {"group": grantee.group}
    return EntityUserGrant, {"user": grantee}


def _permission(name: str) -> Permission:
    if name not in GRANTABLE:
        raise Invalid(errors={"permission": [f"Choose one of {', '.join(GRANTABLE)}."]})
    return Permission.objects.get(content_type__app_label="catalog", codename=f"{name}_entity")


def _record_grant(
    verb: str,
    actor: Any,
    entity: Entity,
    grantee: Team | User,
    permission: str,
    note: str,
    at: datetime | None,
) -> None:
    kind = "team" if isinstance(grantee, Team) else "user"
    data = {"permission": permission, kind: grantee.pk}
    if reason := checked_text("note", note, 5_000, lines=True):
        data["note"] = reason
    record(verb, actor=actor, target=entity, data=data, at=at)
