"""Who was given what on an owned thing."""

from __future__ import annotations

from typing import Any

from django.db import models


def grants_of(obj: models.Model) -> list[dict[str, Any]]:
    """`{"kind", "grantee", "permission"}` of everybody with a grant, teams first; ask `require` before showing it."""
    groups, people = grant_table(obj, "group_grants"), grant_table(obj, "user_grants")
    teams = groups._base_manager.filter(content_object=obj).select_related("group__team", "permission")
    persons = people._base_manager.filter(content_object=obj).select_related("user", "permission")
    rows: list[tuple[str, Any, str]] = [("team", row.group.team, row.permission.codename) for row in teams]
    rows += [("user", row.user, row.permission.codename) for row in persons]
    return [{"kind": kind, "grantee": who, "permission": code.partition("_")[0]} for kind, who, code in rows]


def grant_table(obj: models.Model, name: str) -> Any:
    """The model behind `user_grants` or `group_grants`."""
    return obj._meta.get_field(name).related_model
