"""A ballot and a member's advice: a number for each candidate, and nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from apps.core.form_fields import PlainText
from apps.roadmap.models import Candidate

POINTS = 100


class PointsField(forms.IntegerField):
    def __init__(self) -> None:
        wrong = "Whole numbers from 0 to 100."
        errors = {"invalid": wrong, "max_value": wrong, "min_value": wrong}
        super().__init__(required=False, min_value=0, max_value=POINTS, error_messages=errors)
        self.widget.attrs |= {"inputmode": "numeric", "data-sum-part": ""}


class BallotForm(forms.Form):
    """`points-<candidate>`; `version` is that of the ballot it was made from, 0 where none was cast."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, candidates: Iterable[Candidate], cast: Mapping[int, int], version: int
    ) -> None:
        self.candidates = list(candidates)
        super().__init__(data, auto_id="ballot_%s", initial={"version": version})
        for row in self.candidates:
            self.fields[f"points-{row.pk}"] = PointsField()
            self.initial[f"points-{row.pk}"] = cast.get(row.pk)

    def points(self) -> dict[Candidate, int]:
        return {row: self.cleaned_data[f"points-{row.pk}"] or 0 for row in self.candidates}

    def total(self) -> int:
        """What stands in the fields, also where some of it is no number."""
        return sum(_whole(self[f"points-{row.pk}"].value()) for row in self.candidates)


class AdviceForm(forms.Form):
    """`points-<candidate>` and `note-<candidate>` for those that somebody has a view of."""

    def __init__(
        self, data: Any = None, *, candidates: Iterable[Candidate], given: Mapping[int, tuple[int, str]]
    ) -> None:
        self.candidates = list(candidates)
        self.given = given
        super().__init__(data, auto_id="advice_%s")
        for row in self.candidates:
            points, note = given.get(row.pk, (None, ""))
            self.fields[f"points-{row.pk}"] = PointsField()
            self.fields[f"note-{row.pk}"] = PlainText(
                300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
            )
            self.initial.update({f"points-{row.pk}": points, f"note-{row.pk}": note})

    def total(self) -> int:
        return sum(_whole(self[f"points-{row.pk}"].value()) for row in self.candidates)

    def changes(self) -> dict[Candidate, tuple[int, str]]:
        """What differs from what was given before; a field that was emptied means no points."""
        found = {}
        for row in self.candidates:
            points, note = self.cleaned_data[f"points-{row.pk}"], self.cleaned_data[f"note-{row.pk}"]
            before = self.given.get(row.pk)
            if (points is None and not note and before is None) or (points or 0, note) == before:
                continue
            found[row] = (points or 0, note)
        return found


def _whole(value: Any) -> int:
    text = str(value if value is not None else "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
