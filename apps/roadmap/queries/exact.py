"""Exact numbers as the APIs write them."""

from __future__ import annotations

from decimal import Decimal

from apps.roadmap.planning.instance import MICRO_WEEKS


def exact_text(number: Decimal) -> str:
    """Every digit, without an exponent and without idle zeros: “40”, “0.3”."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def weeks_text(micro: int) -> str:
    """Person-weeks of a number of micro-weeks: “2.5”."""
    sign, rest = ("-", -micro) if micro < 0 else ("", micro)
    whole, part = divmod(rest, MICRO_WEEKS)
    digits = f"{part:0{len(str(MICRO_WEEKS)) - 1}}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
