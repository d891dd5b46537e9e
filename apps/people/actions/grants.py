"""Grants on owned things: a right for a team (through its group) or, rarely, for a person.

The tables are found on the object (`user_grants`, `group_grants`), so every app gives and takes by the same two
functions; each app's own action says which event it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db import models, transaction

from apps.core.checking import checked_choice
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team, User
from apps.people.queries.grants import grant_table

GRANTABLE = ("view", "change")


@transaction.atomic
def give(
    *,
    actor: Any,
    obj: models.Model,
    grantee: Team | User,
    permission: str,
    verb: str,
    note: str = "",
    at: datetime | None = None,
) -> None:
    """Lets a team or a person view or change `obj`; `note` says why. Twice changes nothing and records nothing."""
    require(actor, "administer", obj)
    table, key = _row(obj, grantee)
    row = {"content_object": obj, "permission": _permission(obj, permission), **key}
    _, created = table._base_manager.get_or_create(**row)
    if created:
        record(verb, actor=actor, target=obj, data=_data(grantee, permission, note), at=at)


@transaction.atomic
def take(
    *,
    actor: Any,
    obj: models.Model,
    grantee: Team | User,
    permission: str,
    verb: str,
    note: str = "",
    at: datetime | None = None,
) -> None:
    """Ends a grant; one that is not there is no error."""
    require(actor, "administer", obj)
    table, key = _row(obj, grantee)
    rows = table._base_manager.filter(content_object=obj, permission=_permission(obj, permission), **key)
    deleted, _ = rows.delete()
    if deleted:
        record(verb, actor=actor, target=obj, data=_data(grantee, permission, note), at=at)


def _row(obj: models.Model, grantee: Team | User) -> tuple[Any, dict[str, Any]]:
    if isinstance(grantee, Team):
        return grant_table(obj, "group_grants"), {"group": grantee.group}
    return grant_table(obj, "user_grants"), {"user": grantee}


def _permission(obj: models.Model, name: str) -> Permission:
    checked_choice("permission", name, GRANTABLE)
    options = obj._meta
    return Permission.objects.get(
        content_type__app_label=options.app_label, codename=f"{name}_{options.model_name}"
    )


def _data(grantee: Team | User, permission: str, note: str) -> dict[str, Any]:
    """What the event holds: ids, and the reason where one was given."""
    kind = "team" if isinstance(grantee, Team) else "user"
    return {"permission": permission, kind: grantee.pk} | ({"note": note} if note else {})
