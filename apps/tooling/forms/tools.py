"""Forms of a tool's profile: how its versions compare, who supports it, by which names files know it."""

from __future__ import annotations

from django import forms

from apps.core.form_fields import FoundField, PlainText
from apps.people.queries.lookups import TEAMS
from apps.tooling.models.standards import ECOSYSTEMS, SCHEMES


class ProfileForm(forms.Form):
    scheme = forms.ChoiceField(
        label="How versions compare",
        choices=SCHEMES,
        help_text="Fixed once a standard speaks of the tool.",
    )
    supported_by = FoundField(
        TEAMS,
        "The short name of a team, as ml-platform",
        label="Supported by",
        required=False,
        help_text="The team that answers when it does not work.",
    )
    support = PlainText(
        5_000,
        lines=True,
        rows=5,
        required=False,
        label="How to get help",
        help_text="Who helps, where, and how quickly. Markdown.",
    )


class PackageForm(forms.Form):
    ecosystem = forms.ChoiceField(choices=ECOSYSTEMS)
    name = PlainText(
        214,
        help_text="As files and clusters write it: mlflow-skinny, ghcr.io/mlflow/mlflow. An image without its tag.",
        error_messages={"required": "Write the name."},
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )


class ForgetForm(forms.Form):
    package = forms.IntegerField(min_value=1, max_value=2**63 - 1)
