"""The queue of requests: what waits for the center, and what it answers."""

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
from unfold.widgets import UnfoldAdminRadioSelectWidget

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import NoteField
from apps.people.models import Visibility
from apps.roadmap.actions import showing, triage
from apps.roadmap.models import Dependency, Estimate, Request, RequestKpi, Support
from apps.roadmap.queries.completeness import unready
from apps.roadmap.workflow import IN_TRIAGE, State

STATE_LABELS = {
    State.SUBMITTED.label: "info",
    State.TRIAGE.label: "info",
    State.SCORING.label: "info",
    State.NEEDS_INFO.label: "warning",
    State.DEFERRED.label: "warning",
    State.READY.label: "success",
    State.PLANNED.label: "success",
    State.IN_PROGRESS.label: "success",
    State.DELIVERED.label: "success",
    State.DECLINED.label: "danger",
    State.CANCELLED.label: "danger",
}


class Waiting(DropdownFilter):
    title = "waits for the center"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In triage"), ("scoring", "In scoring")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"yes": (State.SUBMITTED, State.TRIAGE), "scoring": (State.SCORING,)}.get(self.value() or "")
        return queryset.filter(state__in=wanted) if wanted else queryset


class ReasonForm(OperationForm):
    reason = NoteField(label="Reason", help_text="The requester reads it.")


class QuestionForm(OperationForm):
    question = NoteField(label="Question", help_text="Its team reads it and answers.")


def accept(actor: Any, request: Request, answers: Mapping[str, Any]) -> str:
    triage.accept(actor=actor, request=request)
    return f"“{request}” is to be scored."


def take(actor: Any, request: Request, answers: Mapping[str, Any]) -> str:
    triage.take_triage(actor=actor, request=request)
    return f"You look at “{request}”."


def ask(actor: Any, request: Request, answers: Mapping[str, Any]) -> str:
    triage.ask_info(actor=actor, request=request, question=answers["question"])
    return f"{request.owner} has your question."


def decline(actor: Any, request: Request, answers: Mapping[str, Any]) -> str:
    triage.decline(actor=actor, request=request, reason=answers["reason"])
    return f"“{request}” is declined."


def defer(actor: Any, request: Request, answers: Mapping[str, Any]) -> str:
    triage.defer(actor=actor, request=request, reason=answers["reason"])
    return f"“{request}” is put off."


class SeenByForm(OperationForm):
    visibility = forms.ChoiceField(
        choices=Visibility.choices, label="Who sees it", widget=UnfoldAdminRadioSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.initial["visibility"] = self.row.visibility


def show(actor: Any, request: Request, answers: Mapping[str, Any]) -> str:
    showing.set_visibility(actor=actor, request=request, **answers)
    return f"“{request}” is shown to: {Visibility(answers['visibility']).label.lower()}."


class KpiInline(PolicyInline):
    model = RequestKpi
    fields = ("name", "category", "measure", "direction", "p10", "p50", "p90", "owner", "review_at")
    ordering = ("id",)

    def joined(self) -> tuple[str, ...]:
        return ("owner",)


class SupportInline(PolicyInline):
    model = Support
    fk_name = "request"
    fields = ("unit", "user", "note", "at")
    ordering = ("at", "id")

    def joined(self) -> tuple[str, ...]:
        return ("unit", "user")


class EstimateInline(PolicyInline):
    model = Estimate
    fields = ("role", "p10", "p50", "p90", "author", "note", "at")
    ordering = ("-at", "-id")

    def joined(self) -> tuple[str, ...]:
        return ("author",)


class DependencyInline(PolicyInline):
    model = Dependency
    fk_name = "request"
    fields = ("kind", "other")
    ordering = ("id",)

    def joined(self) -> tuple[str, ...]:
        return ("other",)


@admin.register(Request)
class RequestAdmin(PolicyAdmin):
    """Requests are written and scored on the portal's pages; here is the queue."""

    list_display = ("title", "unit", "owner", "type", "state_shown", "submitted_at", "state_since")
    list_filter = (
        Waiting,
        ("state", ChoicesDropdownFilter),
        ("type", ChoicesDropdownFilter),
        ("strategic", BooleanRadioFilter),
        ("unit", AutocompleteSelectFilter),
        ("owner", AutocompleteSelectFilter),
    )
    list_select_related = ("unit", "owner")
    search_fields = ("title", "owner__name", "unit__name")
    ordering = ("-id",)
    inlines = (KpiInline, SupportInline, EstimateInline, DependencyInline)
    operations = (
        Operation("accept", "To scoring", accept, ("triage",), icon="check", in_bulk=True,
                  explain="It is worth scoring; two people of the center score it blind.",
                  applies=lambda request: request.state in (State.SUBMITTED, State.TRIAGE)),
        Operation("take", "Take triage", take, ("triage",), icon="visibility",
                  explain="You look at it; what was put off comes back.",
                  applies=lambda request: request.state in (State.SUBMITTED, State.DEFERRED)),
        Operation("ask", "Ask for more", ask, ("triage",), QuestionForm, icon="help",
                  explain="The team answers before it goes on.",
                  applies=lambda request: request.state in (State.SUBMITTED, State.TRIAGE)),
        Operation("defer", "Put off", defer, ("triage",), ReasonForm, icon="schedule",
                  explain="Not now; it comes back when somebody takes it up.",
                  applies=lambda request: request.state in (State.SUBMITTED, State.TRIAGE)),
        Operation("decline", "Decline", decline, ("triage",), ReasonForm, icon="block", danger=True,
                  explain="A no that says why.",
                  applies=lambda request: request.state in IN_TRIAGE),
        Operation("visibility", "Change who sees it", show, ("administer",), SeenByForm, icon="visibility",
                  explain="Shown to more people, all of it is shown. Minutes of a decision are written anew.",
                  applies=lambda request: request.submitted_at is not None),
    )  # fmt: skip
    fields = (
        "state_shown", "reason", "lacking", "type", "unit", "owner", "requester", "visibility", "sponsor", "sponsored_at",
        "strategic", "problem", "decision_changed", "if_nothing", "why_now", "approach", "approach_reason", "reach",
        "submitted_at", "answered_at", "decided_at", "triager", "signal",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("search_vector")

    @display(description="State", label=STATE_LABELS)
    def state_shown(self, row: Request) -> str:
        return str(State(row.state).label)

    @display(description="Lacks before it is ready")
    def lacking(self, row: Request) -> str:
        return (" ".join(unready(row)) or "nothing") if row.state == State.SCORING else "–"
