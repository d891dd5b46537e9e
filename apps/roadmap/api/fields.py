"""How requests and answers write exact numbers, person-weeks and voters: as text, in one form each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.rest_fields import Text, WholeNumber
from apps.roadmap.queries.exact import exact_text, weeks_text

VOTER = r"^(strategic|unit:[a-z0-9][-a-z0-9]{0,62})$"


class Exact(Text):
    """A decimal number as text, with at most 18 digits on either side of its point."""

    def __init__(self, *, signed: bool = False, **options: Any) -> None:
        sign = "-?" if signed else ""
        says = "Give a decimal number as text, such as “12.5”."
        super().__init__(pattern=rf"^{sign}[0-9]{{1,18}}(\.[0-9]{{1,18}})?$", says=says, **options)


class Weeks(Text):
    """Person-weeks as text, with at most three decimals."""

    def __init__(self, **options: Any) -> None:
        says = "Give person-weeks as text, such as “2.5”."
        super().__init__(pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})?$", says=says, **options)


class Part(Text):
    """A number from 0 to 1 as text, with at most three decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            pattern=r"^(0(\.[0-9]{1,3})?|1(\.0{1,3})?)$", says="Give a number from 0 to 1.", **options
        )


class Voter(Text):
    """Who has a wallet in a cycle: `unit:retail-banking`, or `strategic`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pattern=VOTER, says="Give unit:<slug> or strategic.", **options)


class Points(WholeNumber):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 100, **options})


@extend_schema_field({"type": "string", "format": "decimal"})
class ExactNumber(serializers.Field[Any, Any, Any, Any]):
    """An exact number in an answer: text with every digit, without an exponent."""

    def to_representation(self, value: Any) -> str:
        return exact_text(Decimal(value))


@extend_schema_field({"type": "string", "description": "Person-weeks, exact."})
class MicroWeeks(serializers.Field[Any, Any, Any, Any]):
    """The planner's whole micro-weeks as person-weeks."""

    def to_representation(self, value: int) -> str:
        return weeks_text(value)
