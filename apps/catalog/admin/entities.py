"""Entities: curated fields, and the decisions about owner, visibility, stage and grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from apps.catalog import actions
from apps.catalog.admin.entity_forms import detail_fields, form_for
from apps.catalog.admin.entity_inlines import RelationInline, StageInline, VersionInline
from apps.catalog.admin.grants import GRANT_OPERATIONS
from apps.catalog.admin.runs import lines
from apps.catalog.models import Entity
from apps.catalog.queries import grants
from apps.catalog.queries.entities import orphan
from apps.catalog.queries.search import matching
from apps.catalog.vocabulary import MOVES, Stage
from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.core.admin.forms import ChooseField, NoteField
from apps.core.moments import told
from apps.core.policies import SYSTEM
from apps.people.models import Visibility

FACTS = ("ref_shown", "owner_shown", "visibility_shown", "stage", "stage_since")
CURATED = ("title", "description", "accountable", "operated_by", "tier", "tags", "links", "reusable")
RECORD = ("grants_shown", "source_shown", "created_at", "updated_at")


class OwnerForm(OperationForm):
    owner = ChooseField(Entity, "owner", label="New owner")


class VisibilityForm(OperationForm):
    visibility = forms.ChoiceField(choices=Visibility.choices, widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.initial["visibility"] = self.row.visibility


class StageForm(OperationForm):
    to = forms.ChoiceField(label="New stage", widget=UnfoldAdminSelectWidget)
    note = NoteField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stages: Any = self.fields["to"]
        stages.choices = [(to, Stage(to).label) for to in MOVES[self.row.stage]]


def transfer(actor: Any, entity: Entity, answers: Mapping[str, Any]) -> str:
    actions.transfer_ownership(actor=actor, entity=entity, **answers)
    return f"{entity} belongs to {answers['owner']} now."


def show_to(actor: Any, entity: Entity, answers: Mapping[str, Any]) -> str:
    actions.set_visibility(actor=actor, entity=entity, **answers)
    return f"{entity} is visible to: {entity.get_visibility_display().lower()}."


def move(actor: Any, entity: Entity, answers: Mapping[str, Any]) -> str:
    actions.change_stage(actor=actor, entity=entity, **answers)
    return f"{entity} is in the stage {entity.get_stage_display().lower()}."


class OwnershipFilter(DropdownFilter):
    """Things that nobody answers for."""

    title = "ownership"
    parameter_name = "ownership"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("any", "Unowned or orphaned"),
            ("unowned", "No owner team"),
            ("orphaned", "Owner team ended or accountable person left"),
        ]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        unowned = models.Q(owner=None)
        conditions = {"any": unowned | orphan(), "unowned": unowned, "orphaned": orphan()}
        wanted = conditions.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted, tombstoned_at=None)


@admin.register(Entity)
class EntityAdmin(PolicyAdmin):
    list_display = (
        "shown_name",
        "kind",
        "owner_shown",
        "stage",
        "visibility_shown",
        "tier",
        "source",
        "updated_at",
    )
    list_filter = (
        OwnershipFilter,
        ("kind", ChoicesDropdownFilter),
        ("stage", ChoicesDropdownFilter),
        ("visibility", ChoicesDropdownFilter),
        ("owner", AutocompleteSelectFilter),
        ("source", AutocompleteSelectFilter),
    )
    list_select_related = ("owner", "source", "accountable")
    search_fields = ("name",)
    search_help_text = "Words of the name, title, tags or description."
    ordering = ("-updated_at", "-id")
    autocomplete_fields = ("owner", "accountable", "operated_by")
    inlines = (VersionInline, RelationInline, StageInline)
    operations = (
        Operation("transfer", "Transfer", transfer, ("administer",), OwnerForm, icon="swap_horiz",
                  explain="The new owner's team decides about it from now on. The reference stays."),
        Operation("visibility", "Visibility", show_to, ("administer",), VisibilityForm, icon="visibility"),
        Operation("stage", "Change stage", move, ("change", "administer"), StageForm, icon="stairs",
                  explain="Retiring and stopping is for the owner team's lead and CoE leads.",
                  applies=lambda entity: bool(MOVES[entity.stage])),
        *GRANT_OPERATIONS,
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> Entity:
        return actions.create_entity(actor=actor, **data)

    def update(self, actor: Any, row: Entity, changes: dict[str, Any], version: int | None) -> Entity:
        return actions.update_entity(actor=actor, entity=row, expected_version=version, **changes)

    def changes(self, form: Any) -> dict[str, Any]:
        plain = {name: value for name, value in form.changes().items() if not name.startswith("detail_")}
        return {"changes": plain, "details": form.details()}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=form_for(obj), **kwargs)

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ("kind", "name", "owner", "visibility", *CURATED)})]
        if not self.has_change_permission(request, obj):
            return [(None, {"fields": (*FACTS, *CURATED[:-2], "links_shown", "reusable", *RECORD)})]
        groups: list[Any] = [(None, {"fields": (*FACTS, *CURATED)}), ("Record", {"fields": RECORD})]
        if names := detail_fields(obj):
            groups.insert(1, (f"As a {obj.get_kind_display().lower()}", {"fields": names}))
        return groups

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What has an operation of its own, or belongs to the source, is not a field to type in."""
        return (*FACTS, *RECORD, "links_shown") if obj else ()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The catalog's own search, here and in every field that chooses an entity."""
        return (matching(queryset, search_term) if search_term.strip() else queryset), False

    @display(description="Name", ordering="name")
    def shown_name(self, entity: Entity) -> str:
        return str(entity)

    @display(description="Reference")
    def ref_shown(self, entity: Entity) -> str:
        return format_html('<span class="font-mono">{}</span>', entity.ref)

    @display(description="Owner", ordering="owner", label={"Nobody": "warning"})
    def owner_shown(self, entity: Entity) -> str:
        return str(entity.owner) if entity.owner else "Nobody"

    @display(
        description="Visible to",
        ordering="visibility",
        label={"Restricted": "warning", "Business unit": "info"},
    )
    def visibility_shown(self, entity: Entity) -> str:
        return entity.get_visibility_display()

    @display(description="Links")
    def links_shown(self, entity: Entity) -> str:
        return lines((link.get("title", ""), link.get("url", "")) for link in entity.links)

    @display(description="Grants beyond the table of rights")
    def grants_shown(self, entity: Entity) -> str:
        return lines((row["grantee"], row["permission"]) for row in grants(SYSTEM, entity))

    @display(description="From")
    def source_shown(self, entity: Entity) -> str:
        if entity.source_id is None:
            return "entered by people"
        gone = f", missing since {told(entity.missing_since)}" if entity.missing_since else ""
        return f"{entity.source} ({entity.source_key}){gone}"
