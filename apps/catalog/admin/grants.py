"""Who may see or edit one entity beyond the table of rights. Rights on a grant are its entity's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from apps.catalog import actions
from apps.catalog.models import Entity, EntityGroupGrant, EntityUserGrant
from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.core.admin.forms import ChooseField, NoteField
from apps.core.admin.policy import link_to
from apps.core.policies import can, policy_of
from apps.people.actions.grants import GRANTABLE
from apps.people.models import Membership

PERMISSIONS = [(name, name.capitalize()) for name in GRANTABLE]


class ReasonForm(OperationForm):
    note = NoteField(label="Reason")


class TeamGrantForm(OperationForm):
    grantee = ChooseField(Entity, "operated_by", label="Team")
    permission = forms.ChoiceField(choices=PERMISSIONS, initial="view", widget=UnfoldAdminRadioSelectWidget)
    note = NoteField(label="Reason")


class PersonGrantForm(TeamGrantForm):
    grantee = ChooseField(Membership, "user", label="Person")


def _words(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Grants are rows of their own: the entity's version plays no part."""
    return {name: value for name, value in answers.items() if name != "expected_version"}


def grant(actor: Any, entity: Entity, answers: Mapping[str, Any]) -> str:
    actions.grant_access(actor=actor, entity=entity, **_words(answers))
    return f"{answers['grantee']} may {answers['permission']} {entity}."


def revoke(actor: Any, row: Any, answers: Mapping[str, Any]) -> str:
    entity, grantee = row.content_object, grantee_of(row)
    actions.revoke_access(
        actor=actor, entity=entity, grantee=grantee, permission=permission_of(row), **answers
    )
    return f"{grantee} may no longer {permission_of(row)} {entity} by this grant."


def grantee_of(row: Any) -> Any:
    return row.user if isinstance(row, EntityUserGrant) else row.group.team


def permission_of(row: Any) -> str:
    return str(row.permission.codename.partition("_")[0])


GRANT_OPERATIONS = (
    Operation("grant", "Grant to team", grant, ("administer",), TeamGrantForm, icon="key",
              explain="Beyond the table of rights. It stands in the list of grants and can be revoked."),
    Operation("grant-person", "Grant to person", grant, ("administer",), PersonGrantForm, icon="person_add",
              explain="Rare: a team's grant outlives people's comings and goings."),
)  # fmt: skip


class GrantAdmin(PolicyAdmin):
    """Grants have no policy of their own: who sees the entity sees them, its administrators revoke."""

    list_display = ("entity", "grantee", "permission_shown", "owner")
    list_display_links = ("entity",)
    list_select_related: tuple[str, ...] = ("content_object__owner", "permission")
    fields = ("entity_link", "grantee", "permission_shown", "owner")
    readonly_fields = fields
    operations = (
        Operation("revoke", "Revoke", revoke, ("administer",), ReasonForm, icon="key_off",
                  danger=True, in_bulk=True),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        entities = Entity.objects.visible_to(request.user).order_by().values("pk")
        rows = self.model._base_manager.filter(content_object__in=entities)
        return rows.select_related(*self.list_select_related).order_by("-id")

    def may(self, user: Any, abilities: Sequence[str], row: Any = None) -> bool:
        if row is None:
            return any(policy_of(Entity).is_possible(user, ability) for ability in abilities)
        return any(can(user, ability, row.content_object) for ability in abilities)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="Entity")
    def entity(self, row: Any) -> str:
        return row.content_object.ref

    @display(description="Entity")
    def entity_link(self, row: Any) -> str:
        return link_to(row.content_object, row.content_object.ref)

    @display(description="Given to")
    def grantee(self, row: Any) -> str:
        return str(grantee_of(row))

    @display(description="May", label={"view": "info", "change": "warning"})
    def permission_shown(self, row: Any) -> str:
        return permission_of(row)

    @display(description="Owner")
    def owner(self, row: Any) -> str:
        return str(row.content_object.owner or "–")


@admin.register(EntityGroupGrant)
class TeamGrantAdmin(GrantAdmin):
    list_select_related = ("content_object__owner", "permission", "group__team")
    search_fields = ("group__team__name", "group__team__slug")


@admin.register(EntityUserGrant)
class PersonGrantAdmin(GrantAdmin):
    list_select_related = ("content_object__owner", "permission", "user")
    list_filter = (("user", AutocompleteSelectFilter),)
    search_fields = ("user__name", "user__username")
