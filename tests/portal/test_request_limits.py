"""One limit of requests a minute for REST and GraphQL, and one strict reading of JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from apps.core.errors import Invalid, RateLimited
from apps.core.strict_json import loads
from apps.core.throttling import spend
from tests.factories import EntityFactory
from tests.personas import People
from tests.traces import nothing_changes

ME = "/api/v1/me/"
SCHEMA = "/api/v1/schema/"


@pytest.fixture(autouse=True)
def fresh_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def three_a_minute(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REST_LIMITS = {"requests_per_minute": 3, "anonymous_requests_per_minute": 2}
    monkeypatch.setattr("apps.core.throttling.time.time", lambda: 1_000_000_000.0)


def test_requests_are_counted_for_each_token(people: People, bearer: Callable[..., Client]) -> None:
    first, second = bearer("ada"), bearer("ada")
    assert [first.get(ME).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = first.get(ME)
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["Retry-After"] == str(refused.json()["retry_after"]) == "20"
    assert second.get(ME).status_code == 200


def test_a_refused_write_changes_nothing(people: People, bearer: Callable[..., Client]) -> None:
    entity, script = EntityFactory(), bearer("esther")
    for _ in range(3):
        script.get(ME)
    with nothing_changes():
        answer = script.patch(
            f"/api/v1/entities/{entity.pk}/", {"title": "x", "version": 1}, "application/json"
        )
    assert answer.status_code == 429


def test_a_signed_in_browser_is_counted_by_person(people: People, signed_in: Callable[[str], Client]) -> None:
    first, second = signed_in("ada"), signed_in("ada")
    assert [browser.get(ME).status_code for browser in (first, second, first, second)] == [200, 200, 200, 429]
    assert signed_in("ben").get(ME).status_code == 200


def test_nobody_is_counted_by_address_and_cannot_choose_it(db: None) -> None:
    statuses = [
        Client().get(SCHEMA, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(3)
    ]
    assert statuses == [200, 200, 429]
    assert Client(REMOTE_ADDR="192.0.2.9").get(SCHEMA).status_code == 200


def test_the_next_minute_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    spend("a", 1)
    with pytest.raises(RateLimited):
        spend("a", 1)
    monkeypatch.setattr("apps.core.throttling.time.time", lambda: 1_000_000_020.0)
    spend("a", 1)


@pytest.mark.parametrize(
    "body", [b'{"a": 1, "a": 2}', b'[{"b": {"a": 1, "a": 1}}]', b'{"a": 1, "\\u0061": 2}']
)
def test_a_key_said_twice_is_refused_by_name(body: bytes) -> None:
    with pytest.raises(Invalid, match="'a' twice"):
        loads(body)


def test_equal_keys_of_two_objects_and_huge_numbers_are_read() -> None:
    assert loads(b'[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]
    assert loads(b'{"a": 1.5, "b": 18446744073709551615}')["b"] == 2**64 - 1
    assert isinstance(loads(b'{"a": ' + b"9" * 300 + b"}")["a"], float)


def test_rest_and_graphql_refuse_a_key_said_twice(people: People, bearer: Callable[..., Client]) -> None:
    script = bearer("esther")
    with nothing_changes():
        rest = script.generic(
            "POST", "/api/v1/entities/", b'{"title": "a", "title": "b"}', content_type="application/json"
        )
    asked = b'{"query": "{viewer{username}}", "query": "{__typename}"}'
    graphql = script.generic("POST", "/graphql", asked, content_type="application/json")
    assert (rest.status_code, graphql.status_code) == (400, 400)
    assert "'title' twice" in rest.json()["detail"]
    assert "'query' twice" in graphql.json()["errors"][0]["message"]
