"""Proposing a revision, and the small forms of a proposal's page. The rules stand beside them (`forms.rules`)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.core.form_fields import MomentField, PlainText, VersionField
from apps.tooling.actions.proposals import LONGEST_COMMENT
from apps.tooling.actions.standards import LONGEST
from apps.tooling.models import Proposal, Standard


class BaseField(forms.IntegerField):
    """The number of the revision that the text was written on, 0 for none."""

    def __init__(self) -> None:
        message = "The form lost the revision that it was written on; load the page again."
        errors = {"required": message, "invalid": message, "max_value": message, "min_value": message}
        super().__init__(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, error_messages=errors)


class ProposalForm(forms.Form):
    title = PlainText(
        200,
        error_messages={"required": "Give it a title that says what changes."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = PlainText(
        LONGEST,
        lines=True,
        rows=5,
        label="Why the standard should change",
        help_text="What people run into today, and what it costs. The committee reads it.",
        error_messages={"required": "Say why the standard should change; the committee reads it."},
    )
    rationale = PlainText(
        LONGEST,
        lines=True,
        rows=7,
        help_text="Of the standard as it would be: teams read it beside every answer.",
        error_messages={"required": "Say why; teams read it beside every answer."},
    )
    exit_criteria = PlainText(
        LONGEST, lines=True, rows=4, required=False, help_text="What would make this standard go."
    )
    effective_from = MomentField(
        required=False, label="In force from", help_text="Empty: as soon as it is accepted."
    )
    base_revision = BaseField()

    def fields_of_action(self) -> dict[str, Any]:
        names = ("title", "reason", "rationale", "exit_criteria", "effective_from")
        return {name: self.cleaned_data[name] for name in names}


class ProposalEditForm(ProposalForm):
    version = VersionField()


def written_on(base: Standard | None, again: Proposal | None = None) -> dict[str, Any]:
    """What a new proposal begins with: the current revision, or the proposer's own text where it is proposed anew."""
    number = {"base_revision": base.revision if base else 0}
    if again is not None:
        names = ("title", "reason", "rationale", "exit_criteria", "effective_from")
        return {name: getattr(again, name) for name in names} | number
    return number | (
        {"rationale": base.rationale, "exit_criteria": base.exit_criteria} if base is not None else {}
    )


class CommentForm(forms.Form):
    text = PlainText(
        LONGEST_COMMENT,
        lines=True,
        rows=3,
        label="Your comment",
        error_messages={"required": "Write something."},
    )


class VoteForm(forms.Form):
    approves = forms.ChoiceField(
        choices=[("yes", "For it"), ("no", "Against it")],
        widget=forms.RadioSelect,
        label="Your vote",
        error_messages={"required": "Choose for or against."},
    )
    comment = PlainText(
        LONGEST_COMMENT,
        lines=True,
        rows=3,
        required=False,
        label="Why",
        help_text="Needed for a vote against. It stays beside the decision for everybody to read.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("approves") == "no" and cleaned.get("comment") == "":
            self.add_error(
                "comment", ValidationError("Say why you are against it; it stays beside the decision.")
            )
        return cleaned


class NothingForm(forms.Form):
    """An act that asks nothing."""


class OpenVoteForm(forms.Form):
    version = VersionField()
