"""Facts about an entity as people read them: a label in words, and a value with its unit, name or link.

The row itself keeps plain values (`retraining_max_age_days: 90`); how they read is decided here, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.catalog.models import Entity
from apps.catalog.models.entities import details_of
from apps.core.addresses import is_web_address
from apps.core.words import counted
from apps.people.models import User

APART = "definition"  # long enough for a panel of its own
LABELS = {
    "retraining_max_age_days": "Retrained at least every",
    "retention_days": "Kept for",
    "ttl_hours": "Fresh for",
    "max_steps": "At most",
    "definition_type": "Kind of definition",
    "quality_status": "Quality",
    "kpi": "KPI",
    "sla": "SLA",
    "slo": "SLO",
    "url": "Address",
}
UNITS = {"_days": "day", "_hours": "hour", "_minutes": "minute", "_seconds": "second", "_steps": "step"}
NAMES = {
    "amld6": "6th Anti-Money-Laundering Directive",
    "crr": "CRR",
    "eu-ai-act": "EU AI Act",
    "gdpr": "GDPR",
    "ifrs17": "IFRS 17",
    "mas-feat": "MAS FEAT",
    "mifid2": "MiFID II",
    "openapi": "OpenAPI",
    "pdpa": "PDPA",
}
NAMED = {"regimes", "definition_type"}
WORDS = {"purpose"}


@dataclass(frozen=True, slots=True)
class Fact:
    """`form` says how `value` is drawn: text, words (a list), link, person, ring, block (several lines) or
    unknown."""

    label: str
    form: str
    value: Any = None


def facts_of(entity: Entity, user: Any) -> list[Fact]:
    """The kind's own columns, then what people wrote down; a person is named only to who may see people."""
    told = [(name, value) for name, value in entity.curated.items() if name != APART]
    return [_fact(name, value, user) for name, value in [*_columns(entity), *told]]


def _columns(entity: Entity) -> Iterator[tuple[str, Any]]:
    row = details_of(entity)
    for field in row._meta.concrete_fields if row is not None else ():
        if field.name != "entity":
            display = getattr(row, f"get_{field.name}_display", None)
            yield field.name, display() if display else getattr(row, field.name)


def _fact(name: str, value: Any, user: Any) -> Fact:
    label = LABELS.get(name) or name.replace("_", " ").capitalize()
    if value in ("", None, []):
        return Fact(label, "unknown")
    if name == "sponsor" and (person := User.objects.visible_to(user).filter(username=str(value)).first()):
        return Fact(label, "person", person)
    if name == "ring":
        return Fact(label, "ring", value)
    if isinstance(value, list) or name in WORDS:
        return Fact(
            label, "words", [_named(name, one) for one in (value if isinstance(value, list) else [value])]
        )
    text = _text(name, value)
    return Fact(label, "link" if is_web_address(value) else "block" if "\n" in text else "text", text)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    unit = next((word for end, word in UNITS.items() if name.endswith(end)), "")
    if unit and isinstance(value, int | float):
        return counted(value, unit)
    return f"{value:,}" if isinstance(value, int) else _named(name, value)


def _named(name: str, value: Any) -> str:
    return NAMES.get(str(value), str(value)) if name in NAMED else str(value)
