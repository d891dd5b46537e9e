"""Whatever goes wrong answers as an RFC 9457 problem, never as a 5xx, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions import create_token, deactivate_user, revoke_token
from apps.people.models import ApiToken
from tests.factories import EntityFactory
from tests.personas import People

LIST = "/api/v1/entities/"


def post(client: Client, body: bytes | str | dict[str, object], kind: str = "application/json") -> object:
    return client.generic(
        "POST", LIST, json.dumps(body) if isinstance(body, dict) else body, content_type=kind
    )


def test_a_problem_has_the_members_of_the_standard(people: People, bearer: Callable[..., Client]) -> None:
    answer = bearer("ada").get("/api/v1/entities/4711/", headers={"X-Request-ID": "abcdef0123456789"})
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank#not_found",
        "title": "Nothing here",
        "status": 404,
        "code": "not_found",
        "detail": "There is no such entity, or it is not shown to you.",
        "instance": "/api/v1/entities/4711/",
        "request_id": "abcdef0123456789",
    }


def test_nobody_is_asked_to_sign_in(people: People) -> None:
    answer = Client().get(LIST)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer coe_unknown",
        "Bearer coe_\udcc3\udca9",
        "Bearer coe_" + "x" * 5000,
        "Bearer",
        "Bearer a b c",
        "Basic YTpi",
        "Bearer coe_%00",
        "Token coe_x",
    ],
)
def test_tokens_that_are_none(people: People, header: str) -> None:
    header = header.encode("utf-8", "surrogateescape").decode("latin-1")
    answer = Client().get(LIST, HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_tokens_that_are_no_more(people: People) -> None:
    def status(secret: str) -> int:
        return Client().get(LIST, headers={"Authorization": f"Bearer {secret}"}).status_code

    expired, expired_secret = create_token(actor=SYSTEM, user=people.ada, name="a", scopes=["read"])
    revoked, revoked_secret = create_token(actor=SYSTEM, user=people.ada, name="b", scopes=["read"])
    _, bens = create_token(actor=SYSTEM, user=people.ben, name="c", scopes=["read"])
    assert {status(secret) for secret in (expired_secret, revoked_secret, bens)} == {200}
    ApiToken.objects.filter(pk=expired.pk).update(expires=timezone.now() - timedelta(seconds=1))
    revoke_token(actor=people.ada, token=revoked)
    deactivate_user(actor=people.esther, user=people.ben)
    assert {status(secret) for secret in (expired_secret, revoked_secret, bens)} == {401}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"kind": "model", "name": NaN}', "JSON"),
        (b'{"kind": "model", "tier": Infinity}', "JSON"),
        (b'{"name": "\xff\xfe"}', "JSON"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b'{"a\\u0000b": 1}', "NUL"),
        (b'{"name": "\\ud800"}', "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[" * 40 + b"]" * 40, "deeper"),
        (b"{", "JSON"),
        (b"", "required"),
        (b'"text"', "JSON object"),
        (b"[]", "JSON object"),
        (b"null", "JSON object"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_bodies_that_are_no_json_object(
    people: People, bearer: Callable[..., Client], body: bytes, says: str
) -> None:
    answer = post(bearer("ada"), body)
    assert answer.status_code == 400, answer.content
    assert says in answer.json()["detail"]


def test_a_body_beyond_the_limit(people: People, bearer: Callable[..., Client]) -> None:
    answer = post(bearer("ada"), {"kind": "model", "name": "big", "description": "x" * 1_100_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Entity.objects.exists()


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
def test_other_kinds_of_body(people: People, bearer: Callable[..., Client], kind: str) -> None:
    answer = post(bearer("ada"), b"kind=model&name=x", kind)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert answer.json()["detail"] == "The body must be application/json."


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_methods_that_an_address_does_not_take(
    people: People, bearer: Callable[..., Client], method: str
) -> None:
    answer = bearer("ada").generic(method, LIST)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_state_is_never_put(people: People, bearer: Callable[..., Client]) -> None:
    thing = EntityFactory()
    assert bearer("ada").generic("PUT", f"{LIST}{thing.pk}/", "{}").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "nothing/",
        "entities/99999999999999999999999/",
        "entities/0/",
        "entities/-1/",
        "entities/x/",
        "entities/٣/",
        "entities/model:retail-banking/",
        "entities/model:a/b/c/d/",
        "entities/a%2e%2e/",
        "entities/9223372036854775808/",
        "events/99999999999999999999/",
        "teams/%F0%9F%A6%8A/",
        "people/ADA/",
    ],
)
def test_addresses_of_nothing(people: People, bearer: Callable[..., Client], path: str) -> None:
    answer = bearer("ada").get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        "kind=nonsense",
        "knd=model",
        "q=%00",
        "q=",
        "tier=9",
        "mine=yes",
        "sort=id",
        "team=Not%20a%20slug",
        "kind=model&x=1",
        "q=a&q=b",
        "q=" + "x" * 201,
        "tag=%00",
        "namespace=%E2%80%AE",
    ],
)
def test_parameters_that_mean_nothing(people: People, bearer: Callable[..., Client], query: str) -> None:
    answer = bearer("ada").get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_a_browser_session_reads_and_needs_the_csrf_token_to_write(people: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.ada, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(LIST, headers={"Accept": "text/html"}).status_code == 200
    answer = post(client, {"kind": "model", "name": "x"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert not Entity.objects.exists()


def test_what_nobody_foresaw_is_a_problem_without_its_text(
    people: People, bearer: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("the secret inside")

    client = bearer("ada")
    client.raise_request_exception = False
    monkeypatch.setattr("apps.catalog.queries.filter_entities", fail)
    answer = client.get(LIST)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "secret" not in answer.content.decode()
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_a_token_without_the_scope_reads_or_writes_nothing(
    people: People, bearer: Callable[..., Client]
) -> None:
    thing = EntityFactory()
    assert bearer("ada", "usage").get(LIST).json()["results"] == []
    assert bearer("ada", "usage").get(f"{LIST}{thing.pk}/").status_code == 404
    before = Event.objects.count()
    answer = bearer("ada", "read").patch(
        f"{LIST}{thing.pk}/", {"title": "New", "version": 1}, content_type="application/json"
    )
    assert answer.status_code == 403
    thing.refresh_from_db()
    assert thing.title != "New"
    assert Event.objects.filter(target_type="catalog.entity").count() == 0
    assert Event.objects.count() == before + 1, "only the token's own creation"
