"""Small forms: one decision each, with the version it was seen at."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.catalog.models import Finding
from apps.catalog.queries.lookups import EDITABLE, ENTITIES
from apps.catalog.vocabulary import RelationType
from apps.core.form_fields import FoundField, PlainText, VersionField

LARGEST_FILE = 1024 * 1024
# How an edge reads as a sentence, from its source and from its target.
SENTENCES: dict[str, tuple[str, str]] = {
    RelationType.PART_OF: ("is part of", "has as a part"),
    RelationType.DEPENDS_ON: ("depends on", "is needed by"),
    RelationType.TRAINED_ON: ("is trained on", "trains"),
    RelationType.EVALUATED_ON: ("is evaluated on", "evaluates"),
    RelationType.USES_FEATURE: ("uses the features of", "gives features to"),
    RelationType.DERIVED_FROM: ("is derived from", "is a source of"),
    RelationType.PRODUCES: ("produces", "is produced by"),
    RelationType.CONSUMES: ("consumes", "is consumed by"),
    RelationType.SERVES: ("serves", "is served by"),
    RelationType.DEPLOYED_AS: ("is deployed as", "runs"),
    RelationType.USES_TOOL: ("uses the tool", "is a tool of"),
    RelationType.DOCUMENTED_BY: ("is documented by", "documents"),
    RelationType.SUPERSEDES: ("supersedes", "is superseded by"),
}


class StageForm(forms.Form):
    """`choices` are the moves that exist from the present stage and that the person may make."""

    stage = forms.ChoiceField(label="Next stage", error_messages={"required": "Choose the next stage."})
    note = PlainText(
        5_000, lines=True, rows=4, required=False, label="Why", help_text="Stays with the move for good."
    )
    version = VersionField()

    def __init__(self, *args: Any, moves: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = moves  # type: ignore[attr-defined]


class RelationForm(forms.Form):
    """The relation as a sentence that begins with this entity; `type` is `<type>:out` or `<type>:in`."""

    type = forms.ChoiceField(
        label="How the two are related", error_messages={"required": "Choose how the two are related."}
    )
    target = FoundField(
        ENTITIES,
        "A reference such as dataset:retail-banking/transactions",
        label="The other entity",
        help_text="Type a part of its name. Only what you may see is offered.",
        error_messages={"required": "Choose the other entity."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        away = [(f"{type_}:out", out) for type_, (out, _) in SENTENCES.items()]
        back = [(f"{type_}:in", into) for type_, (_, into) in SENTENCES.items()]
        choices = [
            ("", "Choose a verb"),
            ("What it relies on or does", away),
            ("Seen from the other end", back),
        ]
        self.fields["type"].choices = choices  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    entity = FoundField(
        EDITABLE,
        "A reference such as service:coe/document-reader",
        help_text="Among the entities that you may change.",
    )


class FindingForm(forms.Form):
    state = forms.ChoiceField(choices=Finding.State.choices)
    note = PlainText(5_000, lines=True, rows=2, required=False)


class ImportForm(forms.Form):
    """A `catalog-info.yaml`, pasted or chosen; of both the file wins."""

    text = forms.CharField(
        required=False,
        strip=False,
        label="Text",
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
        help_text="One or many documents, separated by ---.",
    )
    file = forms.FileField(required=False, help_text="At most 1 MB, 500 entities.", label="Or a file")
    owner: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        queryset=None,
        to_field_name="slug",
        empty_label=None,
        label="Owner of what has none",
        help_text="One of your teams.",
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = teams  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if file := cleaned.get("file"):
            cleaned["text"] = self._read(file)
        return cleaned

    def _read(self, file: Any) -> str:
        if file.size > LARGEST_FILE:
            self.add_error("file", "The file is larger than 1 MB. Import it in parts.")
            return ""
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            self.add_error("file", "The file is not UTF-8 text. Save it as UTF-8 and choose it again.")
            return ""
