"""Remarks of readers, and files beside the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from apps.core.admin import Operation, PolicyAdmin
from apps.wiki.actions.attachments import remove_attachment
from apps.wiki.actions.comments import resolve_comment
from apps.wiki.models import Attachment, Comment


def resolve(actor: Any, comment: Comment, answers: Mapping[str, Any]) -> str:
    resolve_comment(actor=actor, comment=comment)
    return "The thread is resolved."


def remove(actor: Any, attachment: Attachment, answers: Mapping[str, Any]) -> str:
    remove_attachment(actor=actor, attachment=attachment)
    return f"{attachment} is removed from “{attachment.page}”."


@admin.register(Comment)
class CommentAdmin(PolicyAdmin):
    list_display = ("page", "author", "start", "at", "resolved_at", "withdrawn_at")
    list_filter = (("page__space", AutocompleteSelectFilter), ("author", AutocompleteSelectFilter))
    list_select_related = ("page__space", "author")
    search_fields = ("text",)
    ordering = ("-id",)
    fields = ("page", "author", "text", "at", "resolved_at", "resolved_by", "withdrawn_at")
    readonly_fields = fields
    operations = (
        Operation("resolve", "Resolve", resolve, ("resolve",), icon="check_circle",
                  applies=lambda comment: comment.answers_id is None and comment.resolved_at is None),
    )  # fmt: skip

    @display(description="Text")
    def start(self, comment: Comment) -> str:
        return comment.text[:100] or "withdrawn"


@admin.register(Attachment)
class AttachmentAdmin(PolicyAdmin):
    list_display = ("name", "page", "content_type", "size", "uploaded_by", "at", "removed_at")
    list_filter = (("page__space", AutocompleteSelectFilter), ("uploaded_by", AutocompleteSelectFilter))
    list_select_related = ("page__space", "blob", "uploaded_by")
    search_fields = ("name",)
    ordering = ("-id",)
    fields = ("name", "page", "content_type", "size", "uploaded_by", "at", "removed_at")
    readonly_fields = fields
    operations = (
        Operation("remove", "Remove", remove, icon="delete", danger=True,
                  explain="The file leaves the page; links to it stop working.",
                  applies=lambda attachment: attachment.removed_at is None),
    )  # fmt: skip

    @display(description="Size")
    def size(self, attachment: Attachment) -> str:
        return str(filesizeformat(attachment.blob.size))
