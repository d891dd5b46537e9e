"""Pages by cursor: complete, without repetition, in both directions, and deaf to foreign cursors."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Entity
from apps.catalog.models.entities import SORT_NAME
from apps.core.errors import Invalid
from apps.core.pagination import Order, page
from tests.factories import EntityFactory
from tests.personas import People

NAME = Order("name", SORT_NAME)
RECENT = Order("-updated_at", "updated_at", descending=True)
BY_ID = Order("-id", descending=True)


@pytest.fixture
def nine(people: People) -> list[Entity]:
    """Nine entities, three of them with one name in different kinds and the same time of change."""
    now = timezone.now()
    rows = [
        EntityFactory(name=name, updated_at=now - timedelta(days=day)) for day, name in enumerate("Cadbeg")
    ]
    same = [EntityFactory(kind=kind, name="twin", updated_at=now) for kind in ("api", "tool", "agent")]
    return rows + same


@pytest.mark.parametrize("order", [NAME, RECENT, BY_ID], ids=lambda order: order.name)
@pytest.mark.parametrize("limit", [1, 2, 4, 9, 20])
def test_walking_forth_and_back_meets_every_row_once(nine: list[Entity], order: Order, limit: int) -> None:
    forth: list[int] = []
    cursor, last = None, None
    while True:
        found = page(Entity.objects.all(), order=order, cursor=cursor, limit=limit)
        forth += [row.pk for row in found.rows]
        if found.next is None:
            last = found
            break
        cursor = found.next
    assert sorted(forth) == sorted(row.pk for row in nine)
    assert len(forth) == 9

    back = [row.pk for row in reversed(last.rows)]
    while last.previous is not None:
        last = page(Entity.objects.all(), order=order, cursor=last.previous, limit=limit)
        back += [row.pk for row in reversed(last.rows)]
    assert back == forth[::-1]


def test_names_sort_without_regard_to_capitals(nine: list[Entity]) -> None:
    names = [row.name for row in page(Entity.objects.all(), order=NAME, cursor=None, limit=20).rows]
    assert names == ["a", "b", "C", "d", "e", "g", "twin", "twin", "twin"]


def test_rows_that_come_and_go_neither_repeat_nor_skip(nine: list[Entity]) -> None:
    first = page(Entity.objects.all(), order=NAME, cursor=None, limit=3)
    EntityFactory(name="aa")
    Entity.objects.filter(name="C").delete()
    second = page(Entity.objects.all(), order=NAME, cursor=first.next, limit=3)
    assert [row.name for row in second.rows] == ["d", "e", "g"]


def test_a_page_seeks_by_index_and_counts_nothing(nine: list[Entity]) -> None:
    first = page(Entity.objects.all(), order=NAME, cursor=None, limit=3)
    with CaptureQueriesContext(connection) as captured:
        page(Entity.objects.all(), order=NAME, cursor=first.next, limit=3)
    assert len(captured) == 1
    statement = captured[0]["sql"]
    assert "COUNT" not in statement
    assert "OFFSET" not in statement
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using entity_sort_name" in plan
    assert "Index Cond" in plan


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        "%%%",
        "é" * 10,
        "a" * 5000,
        base64.b64encode(b'["next","a",1]').decode(),
        "e30:sig",
        ":",
        "\x00",
    ],
)
def test_garbage_is_refused(nine: list[Entity], cursor: str) -> None:
    with pytest.raises(Invalid):
        page(Entity.objects.all(), order=NAME, cursor=cursor, limit=3)


def test_a_cursor_of_another_order_is_refused(nine: list[Entity]) -> None:
    foreign = page(Entity.objects.all(), order=RECENT, cursor=None, limit=3).next
    with pytest.raises(Invalid):
        page(Entity.objects.all(), order=NAME, cursor=foreign, limit=3)


def test_links_are_full_addresses_that_keep_the_filters(
    nine: list[Entity], bearer: Callable[..., Client]
) -> None:
    client = bearer("ada")
    first = client.get("/api/v1/entities/?limit=2&kind=model&sort=-updated_at").json()
    assert [row["name"] for row in first["results"]] == ["C", "a"]
    assert first["previous"] is None
    assert first["next"].startswith("http://testserver/api/v1/entities/?cursor=")
    assert first["next"].endswith("&kind=model&limit=2&sort=-updated_at")
    second = client.get(first["next"]).json()
    assert [row["name"] for row in second["results"]] == ["d", "b"]
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=5&limit=6",
        "limit=٥",
        "limit=9" + "9" * 400,
        "limit=1.5",
        "cursor=garbage",
        "cursor=%00",
        "cursor=a&cursor=b",
    ],
)
def test_bad_paging_is_refused(people: People, bearer: Callable[..., Client], query: str) -> None:
    answer = bearer("ada").get(f"/api/v1/entities/?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()["errors"]) <= {"limit", "cursor"}


def test_empty_paging_is_none(people: People, bearer: Callable[..., Client]) -> None:
    assert bearer("ada").get("/api/v1/entities/?limit=&cursor=").json() == {
        "results": [],
        "next": None,
        "previous": None,
    }
