"""Forms to create and to change an entity: only what matters for its kind, nothing to be written as code."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms

from apps.catalog.forms.fields import FactsField, LinksField
from apps.catalog.models import DatasetDetails, Entity, ModelDetails
from apps.catalog.models.entities import details_of
from apps.catalog.vocabulary import Kind
from apps.core.checking import LONGEST_DESCRIPTION
from apps.core.form_fields import FoundField, PlainText, TagsField, VersionField, WordsField
from apps.people.models import Visibility
from apps.people.queries.lookups import PEOPLE, TEAMS

TIERS = [
    ("", "Not said"),
    (1, "1: the company cannot be without it"),
    (2, "2: a business unit cannot be without it"),
    (3, "3: a team would notice within a day"),
    (4, "4: nobody would notice for a while"),
]
# Free fields that readers of a kind look for; offered as rows, kept only where somebody fills them.
EXPECTED: dict[str, tuple[str, ...]] = {
    Kind.AGENT: ("model", "framework", "human_in_the_loop"),
    Kind.APPLICATION: ("url", "users"),
    Kind.DASHBOARD: ("url", "refresh"),
    Kind.FEATURE_VIEW: ("entity_key", "features", "online"),
    Kind.PIPELINE: ("schedule", "orchestrator"),
    Kind.PROMPT: ("variables", "languages"),
    Kind.SERVICE: ("url", "protocol", "slo"),
    Kind.TOOL: ("homepage", "vendor", "license"),
    Kind.USE_CASE: ("kpi", "value", "sponsor"),
}
# Free fields that are long texts and get a field of their own.
LONG_FACTS: dict[str, tuple[str, str, str]] = {
    Kind.API: (
        "definition",
        "Definition",
        "OpenAPI, AsyncAPI, GraphQL or protobuf, as it stands in the file.",
    ),
    Kind.PROMPT: ("template", "Template", "The prompt as it is sent, with its variables."),
}
DATASET_FIELDS = (
    "location",
    "format",
    "classification",
    "personal_data",
    "retention_days",
    "allowed_purposes",
    "origin",
    "quality_status",
    "certified",
)
MODEL_FIELDS = ("risk_class", "purpose", "regimes", "retraining_max_age_days")
DETAILS: dict[str, tuple[str, ...]] = {Kind.DATASET: DATASET_FIELDS, Kind.MODEL: MODEL_FIELDS}
COMMON = ("title", "description", "tags", "links", "tier", "accountable", "operated_by", "reusable")


class EntityForm(forms.Form):
    """The fields of every kind. `entity` is None for a new one; `base` remembers what each field was when the
    form was made, so that a save touches only what the person touched."""

    title = PlainText(200, required=False, help_text="What people call it.")
    description = PlainText(
        LONGEST_DESCRIPTION,
        lines=True,
        rows=9,
        required=False,
        help_text="What it does, how it is used, where it fails. Markdown.",
    )
    tags = TagsField(help_text="Separated by commas or spaces.")
    links = LinksField()
    tier = forms.TypedChoiceField(
        choices=TIERS, coerce=int, empty_value=None, required=False, help_text="How much depends on it."
    )
    accountable = FoundField(
        PEOPLE,
        "A user name",
        required=False,
        label="Accountable person",
        help_text="Who answers for it, by name.",
    )
    operated_by = FoundField(
        TEAMS,
        "A team's short name",
        required=False,
        help_text="Only where another team than the owner runs it.",
    )
    reusable = forms.BooleanField(
        required=False, label="Offered to other teams", help_text="Searches show it as reusable."
    )
    base = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4_000)

    def __init__(self, *args: Any, kind: str, entity: Entity | None = None, **kwargs: Any) -> None:
        self.kind, self.entity = kind, entity
        if entity is not None:
            kwargs["initial"] = as_read(entity)
        super().__init__(*args, **kwargs)
        self.fields.update(_detail_fields(kind))
        self._add_facts(entity.curated if entity else {})
        if entity is not None:
            self.fields["version"] = VersionField()
            self.initial.update(version=entity.version, base=marks_of(entity))

    def _add_facts(self, known: Mapping[str, Any]) -> None:
        if self.kind in LONG_FACTS:
            name, label, help_text = LONG_FACTS[self.kind]
            self.fields[name] = PlainText(
                200_000 if name == "definition" else 5_000,
                lines=True,
                rows=10,
                required=False,
                label=label,
                help_text=help_text,
            )
            self.fields[name].widget.attrs |= {"class": "mono", "spellcheck": "false"}
        self.fields["facts"] = FactsField(self.kind, known, label="More facts")
        if self.entity is None:
            self.initial["facts"] = [(name, "") for name in EXPECTED.get(self.kind, ())]

    def values(self) -> dict[str, Any]:
        """Every value of the form by its name, in the form in which the entity keeps it."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"version", "base"}}

    def touched(self) -> set[str]:
        """The names whose value is another one than when the form was made; all where the form cannot say."""
        base = marks_in(self.cleaned_data.get("base", ""))
        return {name for name, value in self.values().items() if base.get(name) != mark(value)}

    def changes(self) -> dict[str, Any]:
        """What to hand to `update_entity`."""
        values, touched = self.values(), self.touched()
        found = {name: values[name] for name in COMMON if name in touched}
        if facts := touched & {"facts", *_long_fact(self.kind)}:
            found["curated"] = self._curated(values, facts)
        return found

    def details(self) -> dict[str, Any]:
        return {
            name: self.cleaned_data[name] for name in DETAILS.get(self.kind, ()) if name in self.touched()
        }

    def _curated(self, values: Mapping[str, Any], touched: set[str]) -> dict[str, Any]:
        current = dict(self.entity.curated) if self.entity else {}
        own = _long_fact(self.kind)
        kept = {name: value for name, value in current.items() if name in own or "facts" not in touched}
        kept |= values["facts"] if "facts" in touched else {}
        kept |= {name: values[name] for name in own if name in touched}
        return {name: value for name, value in kept.items() if value != ""}


class NewEntityForm(EntityForm):
    """Also where it lives: its name, its owner among one's own teams, who sees it."""

    name = forms.CharField(
        required=False,
        max_length=63,
        help_text="Part of its permanent address: letters, digits, inner - _ . Empty: made from the title.",
    )
    owner: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        queryset=None, to_field_name="slug", empty_label=None, help_text="One of your teams."
    )
    visibility = forms.ChoiceField(
        choices=Visibility.choices, initial=Visibility.COMPANY, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = teams  # type: ignore[attr-defined]
        self.fields["title"].required = True

    def new(self) -> dict[str, Any]:
        """What to hand to `create_entity`."""
        values = self.values()
        fields = {name: values[name] for name in COMMON}
        curated = self._curated(values, {"facts", *_long_fact(self.kind)})
        own = {name: values[name] for name in DETAILS.get(self.kind, ())}
        name = values["name"].strip() or name_from(values["title"])
        placed = {"name": name, "owner": values["owner"], "visibility": values["visibility"]}
        return placed | fields | {"kind": self.kind, "curated": curated, "details": own}


def as_read(entity: Entity) -> dict[str, Any]:
    """The entity's values by the names of the form's fields."""
    own = _long_fact(entity.kind)
    values: dict[str, Any] = {name: getattr(entity, name) for name in COMMON}
    values["accountable"] = entity.accountable.username if entity.accountable else ""
    values["operated_by"] = entity.operated_by.slug if entity.operated_by else ""
    row = details_of(entity) if entity.kind in DETAILS else None
    blank = {Kind.DATASET: DatasetDetails, Kind.MODEL: ModelDetails}.get(Kind(entity.kind))
    source = row or (blank() if blank else None)
    values |= {name: getattr(source, name) for name in DETAILS.get(entity.kind, ())}
    values["facts"] = {name: value for name, value in entity.curated.items() if name not in own}
    return values | {name: entity.curated.get(name, "") for name in own}


def mark(value: Any) -> str:
    """A short fingerprint of a value, the same for what a form shows and what it reads back."""
    plain = getattr(value, "username", None) or getattr(value, "slug", None) or value
    text = json.dumps(
        plain if plain not in (None, "") else "", sort_keys=True, ensure_ascii=True, default=str
    )
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def marks_of(entity: Entity) -> str:
    return " ".join(f"{name}={mark(value)}" for name, value in as_read(entity).items())


def marks_in(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split()]
    return {name: value for name, _, value in pairs}


def name_from(title: str) -> str:
    """A name for the address, from the title: lower case, hyphens, at most 63 characters; may be empty."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].rstrip("-")


def _long_fact(kind: str) -> tuple[str, ...]:
    return (LONG_FACTS[kind][0],) if kind in LONG_FACTS else ()


def _days(label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=36_500, help_text=help_text)


def _choice(choices: Any, initial: str, help_text: str, label: str | None = None) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices.choices, initial=initial, help_text=help_text)


def _detail_fields(kind: str) -> dict[str, forms.Field]:
    if kind == Kind.DATASET:
        return {
            "location": PlainText(
                500, required=False, help_text="Where it lies: a table, a bucket, a topic."
            ),
            "format": PlainText(50, required=False, help_text="Such as parquet, delta or csv."),
            "classification": _choice(DatasetDetails.Classification, "internal", "Who may read it at all."),
            "personal_data": _choice(
                DatasetDetails.PersonalData, "none", "About people who can be told apart."
            ),
            "retention_days": _days("Kept for", "In days; empty where nobody decided."),
            "allowed_purposes": WordsField(help_text="Separated by commas."),
            "origin": _choice(DatasetDetails.Origin, "collected", "How the company came to have it."),
            "quality_status": _choice(
                DatasetDetails.Quality, "unknown", "What its last checks said.", "Quality"
            ),
            "certified": forms.BooleanField(
                required=False, help_text="A steward checked it and stands for it."
            ),
        }
    if kind == Kind.MODEL:
        return {
            "risk_class": _choice(ModelDetails.RiskClass, "unclassified", "By the EU AI Act."),
            "purpose": PlainText(63, required=False, help_text="Compared with those of its data."),
            "regimes": WordsField(help_text="Rules it falls under: gdpr, eu-ai-act."),
            "retraining_max_age_days": _days(
                "Retrained at least every", "In days; empty where nobody decided."
            ),
        }
    return {}
