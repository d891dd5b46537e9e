"""Spaces: their frame, who sees them, whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.core.admin.forms import ChooseField
from apps.people.models import Visibility
from apps.people.queries.grants import grants_of
from apps.wiki.actions import spaces as actions
from apps.wiki.models import Space
from apps.wiki.queries.people import shown_to

FRAME = ("title", "description", "verify_every_days")


class OwnerForm(OperationForm):
    owner = ChooseField(Space, "owner", label="New owner")


class VisibilityForm(OperationForm):
    visibility = forms.ChoiceField(choices=Visibility.choices, widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.initial["visibility"] = self.row.visibility


def transfer(actor: Any, space: Space, answers: Mapping[str, Any]) -> str:
    actions.transfer_space(actor=actor, space=space, **answers)
    return f"“{space}” and its pages belong to {answers['owner']} now."


def show_to(actor: Any, space: Space, answers: Mapping[str, Any]) -> str:
    actions.set_space_visibility(actor=actor, space=space, **answers)
    return f"“{space}” is shown to {shown_to(space)}."


@admin.register(Space)
class SpaceAdmin(PolicyAdmin):
    list_display = ("title", "slug", "owner_shown", "visibility", "verify_every_days", "updated_at")
    list_filter = (("visibility", ChoicesDropdownFilter), ("owner", AutocompleteSelectFilter))
    list_select_related = ("owner",)
    search_fields = ("title", "slug")
    autocomplete_fields = ("owner",)
    ordering = ("title", "id")
    operations = (
        Operation("transfer", "Transfer", transfer, ("administer",), OwnerForm, icon="swap_horiz",
                  explain="The new owner's team decides about the space and all its pages. Addresses stay."),
        Operation("visibility", "Visibility", show_to, ("administer",), VisibilityForm, icon="visibility",
                  explain="All pages follow, but those that were narrowed further."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> Space:
        return actions.create_space(actor=actor, **data)

    def update(self, actor: Any, row: Space, changes: dict[str, Any], version: int | None) -> Space:
        return actions.update_space(actor=actor, space=row, changes=changes, expected_version=version)

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ("slug", "owner", "visibility", *FRAME)})]
        shown = ("slug", "owner_shown", "visibility", "grants_shown", "created_at", "updated_at")
        return [(None, {"fields": FRAME}), ("Record", {"fields": shown})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("slug", "owner_shown", "visibility", "grants_shown", "created_at", "updated_at")

    @display(description="Owner", ordering="owner", label={"Nobody": "warning"})
    def owner_shown(self, space: Space) -> str:
        return str(space.owner) if space.owner else "Nobody"

    @display(description="Granted besides")
    def grants_shown(self, space: Space) -> str:
        return ", ".join(f"{row['grantee']}: {row['permission']}" for row in grants_of(space)) or "–"
