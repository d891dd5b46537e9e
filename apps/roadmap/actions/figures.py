"""Numbers as people and programs send them: exact, finite, and small enough for the columns that keep them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from apps.core.checking import refuse

PLACES = 18
DIGITS = 60  # more than any column holds


def exact_number(field: str, value: Any) -> Decimal:
    """The number that is meant, or Invalid at the field: plain digits, at most 18 of them after the point.

    Python reads digits of every script, underscores and exponents of a billion; a database does not.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise refuse(field, "Give a number.")
    text = str(value).strip() if isinstance(value, Decimal | str) or abs(value) < 10**DIGITS else ""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise refuse(field, f"“{text[:30]}” is no number.") from error
    if not text.isascii() or "_" in text:
        raise refuse(field, f"“{text[:30]}” is not written in plain digits.")
    if not number.is_finite():
        raise refuse(field, "Give a finite number.")
    return _bounded(field, number)


def _bounded(field: str, number: Decimal) -> Decimal:
    if number == 0:
        return Decimal(0)
    if number.adjusted() > DIGITS or len(number.as_tuple().digits) > 2 * DIGITS:
        raise refuse(field, "Give a number that is not too large.")
    if number.adjusted() < -PLACES:
        raise refuse(field, f"At most {PLACES} digits after the point.")
    plain = Decimal(f"{number:f}")
    if int(plain.as_tuple().exponent) < -PLACES:
        raise refuse(field, f"At most {PLACES} digits after the point.")
    return plain


def whole_number(field: str, value: Any, least: int, most: int) -> int:
    """A whole number within bounds, or Invalid at the field."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise refuse(field, f"Give a whole number from {least:,} to {most:,}.")
    return value
