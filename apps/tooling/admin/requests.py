"""The queue of requests as it is now: what waits, what is overdue, and what CoE leads do to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import NoteField
from apps.core.admin.policy import link_to
from apps.tooling.actions import granting, reviewing
from apps.tooling.models import Condition, ExceptionRequest, Grant, ReviewStep, Verdict
from apps.tooling.queries import clock
from apps.tooling.queries.requests import with_now
from apps.tooling.workflow import HOLDING, IN_REVIEW, OPEN, State

STATE_LABELS = {
    State.ACTIVE.label: "success",
    State.APPROVED.label: "success",
    State.SUBMITTED.label: "info",
    State.TRIAGE.label: "info",
    State.IN_REVIEW.label: "info",
    State.APPEALED.label: "info",
    State.NEEDS_INFO.label: "warning",
    State.RENEWAL_PENDING.label: "warning",
    State.EXPIRED.label: "danger",
    State.REVOKED.label: "danger",
    State.REJECTED.label: "danger",
}


class ShownState(DropdownFilter):
    """The state at this moment, which the stored one may lag behind."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset.filter(shown_state=wanted) if wanted in State.values else queryset


class Overdue(DropdownFilter):
    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Decision overdue"), ("no", "In time")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset.filter(overdue=wanted == "yes") if wanted in {"yes", "no"} else queryset


class RevokeForm(OperationForm):
    reason = NoteField(label="Reason", help_text="The team reads it.")
    notice_days = forms.IntegerField(
        min_value=0,
        max_value=90,
        initial=0,
        label="Notice, in days",
        help_text="0 ends it at once.",
        widget=UnfoldAdminIntegerFieldWidget,
    )


class CloseForm(OperationForm):
    reason = NoteField(label="Reason", required=False)


def start(actor: Any, request: ExceptionRequest, answers: Mapping[str, Any]) -> str:
    reviewing.start_review(actor=actor, request=request)
    return f"The review of “{request}” is open."


def revoke(actor: Any, request: ExceptionRequest, answers: Mapping[str, Any]) -> str:
    reason, days = answers["reason"], answers["notice_days"]
    granting.revoke(actor=actor, request=request, reason=reason, notice_days=days)
    return f"“{request}” ends in {days} days." if days else f"“{request}” is revoked."


def close(actor: Any, request: ExceptionRequest, answers: Mapping[str, Any]) -> str:
    granting.close(actor=actor, request=request, reason=answers["reason"])
    return f"“{request}” is closed."


class StepInline(PolicyInline):
    model = ReviewStep
    fields = ("round", "role", "opened_at", "closed_at", "approved")
    ordering = ("id",)


class VerdictInline(PolicyInline):
    model = Verdict
    fields = ("user", "step", "approves", "comment", "alternative", "at")
    ordering = ("id",)

    def joined(self) -> tuple[str, ...]:
        return ("user", "step", "alternative")


class GrantInline(PolicyInline):
    model = Grant
    fields = ("grant", "starts", "expires", "revoked_at", "provisional", "emergency")
    ordering = ("-starts", "-id")

    def joined(self) -> tuple[str, ...]:
        return ("tool", "environment")

    @display(description="Grant")
    def grant(self, row: Grant) -> str:
        return link_to(row)


class ConditionInline(PolicyInline):
    model = Condition
    fields = ("condition", "owner", "due", "evidence_at", "met_at")
    ordering = ("due", "id")

    def joined(self) -> tuple[str, ...]:
        return ("owner",)

    @display(description="Condition")
    def condition(self, row: Condition) -> str:
        return link_to(row)


@admin.register(ExceptionRequest)
class ExceptionRequestAdmin(PolicyAdmin):
    """Requests are written and decided on the portal's pages; here is the queue."""

    list_display = (
        "request_shown",
        "team",
        "level",
        "state_shown",
        "submitted_at",
        "due_shown",
        "ends_shown",
    )
    list_filter = (
        Overdue,
        ShownState,
        ("level", ChoicesDropdownFilter),
        ("emergency", BooleanRadioFilter),
        ("team", AutocompleteSelectFilter),
        ("tool", AutocompleteSelectFilter),
    )
    list_select_related = ("team", "tool")
    search_fields = ("tool__name", "tool__title", "tool_name", "team__name", "team__slug")
    ordering = ("-id",)
    inlines = (StepInline, VerdictInline, GrantInline, ConditionInline)
    operations = (
        Operation("start-review", "Start review", start, ("triage",), icon="play_arrow", in_bulk=True,
                  explain="Opens the steps of the request's tier.",
                  applies=lambda request: request.state in OPEN and request.state not in IN_REVIEW),
        Operation("close", "Close", close, ("close",), CloseForm, icon="lock",
                  explain="The team does not need it any more; its grants end now.",
                  applies=lambda request: request.state in HOLDING),
        Operation("revoke", "Revoke", revoke, ("revoke",), RevokeForm, icon="block", danger=True,
                  explain="Ends the exception against the will of its team, at once or after a notice.",
                  applies=lambda request: request.state in HOLDING),
    )  # fmt: skip
    fields = (
        "state_shown", "team", "requester", "tool", "tool_name", "versions", "data_class", "level", "emergency",
        "objective", "kpi", "exit_plan", "requested_until", "submitted_at", "due_shown", "decided_at", "decision",
        "ends_shown", "record_url",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        return with_now(rows, clock.now()).defer("search_vector")

    @display(description="Request")
    def request_shown(self, row: Any) -> str:
        return str(row)

    @display(description="State", label=STATE_LABELS)
    def state_shown(self, row: Any) -> str:
        return str(State(row.shown_state).label)

    @display(description="Decision due", ordering="due_at")
    def due_shown(self, row: Any) -> str:
        if row.due_at is None or row.state not in OPEN:
            return "–"
        told = f"{row.due_at:%Y-%m-%d %H:%M} UTC"
        return f"{told}, overdue" if row.overdue else f"{told}, waits for the team" if row.paused_at else told

    @display(description="Ends", ordering="ends")
    def ends_shown(self, row: Any) -> str:
        return f"{row.ends:%Y-%m-%d %H:%M} UTC" if row.ends else "–"
