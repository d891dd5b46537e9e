"""Small forms around a page: vouching, acknowledging, remarks, watching."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.errors import Invalid
from apps.core.form_fields import PlainText
from apps.core.ids import LARGEST_ID
from apps.wiki.vocabulary import LONGEST_COMMENT

LOST = "The form lost the revision that you read; load the page again."


class ReadForm(forms.Form):
    """`revision` is the number of the text that the person has before them."""

    revision = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=2**31 - 1,
        error_messages={"required": LOST, "invalid": LOST, "min_value": LOST, "max_value": LOST},
    )


class NoteForm(forms.Form):
    note = PlainText(500, required=False)


class VerifyForm(NoteForm, ReadForm):
    """Vouching for a revision, with a note on how it was checked."""


class CommentForm(forms.Form):
    text = PlainText(
        LONGEST_COMMENT, lines=True, rows=4, error_messages={"required": "Write something first."}
    )
    answers = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID, widget=forms.HiddenInput)


class CommentActForm(forms.Form):
    do = forms.ChoiceField(choices=[("withdraw", ""), ("resolve", ""), ("reopen", "")])


class WatchForm(forms.Form):
    """`on` is the page alone, `subtree` with what is below it, `off` ends it."""

    watch = forms.ChoiceField(choices=[("on", ""), ("subtree", ""), ("off", "")])


def cleaned(form: forms.Form) -> dict[str, Any]:
    """What a form says; raises Invalid with its sentences."""
    if not form.is_valid():
        raise Invalid(errors={name: list(map(str, errors)) for name, errors in form.errors.items()})
    return form.cleaned_data
