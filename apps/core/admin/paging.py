"""Pages of long tables without counting them whole (DESIGN.md, law 2)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST_ROWS = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most 10,000 rows; whoever needs a row beyond them narrows the list."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by().values("pk")[:MOST_ROWS].count()
        return min(len(rows), MOST_ROWS)
