"""Grants on owned things: a right for a team (through its group) or, rarely, for a person.

The tables are found on the object (`user_grants`, `group_grants`), so every app gives and takes by the same two
functions; each app's own action says which event it is.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db import models, transaction

from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team, User

GRANTABLE = ("view", "change")


@transaction.atomic
def give(*, actor: Any, obj: models.Model, grantee: Team | User, permission: str, verb: str) -> None:
    """Lets a team or a person view or change `obj`; twice changes nothing and records nothing."""
    require(actor, "administer", obj)
    table, key = _row(obj, grantee)
    row = {"content_object": obj, "permission": _permission(obj, permission), **key}
    _, created = table._base_manager.get_or_create(**row)
    if created:
        record(verb, actor=actor, target=obj, data=_data(grantee, permission))


@transaction.atomic
def take(*, actor: Any, obj: models.Model, grantee: Team | User, permission: str, verb: str) -> None:
    """Ends a grant; one that is not there is no error."""
    require(actor, "administer", obj)
    table, key = _row(obj, grantee)
    rows = table._base_manager.filter(content_object=obj, permission=_permission(obj, permission), **key)
    deleted, _ = rows.delete()
    if deleted:
        record(verb, actor=actor, target=obj, data=_data(grantee, permission))


def grants_of(obj: models.Model) -> list[dict[str, Any]]:
    """`{"kind", "grantee", "permission"}` of everybody with a grant, teams first; ask `require` before showing it."""
    groups, people = _table(obj, "group_grants"), _table(obj, "user_grants")
    teams = groups._base_manager.filter(content_object=obj).select_related("group__team", "permission")
    persons = people._base_manager.filter(content_object=obj).select_related("user", "permission")
    rows: list[tuple[str, Any, str]] = [("team", row.group.team, row.permission.codename) for row in teams]
    rows += [("user", row.user, row.permission.codename) for row in persons]
    return [{"kind": kind, "grantee": who, "permission": code.partition("_")[0]} for kind, who, code in rows]


def _row(obj: models.Model, grantee: Team | User) -> tuple[Any, dict[str, Any]]:
    if isinstance(grantee, Team):
        return _table(obj, "group_grants"), {"group": grantee.group}
    return _table(obj, "user_grants"), {"user": grantee}


def _table(obj: models.Model, name: str) -> Any:
    return obj._meta.get_field(name).related_model


def _permission(obj: models.Model, name: str) -> Permission:
    if name not in GRANTABLE:
        raise Invalid(errors={"permission": [f"Choose one of {', '.join(GRANTABLE)}."]})
    options = obj._meta
    return Permission.objects.get(
        content_type__app_label=options.app_label, codename=f"{name}_{options.model_name}"
    )


def _data(grantee: Team | User, permission: str) -> dict[str, Any]:
    return {"permission": permission, "team" if isinstance(grantee, Team) else "user": grantee.pk}
