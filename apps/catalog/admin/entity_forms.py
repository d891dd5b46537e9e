"""The curated fields of an entity, and the details that datasets and models have."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.catalog.models import DatasetDetails, Entity, ModelDetails
from apps.catalog.models.entities import details_of
from apps.catalog.vocabulary import Kind
from apps.core.admin import PolicyForm
from apps.core.admin.forms import WordsField

DETAIL = "detail_"
TIERS = [("", "Not said"), (1, "1, the company cannot be without it"), (2, "2"), (3, "3"), (4, "4")]


class LinksField(forms.CharField):
    """One link per line: its address, then its title."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(f"{link['url']} {link.get('title', '')}".strip() for link in value)

    def to_python(self, value: Any) -> Any:
        rows = [line.split(None, 1) for line in (super().to_python(value) or "").splitlines() if line.strip()]
        return [{"url": row[0], "title": row[1].strip() if len(row) > 1 else ""} for row in rows]

    def run_validators(self, value: Any) -> None:
        if len(value) > 100:
            raise forms.ValidationError("That are more links than anybody reads.")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial or [])) != self.to_python(data)


class EntityForm(PolicyForm):
    tier = forms.TypedChoiceField(
        choices=TIERS, coerce=int, empty_value=None, required=False, widget=UnfoldAdminSelectWidget
    )
    tags = WordsField(help_text="Separated by commas: a-z, 0-9, : + # in words joined by hyphens.")
    links = LinksField(
        required=False, max_length=30_000, help_text="One per line: the address, then its title."
    )

    class Meta:
        model = Entity
        fields: tuple[str, ...] = (
            "title",
            "description",
            "accountable",
            "operated_by",
            "tier",
            "tags",
            "links",
            "reusable",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = details_of(self.instance) if self.instance.pk else None
        for name in [name for name in self.fields if name.startswith(DETAIL)]:
            if row is not None:
                self.fields[name].initial = getattr(row, name.removeprefix(DETAIL))

    def _post_clean(self) -> None:
        """The action validates."""

    def details(self) -> dict[str, Any]:
        """The kind's own fields that the person touched."""
        return {
            name.removeprefix(DETAIL): value
            for name, value in self.cleaned_data.items()
            if name.startswith(DETAIL) and name in self.changed_data
        }


def _text(label: str, limit: int) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=limit, widget=UnfoldAdminTextInputWidget)


def _choice(label: str, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget)


def _days(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=36_500, widget=UnfoldAdminIntegerFieldWidget
    )


class DatasetForm(EntityForm):
    detail_location = _text("Location", 500)
    detail_format = _text("Format", 50)
    detail_classification = _choice("Classification", DatasetDetails.Classification.choices)
    detail_personal_data = _choice("Personal data", DatasetDetails.PersonalData.choices)
    detail_retention_days = _days("Retention (days)")
    detail_allowed_purposes = WordsField(label="Allowed purposes")
    detail_origin = _choice("Origin", DatasetDetails.Origin.choices)
    detail_quality_status = _choice("Quality", DatasetDetails.Quality.choices)
    detail_certified = forms.BooleanField(label="Certified", required=False, widget=UnfoldBooleanSwitchWidget)


class ModelForm(EntityForm):
    detail_risk_class = _choice("Risk class", ModelDetails.RiskClass.choices)
    detail_regimes = WordsField(label="Regimes")
    detail_purpose = _text("Purpose", 63)
    detail_retraining_max_age_days = _days("Retrained at least every (days)")


FORMS: dict[str, type[EntityForm]] = {Kind.DATASET: DatasetForm, Kind.MODEL: ModelForm}


class NewEntityForm(EntityForm):
    """Kind, name and owner are fixed or have operations of their own afterwards."""

    class Meta(EntityForm.Meta):
        fields = ("kind", "name", "owner", "visibility", *EntityForm.Meta.fields)


def form_for(entity: Entity | None) -> type[EntityForm]:
    return NewEntityForm if entity is None else FORMS.get(entity.kind, EntityForm)


def detail_fields(entity: Entity | None) -> list[str]:
    return [name for name in form_for(entity).declared_fields if name.startswith(DETAIL)]
