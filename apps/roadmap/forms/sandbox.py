"""What is moved in the sandbox: capacity by role in person-weeks, shares in percent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from apps.roadmap.forms.cycles import PercentField, WeeksField
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance
from apps.roadmap.queries.naming import Names
from apps.roadmap.queries.planner_words import role_name


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    field: forms.BoundField
    real: str


class SandboxForm(forms.Form):
    """Every field holds the frozen figure; only what differs is moved."""

    def __init__(self, data: Any = None, *, instance: Instance, names: Names) -> None:
        super().__init__(data, auto_id="sandbox_%s")
        self.instance, self.names = instance, names
        for role, micro in instance.capacities.items():
            self.fields[f"weeks-{role}"] = WeeksField(initial=_weeks(micro), label=role_name(role))
        for unit in instance.units:
            self.fields[f"share-{unit.id}"] = PercentField(
                initial=f"{unit.share / 100:g}", label=names.unit(unit.id), required=False
            )

    def capacity_rows(self) -> Iterator[Row]:
        for role, micro in self.instance.capacities.items():
            yield Row(role_name(role), self[f"weeks-{role}"], _weeks(micro))

    def share_rows(self) -> Iterator[Row]:
        for unit in self.instance.units:
            yield Row(self.names.unit(unit.id), self[f"share-{unit.id}"], f"{unit.share / 100:g}")

    def moved(self) -> dict[str, dict[str, Any]]:
        """As `try_out` takes it; an emptied field counts as nothing."""
        sent = self.cleaned_data
        capacities = {
            role: str(sent[f"weeks-{role}"] or 0)
            for role, micro in self.instance.capacities.items()
            if (sent[f"weeks-{role}"] or Decimal(0)) * MICRO_WEEKS != micro
        }
        shares = {unit.id: sent[f"share-{unit.id}"] or 0 for unit in self.instance.units}
        real = {unit.id: unit.share for unit in self.instance.units}
        moved: dict[str, dict[str, Any]] = {"capacities": capacities} if capacities else {}
        return moved | ({"shares": shares} if shares != real else {})

    def total(self) -> Decimal:
        parts = (self[f"share-{unit.id}"].value() for unit in self.instance.units)
        return sum((_number(part) for part in parts), Decimal(0))


def _weeks(micro: int) -> str:
    text = f"{Decimal(micro) / MICRO_WEEKS:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: Any) -> Decimal:
    text = str(value or "").strip()
    digits = text.replace(".", "", 1)
    return Decimal(text) if digits.isascii() and digits.isdigit() and len(digits) < 8 else Decimal(0)
