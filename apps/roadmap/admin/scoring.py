"""The scoring policy's revisions: read here, written in the portal's editor, which shows who would move."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.decorators import display
from unfold.enums import ActionVariant

from apps.core.admin import PolicyAdmin
from apps.roadmap.models import ScoringPolicy
from apps.roadmap.queries.numbers import percent, told
from apps.roadmap.queries.scores import rates_of
from apps.roadmap.queries.scoring_policies import rate_name, short_urgency
from apps.roadmap.workflow import Evidence


@admin.register(ScoringPolicy)
class ScoringPolicyAdmin(PolicyAdmin):
    """A revision is never edited: what is wrong in it is put right by the next one."""

    list_display = ("number", "rates_count", "stale_after_days", "author", "at")
    list_select_related = ("author",)
    search_fields = ("rationale",)
    ordering = ("-number",)
    fields = (
        "number",
        "rationale",
        "rates_shown",
        "ladder_shown",
        "decay_shown",
        "stale_after_days",
        "author",
        "at",
    )
    readonly_fields = fields

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        response = super().render_change_form(request, context, *args, **kwargs)
        if self.may(request.user, ["change"]):
            response.context_data.setdefault("actions_detail", []).append(_writing())
        return response

    @display(description="Rates")
    def rates_count(self, row: ScoringPolicy) -> str:
        return str(len(row.rates))

    @display(description="Points a year")
    def rates_shown(self, row: ScoringPolicy) -> str:
        rates = rates_of(row).per_unit
        return (
            "; ".join(f"{rate_name(*key)}: {told(value)}" for key, value in sorted(rates.items())) or "none"
        )

    @display(description="Evidence ladder")
    def ladder_shown(self, row: ScoringPolicy) -> str:
        ladder = rates_of(row).ladder
        return ", ".join(f"{Evidence(name).label.lower()} {percent(part)}" for name, part in ladder.items())

    @display(description="A quarter's delay")
    def decay_shown(self, row: ScoringPolicy) -> str:
        decay = rates_of(row).decay
        return ", ".join(f"{short_urgency(name)} {percent(part)}" for name, part in decay.items())


def _writing() -> dict[str, Any]:
    return {
        "title": "Write the next",
        "icon": "edit",
        "path": reverse("roadmap:policy-new"),
        "variant": ActionVariant.PRIMARY,
        "attrs": {},
    }
