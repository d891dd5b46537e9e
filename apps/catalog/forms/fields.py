"""Fields that the catalog's forms share. They work as plain HTML; scripts only make them quicker."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse

from apps.catalog import checking
from apps.core.errors import Invalid, PortalError

Lookup = Callable[[str], Any]


def show_refusal(form: forms.BaseForm, refusal: PortalError, otherwise: str | None = None) -> None:
    """Puts what an action refused at the fields it named; the rest at the field `otherwise`, or above the
    form."""
    errors = getattr(refusal, "errors", {})
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))
    if not errors:
        form.add_error(otherwise, f"{refusal.detail} {refusal.next_step}".strip())


class PlainText(forms.CharField):
    """Text as `checking.checked_text` wants it: no control, invisible or direction-changing characters."""

    def __init__(self, limit: int, *, lines: bool = False, rows: int = 0, **kwargs: Any) -> None:
        self.limit, self.lines = limit, lines
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows or 6}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value) or ""
        return _checked(lambda: checking.checked_text("text", text, self.limit, lines=self.lines))


class VersionField(forms.IntegerField):
    """The version that the form was made from; without it the page has to be loaded again."""

    def __init__(self) -> None:
        message = "The form lost the version it was made from; load the page again."
        errors = {"required": message, "invalid": message, "max_value": message, "min_value": message}
        super().__init__(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1, error_messages=errors)


class TagsField(forms.CharField):
    """Tags separated by commas or spaces, cleaned to a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=4_000, **kwargs)
        self.widget.attrs |= {"list": "known-tags", "autocomplete": "off", "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value) or ""
        return _checked(lambda: checking.checked_tags(text.replace(",", " ").split()))


class WordsField(TagsField):
    """Short words such as purposes, separated by commas; words of several parts stay together."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs.pop("list")

    def clean(self, value: Any) -> list[str]:
        text = forms.CharField.clean(self, value) or ""
        words = [word.strip() for word in text.split(",") if word.strip()]
        if any(len(word) > 63 for word in words) or len(words) > 50:
            raise ValidationError("At most 50 words of at most 63 characters each, separated by commas.")
        return _checked(
            lambda: list(dict.fromkeys(checking.checked_text("words", word, 63) for word in words))
        )


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
        return _checked(lambda: checking.checked_links(links))


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
        return _checked(lambda: checking.checked_curated(self.kind, facts))


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


class FoundSelect(forms.Select):
    """A select that finds its options on the server; without scripts it offers the nearest and a field to
    type in."""

    template_name = "catalog/edit/found.html"
    typed_help = ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["typed_help"] = self.typed_help
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return (data.get(f"{name}_typed") or "").strip() or data.get(name)


class FoundField(forms.ChoiceField):
    """One thing that the person may see, found by typing. `what` names the list that `catalog:options`
    answers."""

    def __init__(self, what: str, typed_help: str, **kwargs: Any) -> None:
        self.what = what
        self.find: Lookup = lambda text: None
        super().__init__(widget=FoundSelect(attrs={"data-combobox": ""}), **kwargs)
        self.widget.typed_help = typed_help

    def offer(self, find: Lookup, nearest: list[tuple[str, str]], chosen: Any = None) -> None:
        """`find` turns a typed value into its row or None; `nearest` are offered before anybody types."""
        self.find = find
        row = find(chosen) if chosen else None
        known = [(chosen, str(row))] if row is not None and chosen not in dict(nearest) else []
        self.choices = [("", ""), *known, *nearest]
        self.widget.attrs["data-combobox-url"] = f"{reverse('catalog:options', args=[self.what])}?q="

    def valid_value(self, value: Any) -> bool:
        return True

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        row = self.find(str(text)[:300]) if "\x00" not in str(text) else None
        if row is None:
            raise ValidationError("There is nothing of this name, or it is not shown to you.")
        return row


def _checked(check: Callable[[], Any]) -> Any:
    """The checked value; what `checking` refuses becomes an error of the field."""
    try:
        return check()
    except Invalid as refusal:
        raise ValidationError(refusal.detail) from refusal
