"""What keeps a scored request from being ready, and who takes it away; of rows as `queries.requests` reads them.

`queries.completeness.unready` decides; this tells, for lists, without a statement a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`who` does `what`, and the obstacle is gone; `name` says which it is."""

    name: str
    who: str
    what: str


def obstacles(request: Any) -> list[Obstacle]:
    return list(_obstacles(request))


def _obstacles(request: Any) -> Iterator[Obstacle]:
    if not request.has_scores:
        yield Obstacle("scores", "the central team", "scores it blind, two people at least")
    if not request.has_estimate:
        yield Obstacle("estimate", "the central team", "estimates the person-weeks")
    if request.sponsored_at is None:
        yield Obstacle("sponsor", _sponsor_of(request), "answers for the value")
    if not request.strategic and not request.has_second_unit:
        yield Obstacle("support", "a second unit", "says that it needs it too")


def _sponsor_of(request: Any) -> str:
    sponsor, unit = request.expected_sponsor, request.unit
    return f"{sponsor} for {unit}" if sponsor else f"a sponsor of {unit}"
