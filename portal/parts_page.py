"""The living page of all parts: every part in every state, at /about/parts/."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.errors import Conflict
from portal.marks import MARKS
from portal.parts_samples import samples

SECTIONS = [
    "colours", "type", "buttons", "badges", "chips", "meters", "figures", "charts", "table", "filters",
    "panels", "tabs", "timeline", "checklist", "stepper", "diff", "fields", "floating", "feedback", "waiting",
]  # fmt: skip
PAINTS = [
    "page", "sunken", "raised", "hover", "pressed", "line", "line-strong", "edge", "ink", "ink-2", "ink-3",
    "accent", "accent-solid", "accent-soft", "good", "good-soft", "good-fill", "warn", "warn-soft",
    "warn-fill", "bad", "bad-soft", "bad-fill", "info", "info-soft", "info-fill",
]  # fmt: skip


class SampleForm(forms.Form):
    """One field of each kind; it is shown filled, with an error and with a disabled field."""

    title = forms.CharField(max_length=80, help_text="What people call it, in at most 80 characters.")
    name = forms.RegexField(
        r"^[a-z0-9-]+$", error_messages={"invalid": "Use a-z, 0-9 and hyphens; the space is not allowed."}
    )
    stage = forms.ChoiceField(choices=[(key, mark.word) for key, mark in MARKS["stage"].items()])
    owner = forms.ChoiceField(
        choices=[
            ("", ""),
            ("risk-ml", "Risk ML"),
            ("claims-ai", "Claims AI"),
            ("ml-platform", "ML Platform"),
        ],
        widget=forms.Select(attrs={"data-combobox": ""}),
        help_text="Type to find a team.",
    )
    tags = forms.MultipleChoiceField(
        choices=[(tag, tag) for tag in ("fraud", "tabular", "real-time", "batch", "llm")],
        widget=forms.SelectMultiple(attrs={"data-combobox": ""}),
        required=False,
    )
    description = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}), required=False, help_text="Markdown."
    )
    visibility = forms.ChoiceField(
        choices=[(key, f"{mark.word}: {mark.help}") for key, mark in MARKS["visibility"].items()],
        widget=forms.RadioSelect,
    )
    reusable = forms.BooleanField(
        label="Others may reuse it", required=False, help_text="Shown in searches as reusable."
    )
    namespace = forms.CharField(disabled=True, required=False, help_text="Fixed when the entity was made.")


def parts_page(request: HttpRequest) -> HttpResponse:
    """Signed-in people only, like everything else; it reads no row."""
    return render(request, "about/parts.html", _context())


page = login_required(parts_page)


def _context() -> dict[str, Any]:
    marks = {kind: list(table) for kind, table in MARKS.items()}
    own = {"sections": SECTIONS, "paints": PAINTS, "marks": marks}
    return samples() | own | {"form_shown": _form(), "error_shown": _error()}


def _form() -> SampleForm:
    filled = {
        "title": "Fraud score", "name": "fraud score", "stage": "pilot", "owner": "risk-ml",
        "tags": ["fraud"], "visibility": "unit", "reusable": "on",
    }  # fmt: skip
    return SampleForm(filled, initial={"namespace": "retail-banking"}, prefix=None)


def _error() -> Conflict:
    return Conflict(
        "Ben changed this entity two minutes ago, after you had opened it.",
        possible=["Load it again and repeat your change", "Compare both versions"],
        next_step="Your words are kept as a draft.",
    )
