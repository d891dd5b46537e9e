"""The audit log: everything that happened, as far as the person may see it; never edited."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    DropdownFilter,
    FieldTextFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display
from unfold.views import ChangeList

from apps.core.admin.policy import PolicyAdmin, link_to
from apps.core.event_rules import event_models
from apps.core.feed import Entry, Word, entries
from apps.core.models import Event
from apps.core.moments import told


class TargetType(DropdownFilter):
    """What kind of thing it happened to."""

    title = "target"
    parameter_name = "target_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(
            (model._meta.label_lower, str(model._meta.verbose_name).capitalize()) for model in event_models()
        )

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Event]) -> models.QuerySet[Event]:
        return queryset.filter(target_type=self.value()) if self.value() else queryset


class EventList(ChangeList):
    """A page of events as the feed says them: one statement per type of name, never one per row."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        for event, entry in zip(self.result_list, entries(request.user, self.result_list), strict=True):
            event.entry = entry


def _rows(label: str, keys: set[int]) -> dict[int, models.Model]:
    """Only called for targets of events that are visible, hence with targets that are."""
    try:
        model = apps.get_model(label)
    except LookupError:
        return {}
    joined = [field.name for field in model._meta.concrete_fields if field.many_to_one or field.one_to_one]
    return model._base_manager.select_related(*joined).in_bulk(keys)


def _linked(word: Word) -> str:
    return (
        format_html('<a class="underline" href="{}">{}</a>', word.url, word.text) if word.url else word.text
    )


def kind_of(label: str) -> str:
    """“committee seat” for `people.committeeseat`; the label itself where the model is gone."""
    try:
        return str(apps.get_model(label)._meta.verbose_name)
    except LookupError:
        return label


@admin.register(Event)
class EventAdmin(PolicyAdmin):
    list_display = ("when", "sentence", "request_id")
    list_display_links = ("when",)
    list_filter = (
        ("actor", AutocompleteSelectFilter),
        ("verb", FieldTextFilter),
        TargetType,
        ("at", RangeDateTimeFilter),
    )
    list_select_related = ("actor",)
    search_fields = ("=request_id",)
    search_help_text = "The request id that an error page or a log line shows."
    sortable_by = ()
    fields = ("when", "who", "verb", "what", "subject", "details", "request_id")
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EventList]:
        return EventList

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return self.list_display_links

    @display(description="At")
    def when(self, event: Event) -> str:
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            event.at.isoformat(),
            event.at.isoformat(),
            told(event.at),
        )

    @display(description="What happened")
    def sentence(self, event: Any) -> str:
        entry: Entry = event.entry
        said = format_html_join("", "{}", ((_linked(word),) for word in entry.words))
        more = format_html('<br><span class="text-xs">{}</span>', entry.remark) if entry.remark else ""
        return format_html("<strong>{}</strong> {}{}", entry.actor, said, more)

    @display(description="Actor")
    def who(self, event: Event) -> str:
        return str(event.actor) if event.actor else event.actor_name or "the portal"

    @display(description="Target")
    def what(self, event: Event) -> str:
        row = _rows(event.target_type, {event.target_id}).get(event.target_id)
        kind = kind_of(event.target_type)
        return f"{kind}: {row}" if row is not None else f"{kind} {event.target_id}, no longer there"

    @display(description="On the history of")
    def subject(self, event: Event) -> str:
        label = f"{kind_of(event.subject_type)} {event.subject_id}"
        rows = _rows(event.subject_type, {event.subject_id})
        row = rows.get(event.subject_id)
        return link_to(row, label) if row is not None and admin.site.is_registered(type(row)) else label

    @display(description="Details")
    def details(self, event: Event) -> str:
        text = json.dumps(event.data, indent=2, ensure_ascii=False, sort_keys=True)
        return format_html('<pre class="whitespace-pre-wrap font-mono text-xs">{}</pre>', text)
