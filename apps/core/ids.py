"""Ids of rows as requests send them: a number beyond the column's range is no error of the database, but no row."""

from __future__ import annotations

from typing import Any

LARGEST_ID = 2**63 - 1


def row_of(rows: Any, pk: int) -> Any | None:
    """The row among `rows` with this id, or None."""
    return rows.filter(pk=pk).first() if 0 < pk <= LARGEST_ID else None
