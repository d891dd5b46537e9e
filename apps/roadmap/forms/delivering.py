"""The small forms of a request's delivery and of what came of it: each is one act."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator

from apps.catalog.queries.lookups import ENTITIES
from apps.core.form_fields import FoundField, PlainText
from apps.people.queries.lookups import PEOPLE, TEAMS
from apps.roadmap.models import OutcomeReview, RequestKpi
from apps.roadmap.workflow import Role

LINE = {"autocomplete": "off"}
MOST_PEOPLE = 2**31 - 1
LAST_DAY = date(9998, 12, 31)


def _day(label: str, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    messages = {"required": "Choose a day.", "invalid": "Give a day as 2026-05-31."}
    return forms.DateField(label=label, widget=widget, error_messages=messages, **kwargs)


class RowForm(forms.Form):
    """A button at a row."""

    row = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)


class MilestoneForm(forms.Form):
    title = PlainText(200, label="What will be there", widget=forms.TextInput(attrs=LINE))
    p50 = _day("As likely before as after")
    p90 = _day("Nearly surely by")


class BlockForm(forms.Form):
    waits_for = PlainText(300, label="What it waits for", widget=forms.TextInput(attrs=LINE))
    owner = FoundField(
        PEOPLE,
        "The name somebody signs in with",
        label="Who can end it",
        error_messages={"required": "Name the person who can end it."},
    )

    def __init__(self, data: Any = None, *, user: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offered(self, user, "owner")


class UnblockForm(RowForm):
    outcome = PlainText(300, required=False, label="How it ended", widget=forms.TextInput(attrs=LINE))


class ActualForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices, label="Role")
    month = forms.DateField(
        label="Month",
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "month"}, format="%Y-%m"),
        error_messages={"required": "Choose a month.", "invalid": "Give a month as 2026-05."},
    )
    weeks = forms.DecimalField(
        min_value=0,
        max_value=10_000,
        label="Person-weeks",
        help_text="The whole of the month; a later figure replaces this one.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", **LINE}),
        error_messages={
            "required": "Give a number of person-weeks.",
            "invalid": "Give a number of person-weeks.",
        },
    )


class HandoverForm(forms.Form):
    entity = FoundField(ENTITIES, "A reference, as in model:default/name", label="What was built")
    team = FoundField(TEAMS, "The short name of a team", label="Which team runs it")
    note = PlainText(500, required=False, label="What it has to know", widget=forms.TextInput(attrs=LINE))

    def __init__(self, data: Any = None, *, user: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offered(self, user, "entity", "team")


class CancelForm(forms.Form):
    reason = PlainText(
        5_000,
        lines=True,
        rows=3,
        label="Why, and what was learned",
        help_text="It stands on the page of lessons.",
        error_messages={"required": "Say why, and what was learned."},
    )


class OutcomeForm(forms.Form):
    """Periods are given with their last day; `attribution` in percent."""

    kpi = forms.ModelChoiceField(
        RequestKpi._base_manager.none(), empty_label=None, label="Figure",
        error_messages={"invalid_choice": "Choose a figure of this request."},
    )  # fmt: skip
    period_start = _day("From")
    period_end = _day("Last day", validators=[MaxValueValidator(LAST_DAY, "Give a day that a calendar has.")])
    value = forms.DecimalField(
        label="Measured change",
        help_text="In the figure's own unit; with a minus where it fell.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", **LINE}),
        error_messages={"required": "Give the measured change.", "invalid": "Give a number."},
    )
    attribution = forms.DecimalField(
        min_value=0,
        max_value=100,
        initial=100,
        label="Part of it that this work may claim, in percent",
        widget=forms.TextInput(attrs={"inputmode": "decimal", **LINE}),
        error_messages={"required": "Between 0 and 100.", "invalid": "Between 0 and 100."},
    )
    source = PlainText(500, label="Where the figure comes from", widget=forms.TextInput(attrs=LINE))

    def __init__(self, data: Any = None, *, kpis: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["kpi"].queryset = kpis  # type: ignore[attr-defined]

    def clean_period_end(self) -> date:
        last: date = self.cleaned_data["period_end"]
        return last + timedelta(days=1)

    def clean_attribution(self) -> Decimal:
        return Decimal(self.cleaned_data["attribution"]) / 100


class ReviewForm(RowForm):
    verdict = forms.ChoiceField(
        choices=OutcomeReview.Verdict.choices,
        label="What became of it",
        help_text="Before its day only that it was stopped is said; the later looks back fall away then.",
    )
    adoption = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_PEOPLE, label="People or cases that use it"
    )
    target_adoption = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_PEOPLE, label="How many it was meant for"
    )
    lesson = PlainText(
        10_000,
        lines=True,
        rows=4,
        label="What others should know",
        error_messages={"required": "Say what others should know."},
    )


def _offered(form: Any, user: Any, *names: str) -> None:
    for name in names:
        form.fields[name].offer(user, form[name].value())
