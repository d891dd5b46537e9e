"""Lineage at 300,000 relations: it should cost what is near, not what there is."""

from __future__ import annotations

import statistics

from apps.catalog.models import Entity
from apps.catalog.queries import lineage
from tests.benchmarks.database import use
from tests.benchmarks.figures import Figure, median_ms
from tests.benchmarks.surfaces import Visitor, statements

DEPTHS = (1, 3, 5, 10)
STARTS = 5


def figures(small: str, large: str) -> list[Figure]:
    """Milliseconds for both sizes, over the same few starting points; the statements follow the depth."""
    measured = {name: _milliseconds(name) for name in (small, large)}
    found = []
    for depth in DEPTHS:
        few, many = measured[small][depth], measured[large][depth]
        name = f"lineage, {depth} hops both ways"
        found.append(
            Figure(f"{name}: large / small", many / few, "x", None, f"{few:.0f} ms to {many:.0f} ms")
        )
    use(large)
    user = Visitor.of(6).fresh_user()
    start = Entity.objects.visible_to(user).first()
    assert start is not None
    count = len(statements(lambda: lineage(user, start, "both", 5)))
    found.append(Figure("lineage, 5 hops: statements", count, "statements"))
    return found


def _milliseconds(database: str) -> dict[int, float]:
    use(database)
    user = Visitor.of(6).fresh_user()
    starts = list(Entity.objects.visible_to(user).order_by("pk")[100 : 100 + STARTS])
    return {
        depth: statistics.median(
            median_ms(lambda start=start, depth=depth: lineage(user, start, "both", depth), 5)
            for start in starts
        )
        for depth in DEPTHS
    }
