"""Exact numbers as the APIs write them."""

from __future__ import annotations

from decimal import Decimal


def exact_text(number: Decimal) -> str:
    """Every digit, without an exponent and without idle zeros: “40”, “0.3”."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
