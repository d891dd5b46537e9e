"""Business units and the liaisons who serve them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import ChooseField
from apps.core.admin.policy import link_to
from apps.people import actions
from apps.people.admin.periods import RunningFilter, ending, span
from apps.people.models import BusinessUnit, Liaison, Team
from apps.people.queries import running


class LiaisonForm(OperationForm):
    user = ChooseField(Liaison, "user", label="Person of the center")


def send(actor: Any, unit: BusinessUnit, answers: Mapping[str, Any]) -> str:
    liaison = actions.send_liaison(actor=actor, business_unit=unit, **answers)
    return f"{liaison.user} is a liaison for {unit}."


class ServedFilter(DropdownFilter):
    title = "liaison"
    parameter_name = "served"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Has a liaison"), ("no", "Has none")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        wanted = {"yes": {"liaison_count__gt": 0}, "no": {"liaison_count": 0}}.get(self.value() or "", {})
        return queryset.filter(**wanted)


class LiaisonInline(PolicyInline):
    model = Liaison
    fields = ("person", "holds")
    ordering = ("-starts",)

    def joined(self) -> tuple[str, ...]:
        return ("user", "business_unit")

    @display(description="Person")
    def person(self, row: Liaison) -> str:
        return link_to(row, str(row.user))

    @display(description="Holds")
    def holds(self, row: Liaison) -> str:
        return span(row)


class UnitTeamInline(PolicyInline):
    model = Team
    fields = ("team", "kind", "lead", "holds")
    verbose_name_plural = "teams"

    def joined(self) -> tuple[str, ...]:
        return ("lead",)

    @display(description="Team")
    def team(self, row: Team) -> str:
        return link_to(row)

    @display(description="Runs")
    def holds(self, row: Team) -> str:
        return span(row)


@admin.register(BusinessUnit)
class BusinessUnitAdmin(PolicyAdmin):
    list_display = ("name", "slug", "parent", "sponsor", "function", "served")
    list_filter = (ServedFilter,)
    list_select_related = ("parent", "sponsor")
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent", "sponsor")
    fields = ("name", "slug", "parent", "sponsor", "function", "time_zone", "holiday_calendar")
    inlines = (UnitTeamInline, LiaisonInline)
    operations = (Operation("liaison", "Send liaison", send, form=LiaisonForm, icon="handshake"),)

    def create(self, actor: Any, data: dict[str, Any]) -> BusinessUnit:
        return actions.create_unit(actor=actor, **data)

    def update(
        self, actor: Any, row: BusinessUnit, changes: dict[str, Any], version: int | None
    ) -> BusinessUnit:
        return actions.update_unit(actor=actor, unit=row, changes=changes)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        count = Count("liaisons", filter=running("liaisons__"), distinct=True)
        return super().get_queryset(request).annotate(liaison_count=count)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug is a namespace of the catalog; it stays."""
        return ("slug",) if obj else ()

    @display(description="Liaisons", ordering="liaison_count", label={"none": "warning"})
    def served(self, unit: Any) -> str:
        return str(unit.liaison_count or "none")


@admin.register(Liaison)
class LiaisonAdmin(PolicyAdmin):
    list_display = ("user", "business_unit", "holds")
    list_filter = (("business_unit", AutocompleteSelectFilter), RunningFilter)
    list_select_related = ("user", "business_unit")
    search_fields = ("user__name", "user__username", "business_unit__name")
    autocomplete_fields = ("user", "business_unit")
    fields = ("user", "business_unit")
    ordering = ("-starts", "-id")
    operations = (ending("End liaison", "people.liaison.ended", "business_unit"),)

    def create(self, actor: Any, data: dict[str, Any]) -> Liaison:
        return actions.send_liaison(actor=actor, **data)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "business_unit", "holds") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("holds",)

    @display(description="Holds", ordering="starts")
    def holds(self, row: Liaison) -> str:
        return span(row)
