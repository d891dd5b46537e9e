"""Choosing a zip to import."""

from __future__ import annotations

from typing import Any

from django import forms

NAMED = "Choose a .zip file: an export, or a folder of Markdown that you packed."


class ImportForm(forms.Form):
    """The file is looked into by the worker, not here."""

    file = forms.FileField(
        label="Zip file",
        max_length=200,
        help_text="An export of a wiki, a plain folder of Markdown, or a project of MkDocs; at most 100 MB.",
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": NAMED, "empty": "The file is empty.", "invalid": NAMED},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not str(file.name).lower().endswith(".zip"):
            raise forms.ValidationError(NAMED)
        return file
