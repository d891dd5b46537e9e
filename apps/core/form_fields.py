"""Fields that the forms of all apps share. They work as plain HTML; scripts only make them quicker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.functional import lazy

from apps.core import checking
from apps.core.errors import Invalid, PortalError
from apps.core.lookups import Lookup, Option


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: also an empty body is an answer to it. None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def show_refusal(form: forms.BaseForm, refusal: PortalError, otherwise: str | None = None) -> None:
    """Puts what an action refused at the fields it named; the rest at the field `otherwise`, or above the
    form."""
    errors = getattr(refusal, "errors", {})
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))
    if not errors:
        form.add_error(otherwise, f"{refusal.detail} {refusal.next_step}".strip())


def checked(check: Callable[[], Any]) -> Any:
    """The checked value; what `checking` refuses becomes an error of the field."""
    try:
        return check()
    except Invalid as refusal:
        raise ValidationError(refusal.detail) from refusal


class PlainText(forms.CharField):
    """Text as `checking.checked_text` wants it: no control, invisible or direction-changing characters."""

    def __init__(self, limit: int, *, lines: bool = False, rows: int = 0, **kwargs: Any) -> None:
        self.limit, self.lines = limit, lines
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows or 6}))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value) or ""
        return str(checked(lambda: checking.checked_text("text", text, self.limit, lines=self.lines)))


def _in_own_zone(hint: str) -> str:
    return f"{hint} In your time zone, {timezone.get_current_timezone_name()}."


class MomentField(forms.DateTimeField):
    """A day and a time in the time zone of whoever fills it in, which the hint names."""

    def __init__(self, *, help_text: str, **kwargs: Any) -> None:
        super().__init__(
            help_text=lazy(_in_own_zone, str)(help_text),
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            error_messages={"invalid": "Give a day and a time, as 2027-01-31 09:00."},
            **kwargs,
        )


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
        return list(checked(lambda: checking.checked_tags(text.replace(",", " ").split())))


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
        return list(
            checked(lambda: dict.fromkeys(checking.checked_text("words", word, 63) for word in words))
        )


class FoundSelect(forms.Select):
    """A select that finds its options on the server; without scripts it offers the nearest and a field to
    type in."""

    template_name = "core/found.html"
    typed_help = ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["typed_help"] = self.typed_help
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return (data.get(f"{name}_typed") or "").strip() or data.get(name)


class FoundField(forms.ChoiceField):
    """One row that the person may see, found by typing in `lookup`. `offer` makes it ready for a person."""

    def __init__(self, lookup: Lookup, typed_help: str, **kwargs: Any) -> None:
        self.lookup = lookup
        self.user: Any = None
        super().__init__(widget=FoundSelect(attrs={"data-combobox": ""}), **kwargs)
        self.widget.typed_help = typed_help

    def offer(self, user: Any, value: Any) -> None:
        """The nearest rows, before anybody types, and the row of `value`, which they chose before."""
        self.user = user
        nearest = [(row["value"], _label(row)) for row in self.lookup.offered(user, "")]
        chosen = str(value)[:300].replace("\x00", "") if value else None
        row = self._found(chosen) if chosen else None
        known = [(chosen, str(row))] if row is not None and chosen not in dict(nearest) else []
        self.choices = [("", ""), *known, *nearest]
        self.widget.attrs["data-combobox-url"] = f"{self.lookup.url}?q="

    def valid_value(self, value: Any) -> bool:
        return True

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        row = self._found(str(text)[:300]) if "\x00" not in str(text) else None
        if row is None:
            raise ValidationError("There is nothing of this name, or it is not shown to you.")
        return row

    def _found(self, text: str) -> Any | None:
        return self.lookup.find(self.user, text) if self.user is not None else None


def offer(form: Any, name: str, user: Any) -> None:
    """Fills a found field of the form for this person; keeps what they chose before."""
    form.fields[name].offer(user, form[name].value())


def _label(row: Option) -> str:
    return f"{row['label']} ({row['more']})" if row["more"] else row["label"]
