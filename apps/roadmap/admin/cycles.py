"""Planning cycles with their capacity, shares and candidates; plans as the worker computed them; meetings.

Shares say who votes and whether a ballot is there, never what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import NoteField
from apps.core.admin.policy import link_to
from apps.roadmap.actions import closing, framing, planning
from apps.roadmap.actions import cycles as actions
from apps.roadmap.models import (
    Attendance,
    Candidate,
    Capacity,
    Cycle,
    Delegate,
    Meeting,
    Override,
    PlanRun,
    Share,
    Snapshot,
)
from apps.roadmap.workflow import CycleState, Entry

STATE_LABELS = {
    CycleState.PREPARING.label: "info",
    CycleState.VOTING.label: "info",
    CycleState.FROZEN.label: "warning",
    CycleState.PROPOSED.label: "warning",
    CycleState.DECIDED.label: "success",
}
RUN_LABELS = {
    PlanRun.State.DONE.label: "success",
    PlanRun.State.FAILED.label: "danger",
    PlanRun.State.RUNNING.label: "info",
}


class CapacityInline(PolicyInline):
    model = Capacity
    fields = ("role", "weeks", "reserve")
    ordering = ("role",)


class ShareInline(PolicyInline):
    model = Share
    fields = ("voter", "basis_points", "delegates_shown")
    ordering = ("-basis_points", "id")

    def joined(self) -> tuple[str, ...]:
        return ("unit",)

    @display(description="Voter")
    def voter(self, row: Share) -> str:
        return str(row.unit or "Strategic")

    @display(description="Delegates")
    def delegates_shown(self, row: Share) -> str:
        rows = Delegate._base_manager.filter(share=row).select_related("user")
        return ", ".join(str(each.user) for each in rows) or "–"


class CandidateInline(PolicyInline):
    model = Candidate
    fields = ("candidate", "entry", "obligation", "approved_by", "planned")
    ordering = ("id",)
    per_page = 200

    def joined(self) -> tuple[str, ...]:
        return ("request", "approved_by")

    @display(description="Request")
    def candidate(self, row: Candidate) -> str:
        return link_to(row, str(row.request))


class SnapshotInline(PolicyInline):
    model = Snapshot
    fields = ("sha256", "frozen_by", "at")
    ordering = ("-id",)

    def joined(self) -> tuple[str, ...]:
        return ("frozen_by",)


class ReopenForm(OperationForm):
    reason = NoteField(label="Reason", help_text="Every voter reads it.")


def open_voting(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    actions.open_voting(actor=actor, cycle=cycle, expected_version=answers.get("expected_version"))
    return f"The vote of {cycle} is open."


def freeze(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    found = planning.freeze(actor=actor, cycle=cycle, expected_version=answers.get("expected_version"))
    return f"{cycle} is frozen as {found}; the worker plans it."


def reopen(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    planning.reopen(
        actor=actor,
        cycle=cycle,
        reason=answers["reason"],
        expected_version=answers.get("expected_version"),
    )
    return f"The vote of {cycle} is open again."


def prepare_again(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    closing.prepare_again(
        actor=actor,
        cycle=cycle,
        reason=answers["reason"],
        expected_version=answers.get("expected_version"),
    )
    return f"The vote of {cycle} is broken off; capacity and candidates can be changed."


def plan_again(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    planning.plan_again(actor=actor, cycle=cycle, expected_version=answers.get("expected_version"))
    return f"The worker plans {cycle} again."


def close(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    closing.close_cycle(actor=actor, cycle=cycle, expected_version=answers.get("expected_version"))
    return f"{cycle} is closed."


class FrameForm(OperationForm):
    """What is left empty stays as it is."""

    name = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget())
    ballots_until = forms.SplitDateTimeField(required=False, widget=UnfoldAdminSplitDateTimeWidget())
    mandatory_cap = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000,
        help_text="Basis points of the capacity; in preparation only.",
        widget=UnfoldAdminIntegerFieldWidget(),
    )


def change(actor: Any, cycle: Cycle, answers: Mapping[str, Any]) -> str:
    given = {name: answers.get(name) for name in ("name", "ballots_until", "mandatory_cap")}
    changes = {name: value for name, value in given.items() if value not in (None, "")}
    version = answers.get("expected_version")
    framing.change_cycle(actor=actor, cycle=cycle, changes=changes, expected_version=version)
    return f"The frame of {cycle} is changed."


@admin.register(Cycle)
class CycleAdmin(PolicyAdmin):
    """Capacity, shares and candidates are set on the cycle's own page, which adds them up."""

    list_display = ("name", "starts", "ends", "state_shown", "ballots_until")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("name", "slug")
    ordering = ("-starts", "-id")
    inlines = (CapacityInline, ShareInline, CandidateInline, SnapshotInline)
    operations = (
        Operation("open-voting", "Open the vote", open_voting, ("run",), icon="how_to_vote",
                  explain="Units cast sealed ballots from now on; capacity, shares and candidates stay.",
                  applies=lambda cycle: cycle.state == CycleState.PREPARING),
        Operation("freeze", "Freeze", freeze, ("run",), icon="ac_unit",
                  explain="Ends the vote: the inputs are kept byte for byte, ballots are open, the worker plans.",
                  applies=lambda cycle: cycle.state == CycleState.VOTING),
        Operation("reopen", "Open the vote again", reopen, ("run",), ReopenForm, icon="lock_open", danger=True,
                  explain="Plans of what was frozen are stale from then on.",
                  applies=lambda cycle: cycle.state in (CycleState.FROZEN, CycleState.PROPOSED)),
        Operation("change", "Change the frame", change, ("run",), FrameForm, icon="edit",
                  explain="In preparation all of it, its days on its page; in the vote its name and end.",
                  applies=lambda cycle: cycle.state in framing.CHANGEABLE),
        Operation("prepare-again", "Back to preparation", prepare_again, ("run",), ReopenForm, icon="undo", danger=True,
                  explain="The vote is broken off; ballots are kept, sealed.",
                  applies=lambda cycle: cycle.state == CycleState.VOTING),
        Operation("plan-again", "Plan again", plan_again, ("run",), icon="replay",
                  explain="The worker plans the same frozen inputs, where it failed or was lost.",
                  applies=lambda cycle: cycle.state == CycleState.FROZEN),
        Operation("close", "Close the cycle", close, ("run",), icon="archive", danger=True,
                  explain="What is not finished goes on, and is offered to the next cycle. It is not opened again.",
                  applies=lambda cycle: cycle.state == CycleState.DECIDED),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> Cycle:
        return actions.create_cycle(actor=actor, **data)

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is None:
            return [(None, {"fields": ("slug", "name", "starts", "ends", "mandatory_cap", "ballots_until")})]
        return [
            (
                None,
                {
                    "fields": (
                        "state_shown",
                        "starts",
                        "ends",
                        "ballots_until",
                        "mandatory_cap",
                        "scoring_policy",
                    )
                },
            )
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        return ("state_shown", "starts", "ends", "ballots_until", "mandatory_cap", "scoring_policy")

    @display(description="State", label=STATE_LABELS)
    def state_shown(self, row: Cycle) -> str:
        return str(CycleState(row.state).label)


class Obligation(DropdownFilter):
    title = "obligation"
    parameter_name = "obligation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Wait for approval"), ("approved", "Approved")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        mandatory = queryset.filter(entry=Entry.MANDATORY)
        wanted = {
            "waiting": mandatory.filter(approved_by=None),
            "approved": mandatory.exclude(approved_by=None),
        }
        return wanted.get(self.value() or "", queryset)


class RemoveForm(OperationForm):
    reason = forms.CharField(
        required=False, max_length=2_000, label="Reason", widget=UnfoldAdminTextInputWidget()
    )


def approve(actor: Any, candidate: Candidate, answers: Mapping[str, Any]) -> str:
    actions.approve_mandatory(actor=actor, candidate=candidate)
    return "The obligation is approved."


def remove(actor: Any, candidate: Candidate, answers: Mapping[str, Any]) -> str:
    name = str(candidate.request)
    actions.remove_candidate(actor=actor, candidate=candidate, reason=answers["reason"])
    return f"“{name}” is out of the cycle and ready for another one."


@admin.register(Candidate)
class CandidateAdmin(PolicyAdmin):
    """Requests in cycles, and the obligations of those that are mandatory."""

    list_display = ("request_shown", "cycle", "entry", "obligation", "approved_by", "planned")
    list_filter = (
        Obligation,
        ("entry", ChoicesDropdownFilter),
        ("cycle", AutocompleteSelectFilter),
    )
    list_select_related = ("request", "cycle", "approved_by")
    search_fields = ("request__title", "obligation")
    ordering = ("-cycle__starts", "id")
    fields = ("request_link", "cycle", "entry", "obligation", "proposed_by", "approved_by", "planned", "at")
    readonly_fields = fields
    operations = (
        Operation("approve", "Approve the obligation", approve, ("approve",), icon="gavel",
                  explain="It comes off the top of the cycle, before the vote.",
                  applies=lambda row: row.entry == Entry.MANDATORY and row.approved_by_id is None),
        Operation("remove", "Take out of the cycle", remove, ("change",), RemoveForm, icon="remove", danger=True,
                  explain="It is ready for another cycle.",
                  applies=lambda row: row.cycle.state == CycleState.PREPARING),
    )  # fmt: skip

    @display(description="Request")
    def request_shown(self, row: Candidate) -> str:
        return str(row.request)

    @display(description="Request")
    def request_link(self, row: Candidate) -> str:
        return link_to(row.request)


@admin.register(PlanRun)
class PlanRunAdmin(PolicyAdmin):
    """What the worker computed, and from which bytes. The plans, and why one failed, are on the cycle's pages, which name
    to each reader what they may see."""

    list_display = ("pk", "cycle", "state_shown", "is_sandbox", "reproducible", "queued_at", "finished_at")
    list_filter = (("state", ChoicesDropdownFilter), ("cycle", AutocompleteSelectFilter))
    list_select_related = ("cycle", "snapshot")
    search_fields = ("cycle__name", "result_sha256", "snapshot__sha256")
    ordering = ("-id",)
    fields = (
        "cycle", "state_shown", "stage", "progress", "page", "sandbox", "inputs_hash", "result_sha256", "reproducible",
        "solver", "started_by", "queued_at", "finished_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="State", label=RUN_LABELS)
    def state_shown(self, row: PlanRun) -> str:
        return str(PlanRun.State(row.state).label)

    @display(description="Sandbox", boolean=True)
    def is_sandbox(self, row: PlanRun) -> bool:
        return bool(row.sandbox)

    @display(description="Frozen inputs")
    def inputs_hash(self, row: PlanRun) -> str:
        return row.snapshot.sha256

    @display(description="Plans, or why they failed")
    def page(self, row: PlanRun) -> str:
        address = reverse("roadmap:plan-run", args=[row.cycle.slug, row.pk])
        return format_html('<a href="{}">{}</a>', address, address)

    @display(description="Progress")
    def progress(self, row: PlanRun) -> str:
        return f"{row.done} of {row.of} stages"


class AttendanceInline(PolicyInline):
    model = Attendance
    fields = ("user", "at")
    ordering = ("at", "id")

    def joined(self) -> tuple[str, ...]:
        return ("user",)


class OverrideInline(PolicyInline):
    model = Override
    fields = ("moved_by", "at", "taken_back_by", "taken_back_at")
    ordering = ("id",)

    def joined(self) -> tuple[str, ...]:
        return ("moved_by", "taken_back_by")


@admin.register(Meeting)
class MeetingAdmin(PolicyAdmin):
    """Who was there and what was decided; overrides with their items stand on the meeting's page."""

    list_display = ("cycle", "chosen", "held_at", "decided_at", "decided_by")
    list_filter = (("cycle", AutocompleteSelectFilter),)
    list_select_related = ("cycle", "decided_by")
    search_fields = ("cycle__name",)
    ordering = ("-id",)
    fields = ("cycle", "chosen", "held_at", "decided_at", "decided_by", "notes", "minutes_url")
    readonly_fields = fields
    inlines = (AttendanceInline, OverrideInline)
