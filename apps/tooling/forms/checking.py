"""Asking whether a use is allowed: of one tool, or of everything that a file asks for."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

from django import forms

from apps.core.form_fields import FoundField, PlainText
from apps.people.queries import own_teams
from apps.tooling.models import Environment
from apps.tooling.queries.deciding import LARGEST_FILE
from apps.tooling.queries.lookups import TOOLS
from apps.tooling.vocabulary import DataClass

LARGEST_PACKED = 3 * 1024 * 1024  # of what a form may hold as text
PLAIN = {"autocomplete": "off", "spellcheck": "false"}
CLASSES = [(each.name.lower(), each.name.capitalize()) for each in DataClass]
FORMS = [("", "On this page"), ("sarif", "SARIF"), ("json", "JSON"), ("text", "Text")]


class PlaceForm(forms.Form):
    """Where it is to run, with what data, and for which of several teams."""

    environment = forms.ChoiceField(label="Environment")
    data_class = forms.ChoiceField(label="Most sensitive data", choices=CLASSES, initial="internal")
    team = forms.ChoiceField(label="Team", required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = list(Environment._base_manager.order_by("position", "slug"))
        self.fields["environment"].choices = [(row.slug, row.name) for row in rows]  # type: ignore[attr-defined]
        teams = [(team.slug, team.name) for team in own_teams(user)]
        self.teams = dict(teams)
        if len(teams) > 1:
            self.fields["team"].choices = teams  # type: ignore[attr-defined]
        else:
            del self.fields["team"]

    @property
    def has_team(self) -> bool:
        return bool(self.teams)

    def place(self) -> dict[str, Any]:
        """As `place_of` takes it."""
        names = ("environment", "data_class", "team")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


class UseForm(PlaceForm):
    """One tool of the catalog, or a name that may be one."""

    tool = FoundField(
        TOOLS,
        "A reference such as tool:coe/mlflow",
        label="Tool",
        required=False,
        help_text="Type a part of its name.",
    )
    name = PlainText(
        214,
        required=False,
        label="Or the name of a package or an image",
        widget=forms.TextInput(attrs=PLAIN),
    )
    version = PlainText(128, required=False, label="Version", widget=forms.TextInput(attrs=PLAIN))
    field_order = ("tool", "name", "version", "environment", "data_class", "team")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["tool"].offer(user, self["tool"].value())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("tool") and not cleaned.get("name"):
            self.add_error("tool", "Choose a tool, or write the name of a package.")
        return cleaned

    @property
    def asked(self) -> str:
        """The words to ask about; what was chosen goes before what was written."""
        tool = self.cleaned_data["tool"]
        return str(tool.ref if tool else self.cleaned_data["name"])


class FileForm(PlaceForm):
    """A file, or the one that was checked before, in the form that is wanted."""

    file = forms.FileField(
        label="File",
        max_length=300,
        help_text="requirements.txt, a lock file, environment.yml, package.json, a Dockerfile or a list of images; "
        "at most 5 MB.",
        error_messages={"empty": "The file is empty.", "required": "Choose a file."},
    )
    strict = forms.BooleanField(label="Deny packages that are no tool of the catalog", required=False)
    packed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LARGEST_PACKED)
    filename = PlainText(300, required=False, widget=forms.HiddenInput)
    form = forms.ChoiceField(choices=FORMS, required=False, widget=forms.HiddenInput)
    field_order = ("file", "environment", "data_class", "team", "strict")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["file"].required = not self.data.get("packed")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file, packed = cleaned.get("file"), cleaned.get("packed")
        if file is not None:
            cleaned |= {"content": file.read(LARGEST_FILE + 1), "filename": str(file.name)}
        elif packed:
            cleaned["content"] = unpacked(packed)
        return cleaned


def packed(content: bytes) -> str:
    """The file as text for a form, so that nothing has to be kept between two answers; empty where it is too much."""
    text = base64.b64encode(zlib.compress(content, 6)).decode()
    return text if len(text) <= LARGEST_PACKED else ""


def unpacked(text: str) -> bytes:
    """At most one byte more than a file may have, whatever the text would swell to."""
    try:
        return zlib.decompressobj().decompress(base64.b64decode(text, validate=True), LARGEST_FILE + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise forms.ValidationError("The checked file was lost on the way; choose it again.") from error
