"""Two versions side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.catalog.models import ModelVersion
from apps.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Line:
    """One metric, parameter or dataset in both versions; `change` is right minus left where both are numbers."""

    name: str
    left: Any
    right: Any
    change: float | None = None

    @property
    def differs(self) -> bool:
        return bool(self.left != self.right)


@dataclass(frozen=True, slots=True)
class Comparison:
    left: ModelVersion
    right: ModelVersion
    metrics: list[Line]
    params: list[Line]
    datasets: list[Line]
    facts: list[Line]


def compare(left: ModelVersion, right: ModelVersion) -> Comparison:
    """Compares two versions of one model; raises Invalid for versions of different ones."""
    if left.entity_id != right.entity_id:
        raise Invalid("Only versions of the same model can be compared.")
    return Comparison(
        left,
        right,
        _lines(left.metrics, right.metrics),
        _lines(left.params, right.params),
        _lines(_digests(left), _digests(right)),
        [Line(label, getattr(left, name), getattr(right, name)) for name, label in FACTS],
    )


FACTS = (
    ("created_at", "Created"),
    ("author", "Author"),
    ("code_commit", "Code commit"),
    ("run_id", "Run"),
    ("status", "Status"),
)


def _digests(version: ModelVersion) -> dict[str, str]:
    return {str(item.get("name", "")): str(item.get("digest", "")) for item in version.datasets}


def _lines(left: dict[str, Any], right: dict[str, Any]) -> list[Line]:
    return [
        Line(name, left.get(name), right.get(name), _change(left.get(name), right.get(name)))
        for name in sorted({*left, *right})
    ]


def _change(left: Any, right: Any) -> float | None:
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    return right - left if numbers else None
