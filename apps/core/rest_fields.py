"""Serializer fields that take JSON at its word: a number is no text, "yes" no boolean, an unknown field none.

Each says in the OpenAPI document exactly what it accepts, so that a client (or a test that makes up requests)
can know beforehand what is malformed (400); what only a rule can refuse is a conflict (409).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.core.characters import INVISIBLE, TRICKS
from apps.core.checking import MOST_TAGS, TAG, TAG_LENGTH
from apps.core.ids import LARGEST_ID

LINE = rf"^[^{TRICKS}\n\r]*$"
LINES = rf"^[^{INVISIBLE}]*$"
WHOLE = re.compile(r"(-?[0-9]{1,19})(\.0)?", re.ASCII)


class Text(serializers.CharField):
    """One line of text (`lines=True`: several), of the form `pattern`, else without invisible characters."""

    def __init__(self, *, pattern: str = "", says: str = "", lines: bool = False, **options: Any) -> None:
        options.setdefault("trim_whitespace", False)
        if not options.get("allow_blank"):
            options.setdefault("min_length", 1)
        super().__init__(**options)
        sentence = says or "The text has control or invisible characters; remove them."
        self.validators.append(Matches(pattern or (LINES if lines else LINE), sentence))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise ValidationError("This must be text.")
        return super().to_internal_value(data)


class Matches(RegexValidator):
    """A whole match; Python's `$` alone would let a final line break through."""

    def __init__(self, pattern: str, sentence: str) -> None:
        super().__init__(pattern, sentence)
        self.whole = re.compile(pattern.removeprefix("^").removesuffix("$"))

    def __call__(self, value: Any) -> None:
        if not self.whole.fullmatch(str(value)):
            raise ValidationError(self.message, code=self.code)


class Tags(serializers.ListField):
    """Tags in the form of `apps.core.checking`."""

    def __init__(self, **options: Any) -> None:
        tag = Text(
            pattern=rf"^{TAG.pattern}$",
            max_length=TAG_LENGTH,
            says="Use a-z, 0-9, : + # in words joined by single hyphens.",
        )
        super().__init__(child=tag, max_length=MOST_TAGS, required=False, **options)


class Flag(serializers.BooleanField):
    """true or false; in a query string these words."""

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, bool):
            return data
        if data in ("true", "false") and isinstance(self.root, QueryParameters):
            return bool(data == "true")
        raise ValidationError("This must be true or false.")


class WholeNumber(serializers.IntegerField):
    """An integer between `min_value` and `max_value` (both always given, so that no database refuses it)."""

    def __init__(self, *, min_value: int = 0, max_value: int = LARGEST_ID, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        from_query = isinstance(data, str) and isinstance(self.root, QueryParameters)
        if from_query and (whole := WHOLE.fullmatch(data)):
            return int(whole[1])
        if isinstance(data, float) and data.is_integer():
            return int(data)  # JSON Schema: 2.0 is an integer
        if isinstance(data, bool) or not isinstance(data, int):
            raise ValidationError("This must be a whole number.")
        return data


class Choice(serializers.ChoiceField):
    """One of the words of a vocabulary."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            raise ValidationError(f"Choose one of {', '.join(map(str, self.choices))}.")
        return data


class Body(serializers.Serializer[Any]):
    """A request's body: unknown fields are refused by name."""

    refusals: Mapping[str, str] = {}
    demanded: Sequence[
        str
    ] = ()  # fields that a change must send, in the document; who checks them is the view

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            sentences = {name: [self.refusals.get(name, "This field is not known here.")] for name in unknown}
            raise ValidationError(sentences)
        return super().to_internal_value(data)


class Versioned(Body):
    """A change that may say which version it was written on."""

    version = WholeNumber(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="The version that you read; else the present one.",
    )


class QueryParameters(serializers.Serializer[Any]):
    """A list's query parameters: unknown ones are refused, and repeated ones where only one value counts."""

    def to_internal_value(self, data: Any) -> Any:
        errors = {name: self._refusal(name, data.getlist(name)) for name in data}
        if wrong := {name: [sentence] for name, sentence in errors.items() if sentence}:
            raise ValidationError(wrong)
        return super().to_internal_value(data)

    def _refusal(self, name: str, values: list[str]) -> str:
        field = self.fields.get(name)
        if field is None:
            return f"This parameter is not known here; known are {', '.join(self.fields) or 'none'}."
        if len(values) > 1 and not isinstance(field, serializers.ListField):
            return "Give this parameter once."
        return "" if all(values) else "Give a value or leave the parameter out."


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnyObject(serializers.DictField):
    """A JSON object of free content."""
