"""Teams and who works in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Count
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import ChooseField
from apps.core.admin.policy import link_to
from apps.people import actions
from apps.people.admin.periods import RunningFilter, is_running, span
from apps.people.models import Membership, Team
from apps.people.queries import running

CRAFTS = [("", "No particular craft"), *Membership.Craft.choices]


class JoinForm(OperationForm):
    user = ChooseField(Membership, "user", label="Person")
    role = forms.ChoiceField(
        choices=Membership.Role.choices, initial="member", widget=UnfoldAdminSelectWidget
    )
    craft = forms.ChoiceField(choices=CRAFTS, required=False, widget=UnfoldAdminSelectWidget)


class RoleForm(OperationForm):
    role = forms.ChoiceField(choices=Membership.Role.choices, widget=UnfoldAdminSelectWidget)
    craft = forms.ChoiceField(choices=CRAFTS, required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            self.initial = {"role": self.row.role, "craft": self.row.craft}


def join(actor: Any, team: Team, answers: Mapping[str, Any]) -> str:
    membership = actions.start_membership(actor=actor, team=team, **answers)
    return f"{membership.user} is a {membership.get_role_display().lower()} of {team}."


def change_role(actor: Any, membership: Membership, answers: Mapping[str, Any]) -> str:
    actions.start_membership(actor=actor, user=membership.user, team=membership.team, **answers)
    return f"Changed: {membership}."


def leave(actor: Any, membership: Membership, answers: Mapping[str, Any]) -> str:
    actions.end_membership(actor=actor, membership=membership)
    return f"Ended: {membership}."


def origin_of(membership: Membership) -> str:
    """Who keeps it: what the identity provider gave, it also takes."""
    return "Identity provider" if membership.from_claim else "Entered here"


class MembershipInline(PolicyInline):
    model = Membership
    fields = ("member", "role", "craft", "holds", "origin")
    ordering = ("-ends", "user__username")
    verbose_name_plural = "members"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Those who are in it now; earlier ones stand in the list of memberships."""
        return super().get_queryset(request).filter(running())

    def joined(self) -> tuple[str, ...]:
        return ("user", "team")

    @display(description="Person")
    def member(self, row: Membership) -> str:
        return link_to(row, str(row.user))

    @display(description="Holds")
    def holds(self, row: Membership) -> str:
        return span(row)

    @display(description="Origin")
    def origin(self, row: Membership) -> str:
        return origin_of(row)


@admin.register(Team)
class TeamAdmin(PolicyAdmin):
    list_display = ("name", "slug", "kind_shown", "business_unit", "lead", "people", "holds")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("business_unit", AutocompleteSelectFilter),
        RunningFilter,
    )
    list_select_related = ("business_unit", "lead")
    search_fields = ("name", "slug")
    autocomplete_fields = ("business_unit", "lead")
    fields = ("name", "slug", "description", "kind", "business_unit", "lead", "coe_office", "starts", "ends")
    inlines = (MembershipInline,)
    operations = (
        Operation("join", "Add member", join, ("change_members",), JoinForm, icon="person_add",
                  explain="Somebody who is in the team already gets the role and craft chosen here."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> Team:
        return actions.create_team(actor=actor, **data)

    def update(self, actor: Any, row: Team, changes: dict[str, Any], version: int | None) -> Team:
        return actions.update_team(actor=actor, team=row, changes=changes)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        count = Count("memberships", filter=running("memberships__"), distinct=True)
        return super().get_queryset(request).annotate(member_count=count)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug names the team's group and namespace; it stays."""
        return ("slug",) if obj else ()

    @display(description="Kind", ordering="kind", label={"Central": "primary", "Embedded": "info"})
    def kind_shown(self, team: Team) -> str:
        return team.get_kind_display()

    @display(description="Members", ordering="member_count")
    def people(self, team: Any) -> int:
        return int(team.member_count)

    @display(description="Runs", ordering="ends")
    def holds(self, team: Team) -> str:
        return span(team)


@admin.register(Membership)
class MembershipAdmin(PolicyAdmin):
    list_display = ("user", "team", "role", "craft", "holds", "origin")
    list_filter = (
        ("team", AutocompleteSelectFilter),
        ("role", ChoicesDropdownFilter),
        ("craft", ChoicesDropdownFilter),
        RunningFilter,
    )
    list_select_related = ("user", "team")
    search_fields = ("user__name", "user__username", "team__name", "team__slug")
    autocomplete_fields = ("user", "team")
    fields = ("user", "team", "role", "craft")
    readonly_fields = ("holds", "origin")
    operations = (
        Operation("role", "Change role", change_role, form=RoleForm, icon="badge", applies=is_running),
        Operation("end", "End membership", leave, icon="event_busy", applies=is_running, in_bulk=True,
                  danger=True,
                  explain="It ends now and stays on record. What the person did stays theirs."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> Membership:
        return actions.start_membership(actor=actor, **data)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.fields, *self.readonly_fields) if obj else self.fields

    @display(description="Holds", ordering="starts")
    def holds(self, row: Membership) -> str:
        return span(row)

    @display(description="Origin", ordering="from_claim")
    def origin(self, row: Membership) -> str:
        return origin_of(row)
