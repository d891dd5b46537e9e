"""Pages: who answers for them and who sees them. Their texts are written on the page itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.wiki.actions import placing
from apps.wiki.actions.settings import update_page
from apps.wiki.models import Page, Redirect
from apps.wiki.queries.freshness import freshness_is
from apps.wiki.queries.people import shown_to
from apps.wiki.vocabulary import Freshness, PageState

FRAME = ("template", "verifier", "verifier_team", "verify_every_days", "acknowledged_by")
FRESHNESS_LABELS = {
    "Verified": "success", "Verification due": "warning", "Verification expired": "danger",
}  # fmt: skip
NARROWED = [("", "As its space and the pages above show it"), ("unit", "Business unit only"),
            ("restricted", "Owner team and grants only")]  # fmt: skip


class NarrowForm(OperationForm):
    narrowed = forms.ChoiceField(
        choices=NARROWED, required=False, label="Shown to", widget=UnfoldAdminRadioSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.initial["narrowed"] = self.row.narrowed


def narrow(actor: Any, page: Page, answers: Mapping[str, Any]) -> str:
    placing.narrow_page(actor=actor, page=page, **answers)
    return f"“{page}” is shown to {shown_to(page)}."


def archive(actor: Any, page: Page, answers: Mapping[str, Any]) -> str:
    placing.archive_page(actor=actor, page=page, **answers)
    return f"“{page}” is archived."


def unarchive(actor: Any, page: Page, answers: Mapping[str, Any]) -> str:
    placing.unarchive_page(actor=actor, page=page, **answers)
    return f"“{page}” is back in its place."


class FreshnessFilter(DropdownFilter):
    """Evaluated now, as everywhere (law 9)."""

    title = "verification"
    parameter_name = "freshness"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Freshness.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset.filter(freshness_is(wanted)) if wanted in Freshness.values else queryset


@admin.register(Page)
class PageAdmin(PolicyAdmin):
    list_display = (
        "title",
        "space",
        "owner",
        "visibility",
        "freshness_shown",
        "state",
        "template",
        "updated_at",
    )
    list_filter = (
        FreshnessFilter,
        ("state", ChoicesDropdownFilter),
        ("template", ChoicesDropdownFilter),
        ("visibility", ChoicesDropdownFilter),
        ("space", AutocompleteSelectFilter),
        ("owner", AutocompleteSelectFilter),
    )
    list_select_related = ("space", "owner", "verifier", "verifier_team")
    search_fields = ("title", "slug")
    autocomplete_fields = ("verifier", "verifier_team")
    ordering = ("-updated_at", "-id")
    operations = (
        Operation("archive", "Archive", archive, icon="archive", danger=True,
                  explain="It leaves tree and search. Address, history and links stay; pages below it stay too.",
                  applies=lambda page: page.state == PageState.CURRENT and not page.is_home),
        Operation("unarchive", "Bring back", unarchive, icon="unarchive",
                  applies=lambda page: page.state == PageState.ARCHIVED),
        Operation("narrow", "Visibility", narrow, ("administer",), NarrowForm, icon="visibility",
                  explain="A page may only narrow what stands above it. The pages below it follow."),
    )  # fmt: skip

    def update(self, actor: Any, row: Page, changes: dict[str, Any], version: int | None) -> Page:
        return update_page(actor=actor, page=row, changes=changes, expected_version=version)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_vector")

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [(None, {"fields": ("title", "address", *FRAME)}), ("Record", {"fields": RECORD})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("title", "address", *RECORD)

    @display(description="Verification", label=FRESHNESS_LABELS)
    def freshness_shown(self, page: Page) -> str:
        return str(Freshness(page.freshness()).label)

    @display(description="Address")
    def address(self, page: Page) -> str:
        return page.get_absolute_url()


RECORD = (
    "space",
    "owner",
    "visibility",
    "state",
    "freshness_shown",
    "verified_until",
    "created_at",
    "updated_at",
)


@admin.register(Redirect)
class RedirectAdmin(PolicyAdmin):
    """Addresses that pages had before."""

    list_display = ("slug", "space_slug", "page", "at")
    list_select_related = ("space", "page__space")
    search_fields = ("slug",)
    ordering = ("-id",)
    fields = ("slug", "space_slug", "page", "at")
    readonly_fields = fields

    @display(description="Space")
    def space_slug(self, row: Redirect) -> str:
        """A page may be seen where the space that it left is not: the address names it, a link would not help."""
        return row.space.slug
