"""The scoring policy as a form: rates as rows that are added and removed, the ladder, the decay and why.

A view makes `PolicyForm` and `RateRows(posted)`. While `rows.editing` the person only added or removed a row: nothing
is judged yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from apps.core.errors import Invalid, PortalError
from apps.core.form_fields import PlainText
from apps.roadmap.actions.scoring import MOST_RATES
from apps.roadmap.models import ScoringPolicy
from apps.roadmap.queries.scores import rates_of
from apps.roadmap.queries.scoring_policies import short_urgency
from apps.roadmap.workflow import Category, Evidence, Urgency

NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
NAMES_A_RATE = re.compile(r"^Rate (\d+)(?::| )\s*(.*)$", re.DOTALL)
ROW = ("category", "measure", "value")
Row = dict[str, str]


def _part(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=Decimal(0),
        max_value=Decimal(1),
        max_digits=10,
        decimal_places=9,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": "Give a part between 0 and 1.",
            "invalid": "Give a part between 0 and 1.",
        },
    )


class PolicyForm(forms.Form):
    """Everything but the rates. `base_number` is the revision that the author read; 0 before the first."""

    rationale = PlainText(
        10_000,
        lines=True,
        rows=4,
        required=False,
        label="Why it changes",
        help_text="Everybody whose request moves reads it.",
    )
    stale_after_days = forms.IntegerField(
        label="Scores are stale after",
        min_value=1,
        max_value=3_650,
        help_text="Days. A request with stale scores comes into no cycle.",
    )
    base_number = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        for each in Evidence:
            self.fields[f"ladder-{each.value}"] = _part(str(each.label))
        for urgency in Urgency:
            self.fields[f"decay-{urgency.value}"] = _part(short_urgency(urgency).capitalize())

    @property
    def ladder(self) -> list[Any]:
        return [self[f"ladder-{each.value}"] for each in Evidence]

    @property
    def decay(self) -> list[Any]:
        return [self[f"decay-{each.value}"] for each in Urgency]

    def sent(self) -> dict[str, Any]:
        """For `publish_policy`, but its rates."""
        cleaned = self.cleaned_data
        return {
            "rationale": cleaned["rationale"],
            "stale_after_days": cleaned["stale_after_days"],
            "ladder": {each.value: cleaned[f"ladder-{each.value}"] for each in Evidence},
            "decay": {each.value: cleaned[f"decay-{each.value}"] for each in Urgency},
        }

    def renew(self, number: int) -> None:
        """After a conflict the same words can be sent again, on top of what was published meanwhile."""
        data: Any = self.data
        self.data = data.copy()
        self.data["base_number"] = str(number)  # type: ignore[index]


def initial_of(policy: ScoringPolicy | None) -> dict[str, Any]:
    """The policy as the form's fields take it, the house's own figures before the first; its reason is written anew."""
    rates = rates_of(policy)
    parts = {f"ladder-{name}": value for name, value in rates.ladder.items()}
    parts |= {f"decay-{name}": value for name, value in rates.decay.items()}
    return parts | {
        "stale_after_days": (policy or ScoringPolicy()).stale_after_days,
        "base_number": policy.number if policy else 0,
    }


class RateRows:
    """The rates of one page, in its order. A row without unit and value is none."""

    def __init__(self, data: QueryDict | None = None, rates: Iterable[Mapping[str, str]] = ()) -> None:
        pressed = (data.get("rows") or "") if data is not None else ""
        self.editing = bool(pressed)
        self.errors: list[str] = []
        self.rows = _sent(data) if data is not None else {str(n): dict(row) for n, row in enumerate(rates)}
        if pressed.startswith("remove-"):
            self.rows.pop(pressed.removeprefix("remove-"), None)
        if not self.rows or (pressed == "add" and len(self.rows) < MOST_RATES):
            following = max(map(int, self.rows), default=-1) + 1
            self.rows[str(following)] = {"category": Category.COST, "measure": "", "value": ""}
        self.refused: dict[str, list[str]] = {}

    def shown(self) -> list[dict[str, Any]]:
        return [
            {"number": number, "errors": self.refused.get(number, []), **row}
            for number, row in self.rows.items()
        ]

    def rates(self) -> list[Row]:
        return [row for _, row in self._filled()]

    def _filled(self) -> list[tuple[str, Row]]:
        return [(number, row) for number, row in self.rows.items() if row["measure"] or row["value"]]

    def show(self, refusal: PortalError) -> bool:
        """Puts a refusal of the rates at the row that it names; False where it is about something else."""
        sentences = refusal.errors.get("rates", []) if isinstance(refusal, Invalid) else []
        filled = self._filled()
        for sentence in sentences:
            named = NAMES_A_RATE.match(sentence)
            place = int(named[1]) - 1 if named else -1
            if named and 0 <= place < len(filled):
                self.refused.setdefault(filled[place][0], []).append(named[2])
            else:
                self.errors.append(sentence)
        return bool(sentences) and set(getattr(refusal, "errors", {})) == {"rates"}


def _sent(data: QueryDict) -> dict[str, Row]:
    numbers = dict.fromkeys(number for number in data.getlist("row") if NUMBER.fullmatch(number))
    return {
        number: {name: data.get(f"rate-{number}-{name}", "")[:100].strip() for name in ROW}
        for number in list(numbers)[:MOST_RATES]
    }
