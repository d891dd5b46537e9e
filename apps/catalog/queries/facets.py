"""How many entities each further choice would leave; one statement, counts capped at 1,000+."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection

from apps.catalog.models import Entity
from apps.catalog.queries.entities import EntityFilter, filter_entities
from apps.catalog.vocabulary import Kind, Stage

CAP = 1_000
MOST_VALUES = 25
FIELDS = ("kind", "stage", "unit", "team", "tier", "tag")
_LABELS: dict[str, dict[str, str]] = {"kind": dict(Kind.choices), "stage": dict(Stage.choices)}


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    chosen: bool

    @property
    def shown_count(self) -> str:
        return f"{CAP:,}+" if self.count > CAP else f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Facet:
    """One dimension with its values, most frequent first."""

    field: str
    values: list[FacetValue]


_COLUMNS = {
    "kind": ("e.kind", "''"),
    "stage": ("e.stage", "''"),
    "unit": ("u.slug", "u.name"),
    "team": ("t.slug", "t.name"),
    "tier": ("e.tier::text", "''"),
    "tag": ("g.tag", "''"),
}
_SELECTED = ("kind", "stage", "owner_id", "tier", "tags")
_TEAM = "LEFT JOIN people_team t ON t.id = e.owner_id"
_JOINS = {
    "team": _TEAM,
    "unit": f"{_TEAM} LEFT JOIN people_businessunit u ON u.id = t.business_unit_id",
    "tag": "CROSS JOIN LATERAL unnest(e.tags) AS g(tag)",
}


def facets(user: Any, wanted: EntityFilter) -> list[Facet]:
    """For each dimension its values among what `user` may see and the other dimensions leave.

    Dimensions in which nothing is chosen look at the same rows, so that these are collected once.
    """
    sources: dict[EntityFilter, str] = {}
    bases: list[str] = []
    parts: list[str] = []
    arguments: list[Any] = []
    for field in FIELDS:
        others = replace(wanted, **{field: ()})  # type: ignore[arg-type]
        if others not in sources:
            rows = (
                filter_entities(Entity.objects.visible_to(user), others, user)
                .order_by()
                .values_list(*_SELECTED)
            )
            try:
                sql, params = rows.query.sql_with_params()
            except EmptyResultSet:
                continue
            sources[others] = f"rows_{len(bases)}"
            bases.append(f"{sources[others]}({', '.join(_SELECTED)}) AS MATERIALIZED ({sql})")
            arguments += params
        parts.append(_counted(field, sources[others]))
    if not parts:
        return [_facet(field, [], wanted) for field in FIELDS]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(bases)} {' UNION ALL '.join(parts)}", arguments)
        found = cursor.fetchall()
    return [_facet(field, [row for row in found if row[0] == field], wanted) for field in FIELDS]


def _counted(field: str, rows: str) -> str:
    """The most frequent values of one dimension among the rows of that name."""
    value, label = _COLUMNS[field]
    return (
        f"(SELECT '{field}', {value}, {label}, LEAST(count(*), {CAP + 1}) FROM {rows} e"  # noqa: S608
        f" {_JOINS.get(field, '')} WHERE {value} IS NOT NULL GROUP BY 1, 2, 3"
        f" ORDER BY 4 DESC, 2 LIMIT {MOST_VALUES})"
    )


def _facet(field: str, rows: list[tuple[str, str, str, int]], wanted: EntityFilter) -> Facet:
    chosen = set(getattr(wanted, field))
    labels = _LABELS.get(field, {})
    values = [
        FacetValue(value, label or labels.get(value, value), count, value in chosen)
        for _, value, label, count in rows
    ]
    missing = chosen - {value.value for value in values}
    values += [FacetValue(value, labels.get(value, value), 0, chosen=True) for value in sorted(missing)]
    return Facet(field, values)
