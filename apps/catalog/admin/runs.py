"""Sync runs: what a sweep read and did, watched while it runs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from apps.catalog.models import SyncRun
from apps.core.admin import PolicyAdmin, PolicyInline
from apps.core.admin.policy import link_to
from apps.core.moments import told

GOING_ON = {SyncRun.State.QUEUED, SyncRun.State.RUNNING}
STATE_LABELS = {
    "Succeeded": "success",
    "Partly failed": "warning",
    "Failed": "danger",
    "Running": "info",
    "Queued": "info",
}
COUNTS = ("read", "added", "changed", "missing", "refused")


class SyncRunInline(PolicyInline):
    model = SyncRun
    fields = ("run", "state_shown", *COUNTS, "took")
    verbose_name_plural = "runs"

    def joined(self) -> tuple[str, ...]:
        return ("source",)

    @display(description="Queued")
    def run(self, run: SyncRun) -> str:
        return link_to(run, told(run.queued_at))

    @display(description="State", label=STATE_LABELS)
    def state_shown(self, run: SyncRun) -> str:
        return run.get_state_display()

    @display(description="Took")
    def took(self, run: SyncRun) -> str:
        return took(run)


def took(run: SyncRun) -> str:
    return "–" if run.seconds is None else f"{run.seconds:,.1f} s"


@admin.register(SyncRun)
class SyncRunAdmin(PolicyAdmin):
    list_display = ("queued_at", "source", "state_shown", *COUNTS, "duration", "started_by")
    list_filter = (
        ("source", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("queued_at", RangeDateTimeFilter),
    )
    list_select_related = ("source", "started_by")
    search_fields = ("source__name",)
    change_form_outer_before_template = "admin/run_progress.html"
    fields = (
        "source",
        "started_by",
        "queued_at",
        "started_at",
        "finished_at",
        "scopes_shown",
        "refusals_shown",
        "error",
    )
    readonly_fields = fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        return [
            path("<path:object_id>/progress/", view, name="catalog_syncrun_progress"),
            *super().get_urls(),
        ]

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The moving part of the page; when the run has ended, the whole page is loaded once more."""
        run: Any = self.get_object(request, unquote(object_id))
        headers = {"Cache-Control": "no-store"}
        if run.state not in GOING_ON:
            headers["HX-Refresh"] = "true"
        return TemplateResponse(request, "admin/run_figures.html", progress_of(run), headers=headers)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        if run := kwargs.get("obj"):
            context |= progress_of(run)
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="State", ordering="state", label=STATE_LABELS)
    def state_shown(self, run: SyncRun) -> str:
        return run.get_state_display()

    @display(description="Took")
    def duration(self, run: SyncRun) -> str:
        return took(run)

    @display(description="What it read")
    def scopes_shown(self, run: SyncRun) -> str:
        return lines((str(scope.get("scope", "")), _scope(scope)) for scope in run.scopes)

    @display(description="Refused rows")
    def refusals_shown(self, run: SyncRun) -> str:
        shown = lines((str(row.get("key", "")), str(row.get("reason", ""))) for row in run.refusals)
        more = run.refused - len(run.refusals)
        return format_html("{} and {} more", shown, f"{more:,}") if more > 0 else shown


def _scope(scope: dict[str, Any]) -> str:
    if scope.get("failed"):
        return f"failed: {scope['failed']}"
    if scope.get("absent"):
        return f"absent here: {scope['absent']}"
    return f"{scope.get('rows') or 0:,} rows"


def lines(pairs: Any) -> str:
    """Names and sentences as a list."""
    items = format_html_join("", '<li><span class="text-important">{}:</span> {}</li>', pairs)
    return format_html("<ul>{}</ul>", items) if items else "–"


def progress_of(run: SyncRun) -> dict[str, Any]:
    """The run, its share of what the last full sweep read (at most 99), and whether to look again."""
    going_on = run.state in GOING_ON
    share = min(99, 100 * run.read // run.expected) if going_on and run.expected else None
    figures = [(name.capitalize(), getattr(run, name)) for name in COUNTS]
    return {
        "run": run,
        "going_on": going_on,
        "share": share,
        "figures": figures,
        "state_label": STATE_LABELS[run.get_state_display()],
    }
