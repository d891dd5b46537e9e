"""The small forms of a request's page: each is one act, and each says why."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from apps.core.form_fields import FoundField, PlainText
from apps.people.models import User
from apps.tooling.models import ExceptionRequest, ReviewStep
from apps.tooling.queries.lookups import TOOLS


class NothingForm(forms.Form):
    """A button is all it needs."""


class ReasonForm(forms.Form):
    reason = PlainText(500, label="Why", widget=forms.TextInput(attrs={"autocomplete": "off"}))


class AppealForm(forms.Form):
    reason = PlainText(
        5_000,
        lines=True,
        rows=4,
        label="What speaks against the rejection",
        help_text="Other people decide; they read the rejection and this.",
        error_messages={"required": "Say what the first reviewers did not weigh."},
    )


class CloseForm(forms.Form):
    reason = PlainText(
        500,
        required=False,
        label="Why it is not needed any more",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class RecuseForm(forms.Form):
    reason = PlainText(
        300,
        label="What ties you to the outcome",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what ties you to the outcome."},
    )


class RevokeForm(forms.Form):
    reason = PlainText(
        500,
        label="Why",
        help_text="The team reads it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say why; the team reads it."},
    )
    notice_days = forms.IntegerField(
        min_value=0,
        max_value=90,
        initial=14,
        label="Notice, in days",
        help_text="0 ends it at once.",
        error_messages={
            "required": "Say how many days of notice; 0 ends it at once.",
            "invalid": "Give a number of days.",
            "min_value": "A notice is of 0 to 90 days.",
            "max_value": "A notice is of 0 to 90 days.",
        },
    )


class QuestionForm(forms.Form):
    question = PlainText(
        5_000,
        lines=True,
        rows=3,
        label="What the team has to answer",
        help_text="The deadline rests until they have.",
        error_messages={"required": "Say what you have to know."},
    )


class AnswerForm(forms.Form):
    answer = PlainText(
        5_000, lines=True, rows=4, label="Your answer", error_messages={"required": "Write an answer."}
    )


class CommentForm(forms.Form):
    text = PlainText(
        5_000, lines=True, rows=3, label="Comment", error_messages={"required": "Write something."}
    )


class VerdictForm(forms.Form):
    """Approve or reject in one step. A rejection needs a reason and another tool; the action says so."""

    step = forms.ModelChoiceField(
        ReviewStep._base_manager.none(),
        empty_label=None,
        label="You decide as",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say for which side you decide.",
            "invalid_choice": "This step is closed, or it needs other eyes.",
        },
    )
    comment = PlainText(
        5_000,
        lines=True,
        rows=4,
        required=False,
        label="What you weighed",
        help_text="Public; later requests are measured by it.",
    )
    alternative = FoundField(
        TOOLS,
        "A reference such as tool:coe/mlflow",
        required=False,
        label="Alternative, if you reject",
        help_text="The tool that serves the need instead.",
    )

    def __init__(self, *args: Any, user: Any, steps: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = steps.first()
        self.fields["step"].queryset = steps  # type: ignore[attr-defined]
        self.initial.setdefault("step", first.pk if first else None)
        self.fields["alternative"].offer(user, self["alternative"].value())  # type: ignore[attr-defined]


class ConditionForm(forms.Form):
    """Something to be done while the exception holds; the due day itself still counts."""

    text = PlainText(
        500,
        label="What is to be done",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what is to be done."},
    )
    owner = forms.ModelChoiceField(
        User._base_manager.none(),
        empty_label=None,
        label="Who does it",
        error_messages={
            "required": "Choose somebody of the team that asks.",
            "invalid_choice": "Choose somebody of the team that asks.",
        },
    )
    due = forms.DateField(
        label="By the end of",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Say until when.", "invalid": "Give a day as 2026-12-31."},
    )

    def __init__(self, *args: Any, request: ExceptionRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User._base_manager.filter(
            memberships__team=request.team_id, memberships__ends=None, is_active=True
        )
        self.fields["owner"].queryset = people.distinct().order_by("name")  # type: ignore[attr-defined]

    def clean_due(self) -> datetime:
        day = self.cleaned_data["due"]
        try:
            return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
        except (OverflowError, ValueError) as error:
            raise forms.ValidationError("Give a day as 2026-12-31.") from error


class EvidenceForm(forms.Form):
    evidence = PlainText(
        5_000,
        lines=True,
        rows=3,
        label="What was done",
        help_text="With a link to where it can be seen.",
        error_messages={"required": "Say what was done, with a link to where it can be seen."},
    )


class ReturnForm(forms.Form):
    reason = PlainText(
        500,
        label="What is missing",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Say what is missing."},
    )
