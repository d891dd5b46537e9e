"""The queue of findings: who must look at what, gravest first, and the three ways out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from apps.catalog import actions
from apps.catalog.actions.findings import STATES
from apps.catalog.models import Finding
from apps.catalog.queries.operations import SEVERITY_RANK
from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.core.admin.forms import NoteField
from apps.core.admin.operations import Perform
from apps.core.admin.policy import link_to

SEVERITY_LABELS = {"Critical": "danger", "High": "danger", "Medium": "warning", "Low": "info"}
STATE_LABELS = {"Open": "warning", "Acknowledged": "info", "Resolved": "success"}


class OptionalNote(OperationForm):
    note = NoteField(required=False)


class RequiredNote(OperationForm):
    note = NoteField(help_text="Why it needs nothing. It stays dismissed when the source reports it again.")


def moving(
    name: str, label: str, state: str, icon: str, form: type[OperationForm] = OptionalNote
) -> Operation:
    def perform(actor: Any, finding: Finding, answers: Mapping[str, Any]) -> str:
        actions.handle_finding(actor=actor, finding=finding, state=state, **answers)
        return f"{finding.get_state_display()}: {finding}."

    def applies(finding: Finding) -> bool:
        return state in STATES[finding.state]

    handle: Perform = perform
    return Operation(name, label, handle, form=form, icon=icon, applies=applies, in_bulk=True)


class OpenFilter(DropdownFilter):
    title = "queue"
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waiting (open, acknowledged)"), ("no", "Closed")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        waiting = models.Q(state__in=Finding.OPEN_STATES)
        return queryset.filter({"yes": waiting, "no": ~waiting}.get(self.value() or "", models.Q()))


@admin.register(Finding)
class FindingAdmin(PolicyAdmin):
    list_display = ("title", "severity_shown", "state_shown", "kind", "about", "owner", "source", "opened_at")
    list_filter = (
        OpenFilter,
        ("severity", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("owner", AutocompleteSelectFilter),
        ("source", AutocompleteSelectFilter),
    )
    list_select_related = ("entity", "deployment", "owner", "source")
    search_fields = ("title",)
    ordering = (SEVERITY_RANK.asc(), "-opened_at", "-id")
    fields = (
        "title", "severity_shown", "state_shown", "kind", "detail", "about", "owner", "source", "opened_at",
        "last_seen", "closed_at", "handled_by", "note",
    )  # fmt: skip
    readonly_fields = fields
    operations = (
        moving("acknowledge", "Acknowledge", Finding.State.ACKNOWLEDGED, "visibility"),
        moving("resolve", "Resolve", Finding.State.RESOLVED, "check_circle"),
        moving("dismiss", "Dismiss", Finding.State.DISMISSED, "do_not_disturb_on", RequiredNote),
        moving("reopen", "Open again", Finding.State.OPEN, "undo"),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).annotate(severity_rank=SEVERITY_RANK)

    @display(description="Severity", ordering="severity_rank", label=SEVERITY_LABELS)
    def severity_shown(self, finding: Finding) -> str:
        return finding.get_severity_display()

    @display(description="State", ordering="state", label=STATE_LABELS)
    def state_shown(self, finding: Finding) -> str:
        return finding.get_state_display()

    @display(description="About")
    def about(self, finding: Finding) -> str:
        """A finding is visible exactly to those who see what it is about."""
        return link_to(finding.entity or finding.deployment)
