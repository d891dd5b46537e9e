"""Capabilities, the revisions of their standards (read-only), and by which names tools are known."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.core.admin import PolicyAdmin, PolicyInline
from apps.core.admin.policy import link_to
from apps.core.policies import can
from apps.tooling.actions import standards as actions
from apps.tooling.models import Capability, Package, Standard, StandardRule, ToolProfile


class LeadsToPublishing(PolicyAdmin):
    """A page with a button that leads to the portal's own page, where the next revision is written."""

    def capability_of(self, row: Any) -> Capability:
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        response = super().render_change_form(request, context, *args, **kwargs)
        row = kwargs.get("obj") or context.get("original")
        if row is not None and row.pk and can(request.user, "change", self.capability_of(row)):
            response.context_data.setdefault("actions_detail", []).append(
                _publishing(self.capability_of(row))
            )
        return response


def _publishing(capability: Capability) -> dict[str, Any]:
    return {
        "title": "Publish next revision",
        "icon": "publish",
        "path": reverse("tooling:publish", args=[capability.slug]),
        "variant": ActionVariant.PRIMARY,
        "attrs": {},
    }


class StandardInline(PolicyInline):
    model = Standard
    fields = ("number", "summary", "effective_from", "author", "at")
    ordering = ("-revision",)
    verbose_name_plural = "revisions"

    def joined(self) -> tuple[str, ...]:
        return ("author", "capability")

    @display(description="Revision")
    def number(self, row: Standard) -> str:
        return link_to(row, str(row.revision))


class RuleInline(PolicyInline):
    model = StandardRule
    fields = ("tool_shown", "versions", "environment_shown", "data_shown", "ring", "note")
    ordering = ("id",)
    per_page = 200
    verbose_name_plural = "rules"

    def joined(self) -> tuple[str, ...]:
        return ("tool", "environment")

    @display(description="Tool")
    def tool_shown(self, row: StandardRule) -> str:
        return link_to(row.tool)

    @display(description="Environment")
    def environment_shown(self, row: StandardRule) -> str:
        return str(row.environment or "any")

    @display(description="Data class")
    def data_shown(self, row: StandardRule) -> str:
        return "any" if row.data_class is None else row.get_data_class_display()


@admin.register(Capability)
class CapabilityAdmin(LeadsToPublishing):
    list_display = ("name", "slug", "quadrant", "updated_at")
    list_filter = (("quadrant", ChoicesDropdownFilter),)
    search_fields = ("name", "slug")
    ordering = ("quadrant", "name", "id")
    inlines = (StandardInline,)

    def create(self, actor: Any, data: dict[str, Any]) -> Capability:
        return actions.create_capability(actor=actor, **data)

    def update(self, actor: Any, row: Capability, changes: dict[str, Any], version: int | None) -> Capability:
        return actions.update_capability(
            actor=actor, capability=row, changes=changes, expected_version=version
        )

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ("slug", "name", "quadrant", "description")})]
        record = ("slug", "created_at", "updated_at")
        return [(None, {"fields": ("name", "quadrant", "description")}), ("Record", {"fields": record})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug", "created_at", "updated_at") if obj else ()

    def capability_of(self, row: Any) -> Capability:
        return row


@admin.register(Standard)
class StandardAdmin(LeadsToPublishing):
    """A revision is never edited: what is wrong in it is put right by the next one."""

    list_display = ("capability", "revision", "summary", "effective_from", "author", "at")
    list_filter = (("capability", AutocompleteSelectFilter),)
    list_select_related = ("capability", "author")
    search_fields = ("capability__name", "capability__slug", "summary")
    ordering = ("-at", "-id")
    fields = (
        "capability",
        "revision",
        "summary",
        "rationale",
        "exit_criteria",
        "effective_from",
        "author",
        "at",
    )
    readonly_fields = fields
    inlines = (RuleInline,)

    def capability_of(self, row: Any) -> Capability:
        return row.capability


@admin.register(Package)
class PackageAdmin(PolicyAdmin):
    """By which names files and clusters know a tool; named and forgotten on the tool's page."""

    list_display = ("name", "ecosystem", "tool")
    list_filter = (("ecosystem", ChoicesDropdownFilter), ("tool", AutocompleteSelectFilter))
    list_select_related = ("tool",)
    search_fields = ("name", "tool__name", "tool__title")
    ordering = ("ecosystem", "name", "id")
    fields = ("ecosystem", "name", "tool")
    readonly_fields = fields


@admin.register(ToolProfile)
class ToolProfileAdmin(PolicyAdmin):
    """How versions of a tool compare and who supports it; kept on the tool's page."""

    list_display = ("tool", "scheme", "supported_by", "updated_at")
    list_filter = (("scheme", ChoicesDropdownFilter), ("supported_by", AutocompleteSelectFilter))
    list_select_related = ("tool", "supported_by")
    search_fields = ("tool__name", "tool__title")
    ordering = ("tool__name", "tool_id")
    fields = ("tool", "scheme", "supported_by", "support", "updated_at")
    readonly_fields = fields
