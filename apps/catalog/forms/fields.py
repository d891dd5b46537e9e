"""Fields of the catalog's forms alone: links and facts as rows of two inputs.

What the forms of all apps share stands in `apps.core.form_fields`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from apps.catalog.checking import checked_curated
from apps.core.checking import checked_links
from apps.core.form_fields import checked


class PairsWidget(forms.Widget):
    """Rows of two inputs that share their names; rows without content are left out when the form is read."""

    template_name = "catalog/edit/pairs.html"

    def __init__(self, first: str, second: str) -> None:
        self.labels = (first, second)
        super().__init__()

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        if not isinstance(data, QueryDict):
            return list(data.get(name) or [])
        rows = list(zip(data.getlist(f"{name}_first"), data.getlist(f"{name}_second"), strict=False))
        return [*rows, ("", "")] if data.get("more") == name else rows

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        pairs = [tuple(pair) for pair in value or []]
        pairs += [] if pairs and not pairs[-1][1] else [("", "")]
        rows = [
            {"first": first, "second": second, "lines": min(12, second.count("\n"))}
            for first, second in pairs
        ]
        return context | {"rows": rows, "labels": self.labels, "name": name}

    def format_value(self, value: Any) -> Any:
        return value


class LinksField(forms.Field):
    """Links as rows of address and title."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=PairsWidget("Address", "Title"), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if value and isinstance(value[0], Mapping):
            return [(link["url"], link.get("title", "")) for link in value]
        return value

    def clean(self, value: Any) -> list[dict[str, str]]:
        links = [
            {"url": url.strip(), "title": title.strip()}
            for url, title in value or []
            if url.strip() or title.strip()
        ]
        return checked(lambda: checked_links(links))


class FactsField(forms.Field):
    """A kind's free fields as rows of name and value. A value that had a type (number, yes or no, list) keeps
    it as long as the text allows; lists are separated by semicolons."""

    def __init__(self, kind: str, known: Mapping[str, Any], **kwargs: Any) -> None:
        self.kind, self.known = kind, known
        super().__init__(widget=PairsWidget("Name", "Value"), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [(name, plain(one)) for name, one in value.items()] if isinstance(value, Mapping) else value

    def clean(self, value: Any) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        for name, raw in value or []:
            key, text = name.strip(), raw.replace("\r\n", "\n")
            if not key and text.strip():
                raise ValidationError(f"“{text.strip()[:40]}” has no name. Say what it is.")
            if key in facts:
                raise ValidationError(f"“{key[:63]}” stands there twice. Keep one.")
            if key and text.strip():
                facts[key] = typed(text.strip(), self.known.get(key))
        return checked(lambda: checked_curated(self.kind, facts))


def plain(value: Any) -> str:
    """A free field as somebody would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "; ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def typed(text: str, before: Any) -> Any:
    """What somebody typed, in the type that the field had before."""
    if text == plain(before):
        return before
    if isinstance(before, bool) and text.lower() in {"yes", "no", "true", "false"}:
        return text.lower() in {"yes", "true"}
    if isinstance(before, list):
        return [part.strip() for part in text.split(";") if part.strip()]
    if isinstance(before, int | float) and not isinstance(before, bool):
        return _number(text)
    return text


def _number(text: str) -> Any:
    try:
        return json.loads(text) if len(text) < 20 and text.strip("-0123456789.") == "" else text
    except ValueError:
        return text
