"""A space as somebody types it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.core.errors import Invalid
from apps.core.form_fields import PlainText, VersionField
from apps.people.models import Visibility
from apps.wiki.actions.spaces import checked_slug
from apps.wiki.forms.settings import IntervalField


class FrameForm(forms.Form):
    """What a space is called and for; `slug` and the rest are of the new one alone."""

    title = PlainText(
        200,
        error_messages={"required": "Give it a title."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = PlainText(
        500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it is for, in one or two sentences.",
    )

    def clean_description(self) -> str:
        return " ".join(self.cleaned_data["description"].split())

    verify_every_days = IntervalField(
        label="Verify pages again after, in days",
        help_text="Empty: pages need no verification unless they say so themselves.",
    )
    version = VersionField()

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("title", "description", "verify_every_days")}


class NewSpaceForm(FrameForm):
    slug = PlainText(
        63,
        label="Address",
        help_text="a-z, 0-9 and inner hyphens. It stays as it is.",
        error_messages={"required": "Give it an address."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
    visibility = forms.ChoiceField(
        choices=Visibility.choices, widget=forms.RadioSelect, initial=Visibility.COMPANY, label="Visible to"
    )
    owner: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        queryset=None,
        to_field_name="slug",
        label="Owner team",
        error_messages={"required": "Choose the team that owns it."},
    )
    field_order = ("title", "slug", "description", "owner", "visibility", "verify_every_days")

    def __init__(self, *args: Any, teams: Any, own: Any, **kwargs: Any) -> None:
        """The only team of `own` is chosen already; of several, or where there is none, nothing is."""
        super().__init__(*args, **kwargs)
        del self.fields["version"]
        owner: Any = self.fields["owner"]
        owner.queryset = teams
        mine = list(own[:2])
        owner.empty_label = None if len(mine) == 1 else "Choose a team"
        self.initial["owner"] = mine[0].slug if len(mine) == 1 else None

    def clean_slug(self) -> str:
        try:
            return checked_slug(self.cleaned_data["slug"])
        except Invalid as refusal:
            raise ValidationError(refusal.errors["slug"]) from refusal
