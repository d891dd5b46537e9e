"""The effort of a request as a picture: a range for each role on one scale, and who estimated it before."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.roadmap.models import Estimate
from apps.roadmap.queries.numbers import told


def effort_shown(history: Sequence[Estimate]) -> dict[str, Any]:
    """`history` has the newest first; the first of each role counts. Places are hundredths of the longest range."""
    latest: dict[str, Estimate] = {}
    for row in history:
        latest.setdefault(row.role, row)
    rows = sorted(latest.values(), key=lambda row: row.get_role_display())
    most = max((row.p90 for row in rows), default=Decimal(0)) or Decimal(1)
    return {
        "roles": [_role(row, most) for row in rows],
        "total": told(sum((row.p50 for row in rows), Decimal(0)), 3) if rows else None,
    }


def _role(row: Estimate, most: Decimal) -> dict[str, Any]:
    low, middle, high = (100 * part / most for part in (row.p10, row.p50, row.p90))
    return {
        "row": row,
        "role": row.get_role_display(),
        "p10": told(row.p10, 3),
        "p50": told(row.p50, 3),
        "p90": told(row.p90, 3),
        "x": f"{low:.2f}",
        "width": f"{max(high - low, Decimal(1)):.2f}",
        "middle": f"{min(middle, Decimal(99)):.2f}",
    }
