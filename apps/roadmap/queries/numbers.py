"""Exact figures as people read them; the exact ones stay in the APIs."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from apps.core.words import counted
from apps.roadmap.valuing import EXACT


def told(number: Decimal | int | None, places: int = 2) -> str:
    """72,000, 4.5 or 0.03: thousands apart, at most `places` places, no needless zeros; a dash for no figure.

    Below one the first two figures that tell something stand, however small they are.
    """
    if number is None:
        return "–"
    value = Decimal(number)
    if value and abs(value) < 1:
        places = max(places, 1 - value.adjusted())
    with localcontext(EXACT):
        text = f"{value.quantize(Decimal(1).scaleb(-min(places, 20)), rounding=ROUND_HALF_EVEN):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(part: Decimal | None) -> str:
    return "–" if part is None else f"{told(part * 100, 1)}%"


def person_weeks(number: Decimal) -> str:
    """“1 person-week”, “0.5 person-weeks”; to the thousandth, as they are kept."""
    weeks = round(float(number), 3)
    return counted(int(weeks) if weeks.is_integer() else weeks, "person-week")
