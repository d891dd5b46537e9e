"""The figures of a request as rows of a form: plain inputs named `kpis-0-name` and so on; the templates draw them.

A row that cannot be kept yet (a name, and no number) is told at once and stays as it was saved before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from apps.core.checking import refuse
from apps.core.errors import Invalid
from apps.people.queries.lookups import PEOPLE
from apps.roadmap.actions.intake import MOST_KPIS, checked_kpi
from apps.roadmap.models import Request, RequestKpi
from apps.roadmap.workflow import Category, Direction

PARTS = (
    "id", "category", "name", "measure", "direction", "baseline", "p10", "p50", "p90", "measured_how", "review_at",
    "owner",
)  # fmt: skip
FIRST = {"category": Category.COST.value, "direction": Direction.UP.value}
TYPED = tuple(part for part in PARTS if part not in ("id", "category", "direction", "owner"))
BLANK = 98  # the place of the row that the script copies; it writes the next free number there
LONGEST = 600
Row = dict[str, Any]


class FiguresTable(forms.Widget):
    """Several inputs under one name. Rows without a typed word are no rows."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        rows = []
        for place in places(data, name):
            row = {part: data.get(f"{name}-{place}-{part}", "")[:LONGEST].strip() for part in PARTS}
            if any(row[part] for part in TYPED):
                rows.append({"place": place, **row})
        return rows

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-shown" not in data


def places(data: Any, name: str = "kpis") -> list[int]:
    """The places of the rows that a page sent, but the one that was taken away (`do=drop-3`)."""
    dropped = data.get("do", "")
    return [
        place for place in range(MOST_KPIS) if f"{name}-{place}-name" in data and dropped != f"drop-{place}"
    ]


class FiguresField(forms.Field):
    widget = FiguresTable

    def clean(self, value: Any) -> list[Row]:
        return list(value or ())


def kept_rows(user: Any, rows: list[Row], saved: dict[int, RequestKpi]) -> tuple[list[Row], list[str]]:
    """What may be saved of the rows, and why the others may not; those stand as they were saved before."""
    kept: list[Row] = []
    refusals = []
    for number, row in enumerate(rows, start=1):
        known = saved.get(int(row["id"]) if row["id"].isascii() and row["id"].isdecimal() else 0)
        try:
            kept.append(_whole(user, row, number) | {"id": known.pk if known else None})
        except Invalid as refusal:
            refusals += refusal.errors["kpis"]
            kept += [row_of(known) | {"owner": known.owner}] if known else []
    return kept, refusals


def _whole(user: Any, row: Row, number: int) -> Row:
    owner = PEOPLE.find(user, row["owner"]) if row["owner"] else None
    if row["owner"] and owner is None:
        raise refuse("kpis", f"Figure {number}: nobody has the short name “{row['owner'][:40]}”.")
    asked = {part: row[part] for part in PARTS if part not in ("id", "owner")} | {"owner": owner}
    return dict(checked_kpi(asked, number))


def row_of(kpi: RequestKpi) -> Row:
    """A saved figure as the form's row; numbers without needless zeros."""
    row = {part: getattr(kpi, part) for part in PARTS if part not in ("id", "owner")}
    for part in ("baseline", "p10", "p50", "p90"):
        row[part] = plain(row[part])
    row["review_at"] = row["review_at"].isoformat() if row["review_at"] else ""
    return row | {"id": kpi.pk, "owner": kpi.owner.username if kpi.owner else ""}


def plain(number: Any) -> str:
    """40 and 0.5 instead of 40.000000000000000000 and 5E-1."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rows_of(request: Request) -> list[Row]:
    return [row_of(kpi) for kpi in request.kpis.select_related("owner").order_by("id")]


def shown(rows: list[Row], fewest: int = 1) -> list[Row]:
    """What is there, with empty rows up to `fewest`, numbered for the page."""
    return list(_numbered(rows, min(fewest, MOST_KPIS)))


def _numbered(rows: list[Row], fewest: int) -> Iterator[Row]:
    for place, row in enumerate(rows):
        yield {**row, **_at(place)}
    for place in range(len(rows), fewest):
        yield {**dict.fromkeys(PARTS, ""), **FIRST, **_at(place)}


def _at(place: int) -> Row:
    return {"place": place, "at": f"kpis-{place}"}


def blank_row() -> Row:
    return {**dict.fromkeys(PARTS, ""), **FIRST, **_at(BLANK)}
