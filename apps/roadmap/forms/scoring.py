"""Scoring and estimating: a figure's expected change with its evidence, impact and urgency in words, ranges per role."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from apps.core.form_fields import FoundField, PlainText, offer
from apps.roadmap.models import RequestKpi, Score
from apps.roadmap.queries.lookups import REQUESTS
from apps.roadmap.queries.numbers import percent, told
from apps.roadmap.valuing import Rates
from apps.roadmap.workflow import Evidence, Link, Role, Urgency

EVIDENCE_MEANS = {
    Evidence.OPINION: "somebody who knows the field thinks so",
    Evidence.SURVEY: "those concerned were asked, or past figures were counted",
    Evidence.PROTOTYPE: "it was tried on real data",
    Evidence.PILOT: "it was in use and measured",
}
IMPACTS = (
    ("3", "3: those it reaches work in another way"),
    ("2", "2: a large part of their work changes"),
    ("1", "1: they notice it every week"),
    ("0.5", "0.5: they notice it now and then"),
    ("0.25", "0.25: hardly anybody notices"),
)
SPELLCHECKED = {"autocomplete": "off", "inputmode": "decimal", "class": "short"}


def number_field(label: str, **kwargs: Any) -> forms.DecimalField:
    kwargs.setdefault("error_messages", {"required": "Give a number; 0 is one.", "invalid": "Give a number."})
    widget = forms.TextInput(attrs=SPELLCHECKED)
    return forms.DecimalField(label=label, max_digits=38, decimal_places=18, widget=widget, **kwargs)


class ScoreForm(forms.Form):
    """One blind score. The fields of a KPI are `expected-<id>` and `evidence-<id>`."""

    impact = forms.ChoiceField(
        choices=IMPACTS,
        widget=forms.RadioSelect,
        label="Impact on each of those it reaches",
        help_text="For RICE only; the value comes from the figures above.",
        error_messages={"required": "Choose the impact."},
    )
    urgency = forms.ChoiceField(
        widget=forms.RadioSelect,
        label="What waiting costs",
        help_text="Value × this part is the cost of a quarter's delay.",
        error_messages={"required": "Choose how urgent it is."},
    )
    comment = PlainText(
        5_000,
        lines=True,
        rows=3,
        required=False,
        label="Why so",
        help_text="Sealed with the score; revealed with it.",
    )

    def __init__(self, data: Any = None, *, kpis: Iterable[RequestKpi], rates: Rates) -> None:
        super().__init__(data, auto_id="score_%s")
        self.kpis = list(kpis)
        self.rates = rates
        for kpi in self.kpis:
            self.fields[f"expected-{kpi.pk}"] = number_field(
                f"What you expect, in {kpi.measure}", min_value=Decimal(0)
            )
            self.fields[f"evidence-{kpi.pk}"] = forms.ChoiceField(
                choices=evidence_choices(rates),
                widget=forms.RadioSelect,
                label="How well it is known",
                error_messages={"required": "Choose a step of the ladder."},
            )
        self.fields["urgency"].choices = urgency_choices(rates)  # type: ignore[attr-defined]

    def figures(self) -> Iterator[dict[str, Any]]:
        """Each KPI with its two fields, for the page."""
        for kpi in self.kpis:
            rate = self.rates.per_unit.get((kpi.category, kpi.measure))
            yield {
                "kpi": kpi,
                "p10": told(kpi.p10),
                "p50": told(kpi.p50),
                "p90": told(kpi.p90),
                "rate": rate,
                "expected": self[f"expected-{kpi.pk}"],
                "evidence": self[f"evidence-{kpi.pk}"],
            }

    def sent(self) -> dict[str, Any]:
        """For `give_score`."""
        cleaned = self.cleaned_data
        lines = [
            {
                "kpi": kpi.pk,
                "expected": cleaned[f"expected-{kpi.pk}"],
                "evidence": cleaned[f"evidence-{kpi.pk}"],
            }
            for kpi in self.kpis
        ]
        return {name: cleaned[name] for name in ("impact", "urgency", "comment")} | {"lines": lines}


def evidence_choices(rates: Rates) -> list[tuple[str, str]]:
    return [
        (each.value, f"{each.label}, {percent(rates.ladder.get(each, Decimal(0)))}: {EVIDENCE_MEANS[each]}")
        for each in Evidence
    ]


def urgency_choices(rates: Rates) -> list[tuple[str, str]]:
    return [
        (each.value, f"{each.label}; a quarter costs {percent(rates.decay.get(each, Decimal(0)))} of it")
        for each in Urgency
    ]


def own_lines(score: Score) -> list[dict[str, Any]]:
    """One's own score, read back."""
    return [
        {
            "kpi": line.kpi,
            "expected": told(line.expected),
            "evidence": line.get_evidence_display(),
        }
        for line in score.lines.all()
    ]


class EstimateForm(forms.Form):
    """P50 is enough; without P10 and P90 the range is a point."""

    role = forms.ChoiceField(choices=Role.choices, label="Role")
    p10 = number_field("P10", required=False)
    p50 = number_field("P50")
    p90 = number_field("P90", required=False)
    note = PlainText(
        300,
        required=False,
        label="What it rests on",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="A past project, a count of sources, a guess.",
    )

    def sent(self) -> Mapping[str, Any]:
        return self.cleaned_data


class DependencyForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[(Link.NEEDS, "needs first"), (Link.EXCLUDES, "excludes")], label="This request"
    )
    other = FoundField(
        REQUESTS,
        "Or its number",
        label="Other request",
        error_messages={"required": "Choose the other request."},
    )

    def __init__(self, data: Any = None, *, user: Any) -> None:
        super().__init__(data, auto_id="dependency_%s")
        offer(self, "other", user)
