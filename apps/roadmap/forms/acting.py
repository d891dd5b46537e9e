"""The small forms of a request's page and of the triage board: each is one act, and a no says why."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.form_fields import FoundField, PlainText
from apps.people.models import BusinessUnit
from apps.roadmap.queries.lookups import REQUESTS

LINE = {"autocomplete": "off"}


class NothingForm(forms.Form):
    """A button is all it needs."""


class AnswerForm(forms.Form):
    answer = PlainText(
        10_000,
        lines=True,
        rows=4,
        label="Your answer",
        help_text="Everybody who sees the request reads it.",
        error_messages={"required": "Write the answer."},
    )


class CommentForm(forms.Form):
    text = PlainText(
        10_000, lines=True, rows=3, label="Comment", error_messages={"required": "Write something."}
    )


class WithdrawForm(forms.Form):
    reason = PlainText(
        2_000, required=False, label="Why it is not needed any more", widget=forms.TextInput(attrs=LINE)
    )


class SupportForm(forms.Form):
    """In the name of a unit that the person speaks for."""

    unit = forms.ModelChoiceField(
        BusinessUnit._base_manager.none(),
        to_field_name="slug",
        empty_label=None,
        label="In the name of",
        error_messages={
            "required": "Choose the unit that needs it too.",
            "invalid_choice": "Choose a unit that you speak for.",
        },
    )
    note = PlainText(
        500,
        required=False,
        label="What your unit needs of it",
        widget=forms.TextInput(attrs=LINE),
    )

    def __init__(self, data: Any = None, *, units: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class QuestionForm(forms.Form):
    question = PlainText(
        5_000,
        lines=True,
        rows=3,
        label="What you need to know",
        help_text="Its team reads it and answers.",
        error_messages={"required": "Say what is missing; its team reads it."},
    )


class ReasonForm(forms.Form):
    reason = PlainText(
        5_000,
        lines=True,
        rows=3,
        label="Why",
        help_text="The requester reads it, and it stays on the request.",
        error_messages={"required": "Say why; the requester reads it."},
    )


class MergeForm(forms.Form):
    """Which request goes on: one of the similar ones (`like`), or any that is found by typing."""

    like = forms.CharField(required=False, max_length=18)
    into = FoundField(
        REQUESTS,
        "The number of a request",
        required=False,
        label="The request that goes on",
        help_text="It keeps the supporters, followers and links of both.",
    )

    def __init__(self, data: Any = None, *, user: Any, without: int, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.user = user
        field: Any = self.fields["into"]
        field.offer(user, self["into"].value())
        field.choices = [choice for choice in field.choices if choice[0] != str(without)]

    def clean(self) -> dict[str, Any]:
        """What was found by typing is meant before what was ticked."""
        sent = super().clean() or self.cleaned_data
        into = sent.get("into") or REQUESTS.find(self.user, sent.get("like") or "")
        if into is None and "into" not in self.errors:
            self.add_error("into", "Choose the request that goes on.")
        return {"into": into}
