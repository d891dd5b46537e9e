"""The form of a revision: the texts beside its rules (`forms.rules`)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from apps.core.form_fields import MomentField, PlainText
from apps.tooling.actions.standards import LONGEST

LOST = "The form lost the revision it was written on; load the page again."


class RevisionForm(forms.Form):
    """A whole new revision; `base_revision` is the number it was written on, 0 for the first one."""

    rationale = PlainText(
        LONGEST,
        lines=True,
        rows=8,
        help_text="Why it is so. Teams read it beside every answer. Markdown.",
        error_messages={"required": "Say why; teams read it beside every answer."},
    )
    exit_criteria = PlainText(
        LONGEST,
        lines=True,
        rows=4,
        required=False,
        help_text="What would have to happen for the standard to change. Markdown.",
    )
    summary = PlainText(300, required=False, label="What changes", help_text="One line for the history.")
    effective_from = MomentField(
        required=False,
        label="In force from",
        help_text="Empty: at once. Until then the present revision holds.",
    )
    base_revision = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=0,
        max_value=2**31 - 1,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), LOST),
    )

    def renew(self, revision: int) -> None:
        """Goes on from the revision that was published meanwhile: sending it again means it."""
        data: Any = QueryDict(mutable=True)
        data.update(self.data)
        data["base_revision"] = str(revision)
        self.data = data
