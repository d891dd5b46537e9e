"""How requests and answers write an instant, a day and a data class: by name, and in one exact form each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from rest_framework.fields import empty

from apps.core.rest_fields import Choice, Text
from apps.tooling.vocabulary import DataClass

_LONG = r"(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT = r"(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY = r"02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP = r"20([02468][048]|[13579][26])-02-29"
DAY = rf"(20[0-9]{{2}}-({_LONG}|{_SHORT}|{_FEBRUARY})|{_LEAP})"
INSTANT = (
    rf"{DAY}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,6}})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
)


class Day(Text):
    """A day of this century, as 2026-12-31."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pattern=f"^{DAY}$", says="Give a day as 2026-12-31.", **options)

    def run_validation(self, data: Any = empty) -> Any:
        text = super().run_validation(data)
        return date.fromisoformat(text) if isinstance(text, str) else text


class Instant(Text):
    """An instant of this century with its offset, as 2026-12-31T08:00:00Z."""

    def __init__(self, **options: Any) -> None:
        says = "Give an instant with its offset, as 2026-12-31T08:00:00Z."
        super().__init__(pattern=f"^{INSTANT}$", says=says, **options)

    def run_validation(self, data: Any = empty) -> Any:
        text = super().run_validation(data)
        return datetime.fromisoformat(text) if isinstance(text, str) else text


class DataClassName(Choice):
    """`public`, `internal`, `confidential` or `restricted`; inside, its place in that order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[each.name.lower() for each in DataClass], **options)

    def to_internal_value(self, data: Any) -> Any:
        return DataClass[str(super().to_internal_value(data)).upper()].value

    def to_representation(self, value: Any) -> str:
        return DataClass(value).name.lower()
