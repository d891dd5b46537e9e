"""Outcomes that wait for their confirmation, and looks back that are due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from apps.core.admin import Operation, PolicyAdmin
from apps.core.admin.policy import link_to
from apps.roadmap.actions import outcomes as actions
from apps.roadmap.models import Outcome, OutcomeReview


class Confirmed(DropdownFilter):
    title = "confirmation"
    parameter_name = "confirmed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Wait for it"), ("yes", "Confirmed")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = self.value()
        return queryset.filter(confirmed_at__isnull=wanted == "no") if wanted in {"yes", "no"} else queryset


def confirm(actor: Any, outcome: Outcome, answers: Mapping[str, Any]) -> str:
    actions.confirm_outcome(actor=actor, outcome=outcome)
    return "The figure is confirmed and counts from now on."


@admin.register(Outcome)
class OutcomeAdmin(PolicyAdmin):
    list_display = (
        "request_shown",
        "kpi",
        "value",
        "attribution",
        "period_start",
        "period_end",
        "confirmed_at",
    )
    list_filter = (Confirmed,)
    list_select_related = ("request", "kpi")
    search_fields = ("request__title", "kpi__name", "source")
    ordering = ("-id",)
    fields = (
        "request_link", "kpi", "value", "attribution", "period_start", "period_end", "source", "recorded_by", "at",
        "confirmed_by", "confirmed_at",
    )  # fmt: skip
    readonly_fields = fields
    operations = (
        Operation("confirm", "Confirm", confirm, ("confirm",), icon="verified",
                  explain="Business or finance says that the figure is right.",
                  applies=lambda row: row.confirmed_at is None),
    )  # fmt: skip

    @display(description="Request")
    def request_shown(self, row: Outcome) -> str:
        return str(row.request)

    @display(description="Request")
    def request_link(self, row: Outcome) -> str:
        return link_to(row.request)


class Due(DropdownFilter):
    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Due and not done"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "yes":
            return queryset.filter(done_at=None, due__lte=timezone.now().date())
        return queryset.filter(done_at__isnull=False) if self.value() == "done" else queryset


@admin.register(OutcomeReview)
class OutcomeReviewAdmin(PolicyAdmin):
    """Looks back are written on the request's page, beside its figures."""

    list_display = ("request_shown", "days", "due", "verdict", "adoption", "done_at")
    list_filter = (Due, ("verdict", ChoicesDropdownFilter))
    list_select_related = ("request",)
    search_fields = ("request__title", "lesson")
    ordering = ("due", "id")
    fields = (
        "request_link", "days", "due", "target_adoption", "adoption", "verdict", "lesson", "done_by", "done_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Request")
    def request_shown(self, row: OutcomeReview) -> str:
        return str(row.request)

    @display(description="Request")
    def request_link(self, row: OutcomeReview) -> str:
        return link_to(row.request)
