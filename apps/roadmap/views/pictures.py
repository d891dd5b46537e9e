"""Expected changes as ranges: P10 to P90 as a bar, P50 as a mark, both drawn to the row's own scale."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.roadmap.forms.figures import plain

WIDTH = 200


@dataclass(frozen=True, slots=True)
class Range:
    """Places in a picture of `WIDTH`; `label` says the same in words."""

    start: int
    middle: int
    end: int
    label: str

    @property
    def length(self) -> int:
        return max(2, self.end - self.start)


def range_of(row: Any, unit: str, most: Decimal | None = None) -> Range:
    """Of anything with `p10`, `p50` and `p90`; `most` is the scale's end, else the row's own P90."""
    scale = most or row.p90 or Decimal(1)
    start, middle, end = (int(value * WIDTH / scale) for value in (row.p10, row.p50, row.p90))
    label = f"{grouped(row.p10)} to {grouped(row.p90)} {unit}, most likely {grouped(row.p50)}"
    return Range(start, middle, end, label)


def grouped(number: Decimal) -> str:
    """12,500 and 0.25: thousands apart, no needless zeros."""
    whole, _, part = plain(number).partition(".")
    return f"{int(whole):,}" + (f".{part}" if part else "")
