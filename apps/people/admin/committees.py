"""Committees and their seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import ChooseField
from apps.core.admin.policy import link_to
from apps.people import actions
from apps.people.admin.periods import RunningFilter, ending, span
from apps.people.models import Committee, CommitteeSeat


class SeatForm(OperationForm):
    user = ChooseField(CommitteeSeat, "user", label="Person")
    seat = forms.ChoiceField(choices=CommitteeSeat.Seat.choices, widget=UnfoldAdminSelectWidget)


def take_seat(actor: Any, committee: Committee, answers: Mapping[str, Any]) -> str:
    row = actions.seat_member(actor=actor, committee=committee, **answers)
    return f"{row.user} has a seat for {row.get_seat_display().lower()} in the {committee}."


class SeatInline(PolicyInline):
    model = CommitteeSeat
    fields = ("person", "seat", "holds")
    ordering = ("-starts",)
    verbose_name_plural = "seats"

    def joined(self) -> tuple[str, ...]:
        return ("user", "committee")

    @display(description="Person")
    def person(self, row: CommitteeSeat) -> str:
        return link_to(row, str(row.user))

    @display(description="Holds")
    def holds(self, row: CommitteeSeat) -> str:
        return span(row)


@admin.register(Committee)
class CommitteeAdmin(PolicyAdmin):
    list_display = ("name", "slug", "purpose", "chair", "quorum")
    list_select_related = ("chair",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("chair",)
    fields = ("name", "slug", "purpose", "chair", "quorum")
    inlines = (SeatInline,)
    operations = (Operation("seat", "Give seat", take_seat, form=SeatForm, icon="event_seat"),)

    def create(self, actor: Any, data: dict[str, Any]) -> Committee:
        return actions.create_committee(actor=actor, **data)


@admin.register(CommitteeSeat)
class CommitteeSeatAdmin(PolicyAdmin):
    list_display = ("user", "committee", "seat", "holds")
    list_filter = (("committee", AutocompleteSelectFilter), ("seat", ChoicesDropdownFilter), RunningFilter)
    list_select_related = ("user", "committee")
    search_fields = ("user__name", "user__username", "committee__name")
    autocomplete_fields = ("user", "committee")
    fields = ("user", "committee", "seat")
    ordering = ("-starts", "-id")
    operations = (ending("End seat", "people.seat.left", "committee"),)

    def create(self, actor: Any, data: dict[str, Any]) -> CommitteeSeat:
        return actions.seat_member(actor=actor, **data)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "committee", "seat", "holds") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("holds",)

    @display(description="Holds", ordering="starts")
    def holds(self, row: CommitteeSeat) -> str:
        return span(row)
