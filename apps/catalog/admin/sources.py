"""Sources: where the catalog reads, how it last went, and the button that reads now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.catalog import actions
from apps.catalog.admin.runs import STATE_LABELS, SyncRunInline
from apps.catalog.admin.source_forms import FORMS
from apps.catalog.models import Source, SyncRun
from apps.catalog.queries import with_last_state
from apps.core.admin import Operation, PolicyAdmin
from apps.core.admin.forms import VERSION
from apps.core.moments import told_within

GENERAL = ("name", "enabled", "interval_minutes")
NEW_THINGS = ("default_owner", "default_unit", "default_visibility")
REACH: dict[str, tuple[str, ...]] = {
    Source.Kind.MLFLOW: (
        "config_url", "config_username", "secret_ref", "config_verify_tls",
        "config_secret_over_http", "config_owner_tags", "webhook_secret_ref",
    ),
    Source.Kind.KUBERNETES: (
        "config_cluster", "config_url", "secret_ref", "config_ca_file", "config_kubeconfig", "config_context",
        "config_in_cluster",
    ),
}  # fmt: skip
READING: dict[str, tuple[str, ...]] = {
    Source.Kind.KUBERNETES: (
        "config_environment", "config_environment_label", "config_owner_rules",
        "config_ignored_namespaces", "config_page_size",
    ),
}  # fmt: skip


def sync_now(actor: Any, source: Source, answers: Mapping[str, Any]) -> str:
    run = actions.start_sync(actor=actor, source=source)
    url = reverse("admin:catalog_syncrun_change", args=[run.pk])
    return format_html('The sync of {} is queued. <a class="underline" href="{}">Watch it</a>.', source, url)


@admin.register(Source)
class SourceAdmin(PolicyAdmin):
    list_display = (
        "name",
        "kind_shown",
        "enabled",
        "last_run",
        "last_success_at",
        "interval",
        "identity_shown",
    )
    list_filter = (("kind", ChoicesDropdownFilter), ("enabled", BooleanRadioFilter))
    search_fields = ("name",)
    autocomplete_fields = ("default_owner", "default_unit")
    change_form_outer_before_template = "admin/source_kinds.html"
    inlines = (SyncRunInline,)
    operations = (
        Operation("sync", "Sync now", sync_now, ("sync",), icon="sync", applies=lambda source: source.enabled,
                  explain="The worker reads the whole source. One sync of a source runs at a time."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> Source:
        return actions.create_source(actor=actor, **data)

    def update(self, actor: Any, row: Source, changes: dict[str, Any], version: int | None) -> Source:
        return actions.update_source(actor=actor, source=row, changes=changes, expected_version=version)

    def data(self, form: Any) -> dict[str, Any]:
        plain = {name: value for name, value in form.cleaned_data.items() if not name.startswith("config_")}
        plain.pop(VERSION)
        return {**plain, "kind": form.kind, "config": form.config()}

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return with_last_state(super().get_queryset(request), request.user)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=FORMS[kind_of(request, obj)], **kwargs)

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        if obj is not None and not self.has_change_permission(request, obj):
            return [
                (
                    None,
                    {
                        "fields": [
                            *GENERAL,
                            "kind_shown",
                            "options",
                            *NEW_THINGS,
                            "identity_shown",
                            "last_success_at",
                        ]
                    },
                )
            ]
        kind = kind_of(request, obj)
        groups: list[Any] = [(None, {"fields": GENERAL}), ("How to reach it", {"fields": REACH[kind]})]
        if kind in READING:
            groups.append(("How to read it", {"fields": READING[kind]}))
        groups.append(("New things without an owner of their own", {"fields": NEW_THINGS}))
        if obj is not None:
            groups.append(("What it said", {"fields": ("identity_shown", "last_success_at")}))
        return groups

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("identity_shown", "last_success_at", "kind_shown", "options")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        obj = kwargs.get("obj")
        context |= {
            "source_kind": kind_of(request, obj),
            "source_kinds": Source.Kind.choices if obj is None else [],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description="Kind", ordering="kind", label={"MLflow": "info", "Kubernetes": "primary"})
    def kind_shown(self, source: Source) -> str:
        return source.get_kind_display()

    @display(description="Last run", label=STATE_LABELS)
    def last_run(self, source: Any) -> str:
        return SyncRun.State(source.last_state).label if source.last_state else "Never"

    @display(description="Every", ordering="interval_minutes")
    def interval(self, source: Source) -> str:
        return f"{source.interval_minutes} min"

    @display(description="Identity", empty_value="Not asked yet")
    def identity_shown(self, source: Source) -> str | None:
        return told_within(source.identity) or None

    @display(description="Options")
    def options(self, source: Source) -> str:
        return "; ".join(f"{name}: {_plain(value)}" for name, value in source.config.items())


def _plain(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def kind_of(request: HttpRequest, source: Source | None) -> str:
    """The kind is chosen by the address of the form for a new source, and stays."""
    asked = source.kind if source is not None else request.GET.get("kind", "")
    return asked if asked in FORMS else Source.Kind.MLFLOW
