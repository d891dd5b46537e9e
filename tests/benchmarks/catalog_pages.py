"""The catalog's pages: how many statements each takes, and what 100,000 entities cost more than 1,000."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from apps.catalog.models import Entity
from apps.catalog.queries.entities import BY_SHOWN
from apps.core.pagination import page
from tests.benchmarks.database import use
from tests.benchmarks.figures import Figure, median_ms
from tests.benchmarks.surfaces import GRAPHQL_PAGE, Visitor, statements

STATEMENTS = 8
GROWTH = 1.5
READER = 6  # in five teams
ROUNDS = 7
Page = Callable[[Visitor], object]

PAGES: dict[str, Page] = {
    "list page": lambda visitor: visitor.page("/catalog/"),
    "list page, newest first": lambda visitor: visitor.page("/catalog/?sort=-updated"),
    "list page, one kind": lambda visitor: visitor.page("/catalog/?kind=model"),
    "REST, 100 entities": lambda visitor: visitor.rest("/api/v1/entities/?limit=100"),
    "GraphQL, 100 entities": lambda visitor: visitor.graphql(GRAPHQL_PAGE),
    "search, a theme": lambda visitor: visitor.rest("/api/v1/search/?q=fraud"),
    "search, a common word": lambda visitor: visitor.rest("/api/v1/search/?q=account"),
    "search, two words": lambda visitor: visitor.rest("/api/v1/search/?q=fraud+score"),
}
REPORTED: dict[str, Page] = {
    "list page, one tag": lambda visitor: visitor.page("/catalog/?tag=fraud:core"),
    "list page, words": lambda visitor: visitor.page("/catalog/?q=fraud"),
    "facets": lambda visitor: visitor.page("/catalog/facets"),
    "count": lambda visitor: visitor.page("/catalog/count"),
    "home page": lambda visitor: visitor.page("/"),
    "feed": lambda visitor: visitor.page("/activity/"),
    "REST, 100 relations": lambda visitor: visitor.rest("/api/v1/relations/?limit=100"),
    "REST, 100 events": lambda visitor: visitor.rest("/api/v1/events/?limit=100"),
}


def figures(small: str, large: str) -> list[Figure]:
    """Of each page the statements, the growth from the small to the large database, and milliseconds."""
    found = []
    deep = deep_pages(small, large)
    for name, work in (PAGES | deep | REPORTED).items():
        held = name not in REPORTED
        use(large)
        count = len(statements(lambda work=work: work(Visitor.of(READER))))
        growth, few, many = grown(work, small, large)
        found.append(Figure(f"{name}: statements", count, "statements", STATEMENTS if held else None))
        remark = f"{few:.0f} ms to {many:.0f} ms"
        found.append(Figure(f"{name}: large / small", growth, "x", GROWTH if held else None, remark))
    return found


def grown(work: Page, small: str, large: str) -> tuple[float, float, float]:
    """The median of large / small over rounds that measure both, and the median milliseconds of both."""
    pairs = []
    for _ in range(ROUNDS):
        pair = []
        for name in (small, large):
            use(name)
            visitor = Visitor.of(READER)
            pair.append(median_ms(lambda visitor=visitor: work(visitor), 5))
        pairs.append(pair)
    few, many = (statistics.median(side) for side in zip(*pairs, strict=True))
    return statistics.median(many / few for few, many in pairs), few, many


def deep_pages(small: str, large: str) -> dict[str, Page]:
    """Pages in the middle of the list, by the cursors that lead there."""
    cursors = {}
    for name in (small, large):
        use(name)
        cursors[name] = middle_cursor()

    def at_middle(path: str) -> Page:
        return lambda visitor: visitor.get(f"{path}&cursor={cursors[visitor.database]}")

    return {
        "list page, in the middle": at_middle("/catalog/?sort=name"),
        "REST, 100 entities in the middle": at_middle("/api/v1/entities/?limit=100"),
    }


def middle_cursor() -> str:
    rows = Entity.objects.visible_to(Visitor.of(READER).fresh_user()).only("pk")
    following = page(rows, order=BY_SHOWN, cursor=None, limit=rows.count() // 2).next
    assert following is not None
    return following
