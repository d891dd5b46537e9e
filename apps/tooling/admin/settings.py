"""The frame of reviews: tiers, the rules that choose them, environments, days on which nobody works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.core.admin import Operation, PolicyAdmin, PolicyForm
from apps.core.admin.forms import WordsField
from apps.tooling.actions import settings as actions
from apps.tooling.models import ClosedDay, Environment, Tier, TierRule
from apps.tooling.workflow import StepRole


class TierForm(PolicyForm):
    steps = forms.MultipleChoiceField(
        choices=StepRole.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Whose eyes a request of this tier needs; no person takes two steps.",
        error_messages={"required": "Choose at least one; nobody would decide otherwise."},
    )


@admin.register(Tier)
class TierAdmin(PolicyAdmin):
    form = TierForm
    list_display = ("level", "instant_days", "longest_days", "total_days", "working_days", "steps_shown")
    ordering = ("id",)

    def update(self, actor: Any, row: Tier, changes: dict[str, Any], version: int | None) -> Tier:
        return actions.update_tier(actor=actor, tier=row, changes=changes, expected_version=version)

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        days = ("instant_days", "longest_days", "total_days")
        return [
            (None, {"fields": ("level", "working_days", "steps" if self._edits(request) else "steps_shown")}),
            ("Days of grants", {"fields": days}),
        ]

    def _edits(self, request: HttpRequest) -> bool:
        return self.may(request.user, [self.change_ability])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("level", "steps_shown")

    @display(description="Steps")
    def steps_shown(self, row: Tier) -> str:
        return ", ".join(StepRole(step).label for step in row.steps)


def remove_rule(actor: Any, rule: TierRule, answers: Mapping[str, Any]) -> str:
    actions.remove_tier_rule(actor=actor, rule=rule)
    return f"The rule is gone: {rule}."


@admin.register(TierRule)
class TierRuleAdmin(PolicyAdmin):
    """Of the rules that fit the highest wins; where none fits, high. A rule is replaced, not edited."""

    list_display = ("rule_shown", "level", "environment", "data_class", "ring")
    list_filter = (("level", ChoicesDropdownFilter), ("environment", AutocompleteSelectFilter))
    list_select_related = ("environment",)
    ordering = ("id",)
    fields = ("level", "environment", "data_class", "ring")
    operations = (
        Operation("remove", "Remove", remove_rule, icon="delete", danger=True,
                  explain="From now on the other rules decide; where none fits, a request is of the high tier."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> TierRule:
        return actions.add_tier_rule(actor=actor, **data)

    @display(description="Rule")
    def rule_shown(self, row: TierRule) -> str:
        return str(row)


class EnvironmentForm(PolicyForm):
    other_names = WordsField(
        label="Other names", help_text="What clusters and files call it, separated by commas."
    )


@admin.register(Environment)
class EnvironmentAdmin(PolicyAdmin):
    form = EnvironmentForm
    list_display = ("name", "slug", "position", "names_shown")
    search_fields = ("name", "slug")
    ordering = ("position", "slug")

    def create(self, actor: Any, data: dict[str, Any]) -> Environment:
        return actions.create_environment(actor=actor, **data)

    def update(
        self, actor: Any, row: Environment, changes: dict[str, Any], version: int | None
    ) -> Environment:
        return actions.update_environment(actor=actor, environment=row, changes=changes)

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        edits = self.may(request.user, [self.change_ability])
        return [(None, {"fields": ("slug", "name", "position", "other_names" if edits else "names_shown")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The short name stands in grants, files and APIs; it stays."""
        return ("slug", "names_shown") if obj else ("names_shown",)

    @display(description="Other names")
    def names_shown(self, row: Environment) -> str:
        return ", ".join(row.other_names) or "–"


def remove_day(actor: Any, day: ClosedDay, answers: Mapping[str, Any]) -> str:
    actions.remove_closed_day(actor=actor, closed_day=day)
    return f"{day} is a working day again."


@admin.register(ClosedDay)
class ClosedDayAdmin(PolicyAdmin):
    """Besides the public holidays of a unit's calendar, which stands on the unit."""

    list_display = ("day", "name", "unit_shown")
    list_filter = (("business_unit", AutocompleteSelectFilter), ("day", RangeDateFilter))
    list_select_related = ("business_unit",)
    search_fields = ("name",)
    autocomplete_fields = ("business_unit",)
    ordering = ("-day", "-id")
    fields = ("day", "name", "business_unit")
    operations = (
        Operation("remove", "Remove", remove_day, icon="delete", danger=True,
                  explain="Deadlines that were told already stay as they are."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> ClosedDay:
        return actions.add_closed_day(actor=actor, **data)

    @display(description="Unit", ordering="business_unit")
    def unit_shown(self, row: ClosedDay) -> str:
        return str(row.business_unit or "all")
