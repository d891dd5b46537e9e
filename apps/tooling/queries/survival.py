"""How long something takes while some of it is not over yet: the product-limit estimate of Kaplan and Meier (1958).

Leaving out what is still open makes a slow process look fast; counting it as finished now does too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Waited:
    """How long, in any unit, and whether it ended by what is measured (else it was at least so long)."""

    duration: float
    ended: bool


def quantile(rows: Iterable[Waited], share: float) -> float | None:
    """The least duration within which at least `share` of all have ended; None where not so many have."""
    waiting = sorted(rows, key=lambda each: (each.duration, not each.ended))
    left, surviving = len(waiting), 1.0
    for each in waiting:
        if each.ended:
            surviving *= 1 - 1 / left
            if surviving <= 1 - share + CLOSE:
                return each.duration
        left -= 1
    return None
