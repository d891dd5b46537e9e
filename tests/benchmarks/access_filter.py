"""What the permission filter costs: the list's own statement with it, against the same without."""

from __future__ import annotations

from typing import Any

from apps.catalog.models import Entity
from apps.catalog.models.entities import SORT_SHOWN
from apps.people.standing import standing_of
from tests.benchmarks.database import use
from tests.benchmarks.figures import Figure, paired_ratio
from tests.benchmarks.surfaces import Visitor

BUDGET = 2.0
JOINED = ("owner__business_unit", "operated_by", "accountable")
READERS = {1: "a CoE lead", 2: "in one team", 4: "in three teams", 6: "in five teams"}
NARROWED: dict[str, dict[str, Any]] = {
    "all": {},
    "one kind": {"kind": "model"},
    "one tag": {"tags__contains": ["fraud:core"]},
}


def figures(large: str) -> list[Figure]:
    use(large)
    found = []
    for number, who in READERS.items():
        user = Visitor.of(number).fresh_user()
        standing_of(user)
        for narrowed, conditions in NARROWED.items():
            ratio, filtered, bare = paired_ratio(
                lambda user=user, conditions=conditions: first_page(
                    Entity.objects.visible_to(user), conditions
                ),
                lambda conditions=conditions: first_page(Entity.objects.all(), conditions),
                rounds=25,
            )
            remark = f"{filtered:.1f} ms against {bare:.1f} ms"
            found.append(Figure(f"permission filter, {who}, {narrowed}", ratio, "x", BUDGET, remark))
    return found


def first_page(rows: Any, conditions: dict[str, Any]) -> list[Entity]:
    """100 rows with what the list shows of each, and one more for the cursor."""
    return list(rows.filter(**conditions).select_related(*JOINED).order_by(SORT_SHOWN, "id")[:101])
