"""What cannot be changed: revisions (with the one exception), verifications, acknowledgements, transfers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin import Operation, OperationForm, PolicyAdmin
from apps.core.admin.forms import NoteField
from apps.wiki.actions.redaction import redact_revision
from apps.wiki.models import Acknowledgement, FruitlessSearch, Revision, Transfer, Verification


class RedactForm(OperationForm):
    reason = NoteField(label="Reason", help_text="Why, without repeating the secret. It stays for good.")


def redact(actor: Any, revision: Revision, answers: Mapping[str, Any]) -> str:
    redact_revision(actor=actor, revision=revision, reason=answers["reason"])
    return f"The text of {revision} of “{revision.page}” is gone. The marker and your reason stay."


@admin.register(Revision)
class RevisionAdmin(PolicyAdmin):
    list_display = ("page", "number", "author", "summary", "at", "redacted_at")
    list_filter = (("page__space", AutocompleteSelectFilter), ("author", AutocompleteSelectFilter))
    list_select_related = ("page__space", "author")
    search_fields = ("title", "summary")
    ordering = ("-id",)
    fields = ("page", "number", "title", "author", "summary", "at", "merged", "sha256", "redacted_at", "text")
    readonly_fields = fields
    operations = (
        Operation("redact", "Redact", redact, ("redact",), RedactForm, icon="ink_eraser", danger=True,
                  explain="Takes a secret out of history for good. The current text cannot be redacted.",
                  applies=lambda revision: revision.redacted_at is None
                  and revision.page.revision_id != revision.pk),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the texts in the list: each may have half a megabyte."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        return rows.defer("text") if match and str(match.url_name).endswith("_changelist") else rows

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        return None if obj is None else obj.page.get_absolute_url()


@admin.register(Verification)
class VerificationAdmin(PolicyAdmin):
    list_display = ("page", "revision", "by", "at", "until", "note")
    list_filter = (("page__space", AutocompleteSelectFilter), ("by", AutocompleteSelectFilter))
    list_select_related = ("page__space", "revision", "by")
    search_fields = ("page__title",)
    ordering = ("-id",)
    fields = ("page", "revision", "by", "at", "until", "note")
    readonly_fields = fields


@admin.register(Acknowledgement)
class AcknowledgementAdmin(PolicyAdmin):
    list_display = ("page", "revision", "user", "at")
    list_filter = (("page__space", AutocompleteSelectFilter), ("user", AutocompleteSelectFilter))
    list_select_related = ("page__space", "revision", "user")
    search_fields = ("page__title", "user__name", "user__username")
    ordering = ("-id",)
    fields = ("page", "revision", "user", "at")
    readonly_fields = fields


@admin.register(Transfer)
class TransferAdmin(PolicyAdmin):
    """One's own: whoever asked for an import or export sees how it went."""

    list_display = ("kind", "space", "state", "dry_run", "done", "total", "at", "ended_at")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    list_select_related = ("space",)
    ordering = ("-id",)
    fields = ("kind", "space", "state", "dry_run", "file_name", "done", "total", "report", "at", "ended_at")
    readonly_fields = fields


@admin.register(FruitlessSearch)
class FruitlessSearchAdmin(PolicyAdmin):
    """One's own: what several people looked for stands on the page of demand, without their names."""

    list_display = ("words_shown", "times", "first_at", "last_at")
    search_fields = ("words",)
    ordering = ("-last_at",)
    fields = ("words_shown", "times", "first_at", "last_at")
    readonly_fields = fields

    @display(description="Words")
    def words_shown(self, row: FruitlessSearch) -> str:
        return row.words
