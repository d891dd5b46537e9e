"""The forms of a decision meeting: being there, moving an item, deciding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.core.form_fields import PlainText
from apps.roadmap.models import Candidate, Meeting, Override
from apps.roadmap.workflow import Entry, PlanKind


class ItemField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.request)


class ItemsField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.request)


class MeetingForm(forms.Form):
    """`rows` are the candidates that the person may see."""

    items: Sequence[str] = ()

    def __init__(
        self, data: Any = None, *, meeting: Meeting, rows: Sequence[Candidate], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.meeting = meeting
        some = Candidate._base_manager.filter(pk__in=[row.pk for row in rows]).select_related("request")
        for name in self.items:
            self.fields[name].queryset = some.order_by("request__title", "pk")  # type: ignore[attr-defined]


class AttendForm(MeetingForm):
    items = ("recused_from",)
    recused_from = ItemsField(
        Candidate._base_manager.none(),
        required=False,
        label="Items that you keep out of",
        help_text="You have a stake in them, so that you do not move them.",
        error_messages={"invalid_choice": "Choose items of this cycle."},
    )


class OverrideForm(MeetingForm):
    items = ("takes", "displaces")
    takes = ItemField(
        Candidate._base_manager.none(),
        required=False,
        empty_label="Nothing",
        label="Take into the plan",
        error_messages={"invalid_choice": "Choose an item of this cycle."},
    )
    displaces = ItemField(
        Candidate._base_manager.none(),
        required=False,
        empty_label="Nothing",
        label="Displace from the plan",
        help_text="Carried-over and mandatory work stays. To end the one, the center stops it on its delivery page; to "
        "leave out the other, a CoE lead takes the cycle back to preparation.",
        error_messages={"invalid_choice": "Choose an item of this cycle that was voted on."},
    )
    reason = PlainText(
        5_000,
        lines=True,
        rows=3,
        label="Why",
        help_text="Those whom it displaces read it.",
        error_messages={"required": "Say why; those whom it displaces read it."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        displaced: Any = self.fields["displaces"]
        displaced.queryset = displaced.queryset.filter(entry=Entry.OPEN)


class TakeBackForm(MeetingForm):
    override = forms.ModelChoiceField(
        Override._base_manager.none(),
        error_messages={
            "required": "Choose an override.",
            "invalid_choice": "Choose an override of this meeting.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["override"]
        field.queryset = Override._base_manager.filter(meeting=self.meeting)


class DecideForm(MeetingForm):
    chosen = forms.ChoiceField(choices=PlanKind.choices, label="The plan", widget=forms.RadioSelect)
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)
    notes = PlainText(
        20_000,
        lines=True,
        rows=5,
        required=False,
        label="Notes for the minutes",
        help_text="Everybody reads the minutes; name no request that is restricted.",
    )
