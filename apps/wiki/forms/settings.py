"""The settings of a page, each a small form of its own: an address of two people's changes is one section, not all."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.catalog.queries.lookups import ENTITIES
from apps.core.form_fields import FoundField, TagsField, VersionField
from apps.people.queries.lookups import GRANTEES
from apps.wiki.vocabulary import LONGEST_INTERVAL, Audience, Template


class IntervalField(forms.IntegerField):
    """Days; empty for what the level above says."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=1, max_value=LONGEST_INTERVAL, **kwargs)
        self.widget.attrs |= {"inputmode": "numeric"}


class KindForm(forms.Form):
    template = forms.ChoiceField(choices=Template.choices, label="Kind of page")
    version = VersionField()

    def changes(self) -> dict[str, Any]:
        return {"template": self.cleaned_data["template"]}


class TagsForm(forms.Form):
    tags = TagsField(
        label="Tags", help_text="Separated by commas: a-z, 0-9, : + # in words joined by hyphens."
    )
    version = VersionField()

    def changes(self) -> dict[str, Any]:
        return {"tags": self.cleaned_data["tags"]}


class DocumentForm(forms.Form):
    """One more entity that the page documents."""

    entity = FoundField(
        ENTITIES,
        "A reference such as model:retail-banking/fraud-score",
        label="Add an entity",
        help_text="Type a part of its name. Only what you may see is offered.",
        error_messages={"required": "Choose an entity first."},
    )
    version = VersionField()


class VerificationForm(forms.Form):
    """Who vouches for the page and how long that holds; without a verifier, whoever may change the page."""

    verifier = FoundField(
        GRANTEES, "team:name or user:name", label="Team or person", required=False,
        help_text="Empty: everybody who may change the page.",
    )  # fmt: skip
    verify_every_days = IntervalField(label="Verify again after, in days")
    version = VersionField()

    def changes(self) -> dict[str, Any]:
        found = self.cleaned_data["verifier"]
        is_person = hasattr(found, "username")
        return {
            "verifier": found if is_person else None,
            "verifier_team": None if is_person else found,
            "verify_every_days": self.cleaned_data["verify_every_days"],
        }


class AudienceForm(forms.Form):
    acknowledged_by = forms.ChoiceField(
        choices=Audience.choices,
        widget=forms.RadioSelect,
        required=False,
        label="Must say that they have read it",
    )
    version = VersionField()

    def __init__(self, *args: Any, owned: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owned = owned
        if not owned:
            field: Any = self.fields["acknowledged_by"]
            field.choices = [
                each for each in Audience.choices if each[0] in {Audience.NOBODY, Audience.COMPANY}
            ]

    def clean_acknowledged_by(self) -> str:
        audience = str(self.cleaned_data["acknowledged_by"])
        if not self.owned and audience in {Audience.TEAM, Audience.UNIT}:
            raise ValidationError("This space has no owner team, so nobody would be asked.")
        return audience

    def changes(self) -> dict[str, Any]:
        return {"acknowledged_by": self.cleaned_data["acknowledged_by"]}


class NarrowForm(forms.Form):
    """`wider` are the choices that would show the page to more people than its space does: these are left out."""

    narrowed = forms.ChoiceField(required=False, widget=forms.RadioSelect, label="Shown to")
    version = VersionField()

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["narrowed"]
        field.choices = choices
