"""Lists of entities sort by what they show, title or name, on every surface alike."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity
from apps.catalog.queries.entities import BY_SHOWN, BY_SHOWN_DESCENDING
from apps.core.pagination import Order, page
from apps.core.policies import PolicyQuerySet
from tests.factories import EntityFactory
from tests.personas import People
from tests.portal.graphql_client import ask, nodes

Bearer = Callable[..., Client]
# name -> title, in the order in which lists show them
SHOWN = {
    "zebra": "Account plans",
    "bare-name": "",
    "alpha": "churn, monthly",
    "Dune": "",
    "beta": "Zones",
    "gamma": "étude",
}
ASKED = "query ($by: EntityOrder) { entities(first: 50, orderBy: $by) { edges { node { name } } } }"


@pytest.fixture
def shown(people: People) -> list[str]:
    """The names in the order of what is shown; made in another order."""
    for name in sorted(SHOWN):
        EntityFactory(name=name, title=SHOWN[name])
    return list(SHOWN)


def test_rest_sorts_by_what_is_shown_and_pages_meet_every_row_once(shown: list[str], bearer: Bearer) -> None:
    client, url, names = bearer("ben"), "/api/v1/entities/?limit=2&sort=name", []
    while url:
        answer = client.get(url).json()
        names += [row["name"] for row in answer["results"]]
        url = answer["next"]
    assert names == shown


def test_graphql_sorts_by_what_is_shown(shown: list[str], bearer: Bearer) -> None:
    client = bearer("ben")
    for by, expected in (("NAME", shown), ("NAME_DESCENDING", shown[::-1])):
        assert [row["name"] for row in nodes(ask(client, ASKED, by=by)["entities"])] == expected


def test_the_page_sorts_by_what_is_shown(shown: list[str], signed_in: Callable[[str], Client]) -> None:
    client, titles = signed_in("ben"), [SHOWN[name] or name for name in shown]
    for sort, expected in (("name", titles), ("-name", titles[::-1])):
        text = client.get(f"/catalog/?sort={sort}").content.decode()
        found = sorted((text.index(f">{title}<"), title) for title in titles)
        assert [title for _, title in found] == expected


@pytest.mark.parametrize("order", [BY_SHOWN, BY_SHOWN_DESCENDING], ids=lambda order: order.name)
def test_a_page_seeks_by_the_index_of_what_is_shown(shown: list[str], order: Order) -> None:
    """Among many other kinds, which the planner knows of."""
    EntityFactory.create_batch(40, kind="dataset")
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Entity._meta.db_table}")
    first = page(Entity.objects.all(), order=order, cursor=None, limit=2)
    for rows, index in ((Entity.objects.all(), "entity_sort_shown"), (models(), "entity_kind_shown")):
        with CaptureQueriesContext(connection) as captured:
            page(rows, order=order, cursor=first.next, limit=2)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("EXPLAIN " + captured[0]["sql"])
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert re.search(rf"Index Scan (Backward )?using {index}", plan), plan
        assert "Index Cond" in plan
        assert "Sort" not in plan


def models() -> PolicyQuerySet[Entity]:
    return Entity.objects.filter(kind="model")


def test_the_longest_title_still_has_a_next_page(people: People, bearer: Bearer) -> None:
    for _ in range(2):
        EntityFactory(title="\U0001f9ea" * 200)
    client = bearer("ben")
    first = client.get("/api/v1/entities/?limit=1&sort=name").json()
    assert len(client.get(first["next"]).json()["results"]) == 1
