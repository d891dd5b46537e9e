"""What holds: grants and their conditions; and how often which answer was given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RangeDateFilter
from unfold.decorators import display

from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.core.admin.forms import NoteField
from apps.core.admin.policy import link_to
from apps.tooling.actions import conditions as actions
from apps.tooling.models import Condition, DecisionCount, Grant
from apps.tooling.models.grants import ENDS
from apps.tooling.queries import clock


def _now() -> datetime:
    return clock.now()


class Holds(DropdownFilter):
    """Judged now, by the database's clock, as decisions are."""

    title = "time"
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Holds now"), ("ended", "Ended"), ("later", "Begins later")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"now", "ended", "later"}:
            return queryset
        at = _now()
        if self.value() == "later":
            return queryset.filter(starts__gt=at, end__gt=at)
        return (
            queryset.filter(end__lte=at)
            if self.value() == "ended"
            else queryset.filter(starts__lte=at, end__gt=at)
        )


@admin.register(Grant)
class GrantAdmin(PolicyAdmin):
    """Read-only: a grant comes from a decided request and ends with it."""

    list_display = ("grant_shown", "team", "versions", "starts", "end_shown", "provisional", "emergency")
    list_filter = (
        Holds,
        ("team", AutocompleteSelectFilter),
        ("tool", AutocompleteSelectFilter),
        ("environment", AutocompleteSelectFilter),
    )
    list_select_related = ("team", "tool", "environment")
    search_fields = ("tool__name", "tool__title", "team__name", "team__slug")
    ordering = ("-starts", "-id")
    fields = (
        "request_shown", "team", "tool", "versions", "scheme", "environment", "data_class", "starts", "expires",
        "provisional", "emergency", "granted_at", "revoked_at", "revoked_by", "revoked_because",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(end=ENDS)

    @display(description="Grant")
    def grant_shown(self, row: Grant) -> str:
        return str(row)

    @display(description="Ends", ordering="end")
    def end_shown(self, row: Any) -> str:
        return f"{row.end:%Y-%m-%d %H:%M} UTC{', revoked' if row.revoked_at else ''}"

    @display(description="Request")
    def request_shown(self, row: Grant) -> str:
        return link_to(row.request)


class Standing(DropdownFilter):
    title = "state"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("overdue", "Overdue"), ("proved", "Evidence to confirm"), ("open", "Open"), ("met", "Met")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {
            "overdue": Q(met_at=None, due__lte=_now()),
            "proved": Q(met_at=None, evidence_at__isnull=False),
            "open": Q(met_at=None),
            "met": Q(met_at__isnull=False),
        }
        return queryset.filter(wanted.get(self.value() or "", Q()))


class ReturnForm(OperationForm):
    reason = NoteField(label="What is missing", help_text="The team reads it.")


def confirm(actor: Any, condition: Condition, answers: Mapping[str, Any]) -> str:
    actions.confirm_condition(actor=actor, condition=condition)
    return "The condition is met."


def give_back(actor: Any, condition: Condition, answers: Mapping[str, Any]) -> str:
    actions.return_condition(actor=actor, condition=condition, reason=answers["reason"])
    return "The evidence is returned to the team."


@admin.register(Condition)
class ConditionAdmin(PolicyAdmin):
    list_display = ("text", "team_shown", "owner", "due", "evidence_at", "met_at")
    list_filter = (Standing, ("request__team", AutocompleteSelectFilter), ("owner", AutocompleteSelectFilter))
    list_select_related = ("request__team", "owner")
    search_fields = ("text", "request__team__name")
    ordering = ("due", "id")
    fields = (
        "request_shown", "text", "owner", "due", "evidence", "evidence_at", "evidence_by", "returned", "met_at",
        "met_by",
    )  # fmt: skip
    readonly_fields = fields
    operations = (
        Operation("confirm", "Confirm", confirm, ("confirm",), icon="check",
                  explain="The evidence is enough; the condition suspends nothing any more."),
        Operation("return", "Return", give_back, ("confirm",), ReturnForm, icon="undo",
                  explain="The evidence is not enough; the team reads why."),
    )  # fmt: skip

    @display(description="Team", ordering="request__team")
    def team_shown(self, row: Condition) -> str:
        return str(row.request.team)

    @display(description="Request")
    def request_shown(self, row: Condition) -> str:
        return link_to(row.request)


@admin.register(DecisionCount)
class DecisionCountAdmin(PolicyAdmin):
    list_display = ("day", "team", "tool_name", "environment", "reason", "surface", "count")
    list_filter = (
        ("day", RangeDateFilter),
        ("team", AutocompleteSelectFilter),
        ("environment", AutocompleteSelectFilter),
    )
    list_select_related = ("team", "environment")
    search_fields = ("tool_name", "reason")
    ordering = ("-day", "-id")
    fields = ("day", "team", "tool_name", "tool", "environment", "reason", "surface", "grant", "count")
    readonly_fields = fields
