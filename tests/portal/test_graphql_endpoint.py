"""`/graphql` as strangers and careless clients meet it: who gets in, what is refused, what an error says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from graphql import get_introspection_query, print_schema

from apps.core.policies import SYSTEM
from apps.people.actions import create_token, deactivate_user, revoke_token
from apps.people.models import ApiToken
from portal.schema import schema
from tests.factories import EntityFactory
from tests.personas import People
from tests.portal.graphql_client import ask, code, post, refusal

Bearer = Callable[..., Client]
ROOM = "{ viewer { roles } }"
SNAPSHOT = Path(__file__).parent / "schema.graphql"
RENEW = """The GraphQL API changed. If that is meant, renew the snapshot and look at the difference:
  python manage.py graphql_schema --schema portal.schema.schema --out tests/portal/schema.graphql"""


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


def send(client: Client, body: bytes | str, content_type: str = "application/json") -> Any:
    return client.post("/graphql", body, content_type)


# Who gets in


def test_without_a_token_nobody_gets_in(people: People, signed_in: Callable[[str], Client]) -> None:
    for client in (Client(), signed_in("root"), Client(headers={"Authorization": "Basic cm9vdDpyb290"})):
        response = post(client, ROOM)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response.json()["errors"][0]["extensions"]["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "header", ["Bearer coe_unknown", "Bearer coe_\xff\xfe", "Bearer coe_" + "x" * 5000, "bearer", ""]
)
def test_a_strange_token_is_401(people: People, header: str) -> None:
    assert post(Client(headers={"Authorization": header}), ROOM).status_code == 401


def test_dead_tokens_look_alike(people: People) -> None:
    answers = []
    for fate in ("expired", "revoked", "deactivated"):
        token, secret = create_token(actor=SYSTEM, user=people.ben, name=fate, scopes=["read"])
        if fate == "expired":
            ApiToken.objects.filter(pk=token.pk).update(expires=timezone.now() - timedelta(seconds=1))
        elif fate == "revoked":
            revoke_token(actor=SYSTEM, token=token)
        else:
            deactivate_user(actor=SYSTEM, user=people.ben)
        response = post(Client(headers={"Authorization": f"Bearer {secret}"}), ROOM)
        answers.append((response.status_code, response.json()))
    assert answers[0][0] == 401
    assert answers[0] == answers[1] == answers[2]


def test_scopes_limit_what_a_token_sees_and_does(bearer: Bearer) -> None:
    EntityFactory(name="seen")
    query = "{ entities(filter: {kind: MODEL}) { edges { node { name abilities { change } } } } }"
    assert ask(bearer("ben", "usage"), query)["entities"]["edges"] == []
    seen = {"node": {"name": "seen", "abilities": {"change": False}}}
    assert ask(bearer("ben", "read"), query)["entities"]["edges"] == [seen]
    change = (
        'mutation { updateEntity(input: {ref: "model:retail-banking/seen", title: "x"}) { entity { id } } }'
    )
    assert code(bearer("ben", "read"), change) == "forbidden"


def test_requests_are_counted_per_token(bearer: Bearer, settings: Any) -> None:
    settings.GRAPHQL_LIMITS = {**settings.GRAPHQL_LIMITS, "requests_per_minute": 2}
    client = bearer("ada")
    assert [post(client, ROOM).status_code for _ in range(3)][:2] == [200, 200]
    refused = post(client, ROOM)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert post(bearer("ada"), ROOM).status_code == 200


def test_viewer_says_who_asks(bearer: Bearer) -> None:
    query = "{ viewer { user { username email } teams { slug } ledTeams { slug } roles scopes abilities } }"
    viewer = ask(bearer("ada", "read"), query)["viewer"]
    assert viewer["user"] == {"username": "ada", "email": "ada@example.com"}
    assert viewer["teams"] == viewer["ledTeams"] == [{"slug": "risk-ml"}]
    assert viewer["scopes"] == ["read"]
    others = ask(bearer("ada"), "{ people(first: 100) { edges { node { username email } } } }")["people"][
        "edges"
    ]
    assert {edge["node"]["username"] for edge in others if edge["node"]["email"]} == {"ada"}


# What is refused before anything runs


def test_only_json_by_post(bearer: Bearer) -> None:
    client = bearer("ada")
    assert client.get("/graphql", {"query": ROOM}).status_code == 405
    assert client.get("/graphql", headers={"Accept": "text/html"})["Allow"] == "POST"
    assert client.options("/graphql").status_code == client.put("/graphql").status_code == 405
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "",
                 "application/graphql", "application/json; charset=latin-1"):  # fmt: skip
        assert send(client, b"query={viewer{roles}}", kind).status_code == 415, kind


def test_a_foreign_page_cannot_use_a_session(people: People) -> None:
    """No cookie is looked at, so no CSRF token is wanted either."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.root, backend="django.contrib.auth.backends.ModelBackend")
    assert post(client, ROOM).status_code == 401


BODIES: dict[str, bytes] = {
    "empty": b" ",
    "not UTF-8": b'{"query": "{ viewer { roles \xff } }"}',
    "UTF-16": '{"query": "{ viewer { roles } }"}'.encode("utf-16"),
    "lone surrogate": b'{"query": "{ viewer { roles } }", "variables": {"a": "\\ud800"}}',
    "cut": b'{"query": "{ vie',
    "text": b'"{ viewer { roles } }"',
    "number": b"1",
    "null": b"null",
    "batch": b'[{"query": "{ viewer { roles } }"}]',
    "no query": b"{}",
    "query of another type": b'{"query": {"a": 1}}',
    "variables of another type": b'{"query": "{ viewer { roles } }", "variables": [1]}',
    "operation of another type": b'{"query": "{ viewer { roles } }", "operationName": 1}',
    "unknown operation": b'{"query": "{ viewer { roles } }", "operationName": "x"}',
    "NaN": b'{"query": "{ viewer { roles } }", "variables": {"a": NaN}}',
    "deep JSON": b'{"query": "{ viewer { roles } }", "variables": {"a": '
    + b"[" * 50_000
    + b"]" * 50_000
    + b"}}",
    "NUL in a variable": b'{"query": "query($s: String) { entities(search: $s) { edges { cursor } } }", '
    b'"variables": {"s": "a\\u0000b"}}',
    "NUL in a key": b'{"query": "{ viewer { roles } }", "variables": {"\\u0000": 1}}',
    "NUL in the document": b'{"query": "{ entities(search: \\"a\\\\u0000b\\") { edges { cursor } } }"}',
    "raw NUL": b'{"query": "{ viewer { roles } } \\u0000"}',
    "surrogate in the document": b'{"query": "{ entities(search: \\"\\\\ud800\\") { edges { cursor } } }"}',
}


@pytest.mark.parametrize("case", BODIES)
def test_a_broken_body_is_400_with_a_sentence(bearer: Bearer, case: str) -> None:
    response = send(bearer("ada"), BODIES[case])
    assert response.status_code == 400
    (error,) = response.json()["errors"][:1]
    assert error["message"]
    assert error["extensions"]["code"] in {"invalid", "too_complex"}


def test_too_much_is_413(bearer: Bearer, settings: Any) -> None:
    client = bearer("ada")
    for size in (settings.GRAPHQL_LIMITS["body_bytes"] + 1, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1):
        assert send(client, b'{"query": "' + b"x" * size + b'"}').status_code == 413


def deep(levels: int) -> str:
    return "{ units { edges { node { " + "parent { " * levels + "slug" + " }" * levels + " } } } }"


def doubling(levels: int) -> str:
    """Unfolds into 2^levels fields, from a few bytes a level."""
    lines = [f"fragment F{n} on Viewer {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return "{ viewer { ...F0 } } " + " ".join(lines) + f" fragment F{levels} on Viewer {{ roles }}"


def introspection(levels: int) -> str:
    return "{ __schema { types { " + "fields { type { " * levels + "name" + " } }" * levels + " } } }"


DOCUMENTS: dict[str, str] = {
    "no GraphQL": "SELECT 1",
    "empty": "   ",
    "unknown field": "{ viewer { password } }",
    "unknown argument": "{ entities(offset: 3) { edges { cursor } } }",
    "depth 9": deep(7),
    "depth 100": deep(100),
    "parser's depth": "{" * 900,
    "list literals": "{ entities(search: " + "[" * 900,
    "cycle": "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }",
    "cycle through fields": "{ units { edges { node { ...A } } } } "
    "fragment A on BusinessUnit { parent { ...A } }",
    "self": "{ viewer { ...A } } fragment A on Viewer { ...A }",
    "unknown fragment": "{ viewer { ...Nowhere } }",
    "unused fragment": "{ viewer { roles } } fragment A on Viewer { roles }",
    "doubling fragments": doubling(60),
    "16 aliases": "{ " + " ".join(f"a{n}: viewer {{ roles }}" for n in range(16)) + " }",
    "1,000 aliases": "{ " + " ".join(f"a{n}: viewer {{ roles }}" for n in range(1000)) + " }",
    "aliases in a fragment": "{ viewer { ...A } team(slug: \"x\") { id } } fragment A on Viewer { "
    + " ".join(f"a{n}: roles" for n in range(16)) + " }",
    "1,000 fields": "{ viewer { " + "roles " * 1000 + "} }",
    "1,000 directives": "{ viewer " + "@include(if: true) " * 400 + "{ roles } }",
    "huge": "{ viewer { roles } } #" + "x" * 200_000 + "\n" + "roles " * 1001,
    "many rows": "{ entities(first: 100) { edges { node { outgoing(first: 100) { edges { cursor } } "
    "incoming(first: 100) { edges { cursor } } findings(first: 100) { edges { cursor } } } } } }",
    "deep introspection": introspection(4),
    "two anonymous operations": "{ viewer { roles } } { viewer { roles } }",
    "subscription": "subscription { viewer { roles } }",
    "wrong enum": '{ entity(kind: NOTHING, namespace: "a", name: "b") { id } }',
    "number beyond 32 bits": "{ entities(first: 99999999999) { edges { cursor } } }",
    "long string as number": '{ entities(first: "' + "9" * 50_000 + '") { edges { cursor } } }',
}  # fmt: skip


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_document_that_is_wrong_or_too_much_is_400(bearer: Bearer, case: str) -> None:
    response = post(bearer("ada"), DOCUMENTS[case])
    assert response.status_code == 400
    errors = response.json()["errors"]
    assert "data" not in response.json()
    assert all(error["message"] and len(error["message"]) <= 500 for error in errors)
    assert {error["extensions"]["code"] for error in errors} <= {"invalid", "too_complex"}


def test_page_sizes_from_variables_count(bearer: Bearer) -> None:
    query = """query ($n: Int) { entities(first: $n) { edges { node { outgoing(first: $n) { edges { cursor } }
      incoming(first: $n) { edges { cursor } } findings(first: $n) { edges { cursor } } } } } }"""
    assert post(bearer("ada"), query, n=5).status_code == 200
    assert refusal(bearer("ada"), query, n=100)["extensions"] == {
        "code": "too_complex", "limit": "rows", "next_step": "Ask in several smaller queries.",
    }  # fmt: skip


def test_what_is_just_allowed_runs(bearer: Bearer) -> None:
    client = bearer("ada")
    ask(client, deep(5))
    ask(client, "{ " + " ".join(f"a{n}: viewer {{ roles }}" for n in range(15)) + " }")
    ask(client, get_introspection_query(input_value_deprecation=True))


def test_bad_values_are_named(bearer: Bearer) -> None:
    client = bearer("ada")
    wrong = {
        "first: 0": "1 to 100",
        "first: 101": "1 to 100",
        "first: -1": "1 to 100",
        "last: 5": "together with before",
        "first: 1, last: 1": "together with before",
        'after: "x"': "no cursor",
        f'after: "{"A" * 5000}"': "no cursor",
        'after: "YXJyYXljb25uZWN0aW9uOi01"': "no cursor",
        'after: "YXJyYXljb25uZWN0aW9uOjk5OTk="': "10,000",
    }
    for arguments, words in wrong.items():
        error = refusal(client, f"{{ entities({arguments}) {{ edges {{ cursor }} }} }}")
        assert words in error["message"], arguments
        assert error["extensions"]["code"] == "invalid"
    for pk in (
        "",
        "x",
        "Entity:1",
        "RW50aXR5OjE=",
        "RW50aXR5OnRlbg==",
        "////",
        "Vmlld2VyOjE=",
        "RW50aXR5Oj" + "k" * 900,
    ):
        error = (
            refusal(client, "query ($id: ID!) { node(id: $id) { id } }", id=pk)
            if pk != "RW50aXR5OjE="
            else None
        )
        assert error is None or error["extensions"]["code"] == "not_found", pk


@pytest.mark.parametrize(
    "alias", ["owner_id", "save", "pk", "_state", "__class__", "ref", "can_change", "objects", "tags"]
)
def test_an_alias_of_a_page_cannot_hide_an_attribute(bearer: Bearer, alias: str) -> None:
    EntityFactory()
    query = f"{{ entities {{ edges {{ node {{ {alias}: versions {{ edges {{ cursor }} }} }} }} }} }}"
    assert code(bearer("ada"), query) == "invalid"


def test_aliased_pages_with_their_own_arguments(bearer: Bearer) -> None:
    EntityFactory(name="one")
    query = """{ entities { edges { node {
      versions { edges { cursor } } few: versions(first: 1) { edges { cursor } }
      pageInfo: versions(first: 2) { pageInfo { hasNextPage } } } } } }"""
    (edge,) = ask(bearer("ada"), query)["entities"]["edges"]
    assert set(edge["node"]) == {"versions", "few", "pageInfo"}


# What errors say


def test_what_broke_inside_stays_inside(bearer: Bearer, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def broken(user: Any, *args: Any) -> None:
        raise ValueError("password=hunter2 in /srv/portal")

    monkeypatch.setattr("apps.catalog.queries.entity_by_parts", broken)
    query = '{ entity(kind: MODEL, namespace: "a", name: "b") { id } }'
    response = post(bearer("ada"), query)
    error = response.json()["errors"][0]
    assert response.status_code == 200
    assert "hunter2" not in response.content.decode()
    assert error["extensions"] == {"code": "internal", "request_id": response["X-Request-ID"]}
    assert response["X-Request-ID"] in error["message"]
    assert "hunter2" in caplog.text


def test_an_invisible_thing_is_answered_as_a_missing_one(bearer: Bearer, people: People) -> None:
    EntityFactory(name="hidden", visibility="restricted")
    query = 'query ($n: String!) { entity(kind: MODEL, namespace: "retail-banking", name: $n) { id } }'
    hidden, missing = (post(bearer("chloe"), query, n=name).json() for name in ("hidden", "missing"))
    assert hidden == missing
    assert hidden["data"] == {"entity": None}
    assert hidden["errors"][0]["extensions"]["code"] == "not_found"
    assert ask(bearer("ada"), query, n="HIDDEN")["entity"]


# The schema


def test_the_schema_is_the_committed_one() -> None:
    current = print_schema(schema.graphql_schema) + "\n"
    assert SNAPSHOT.read_text().rstrip("\n") == current.rstrip("\n"), RENEW


def test_the_schema_is_published(client: Client) -> None:
    response = client.get("/graphql/schema.graphql")
    assert response.status_code == 200
    assert response.content.decode().rstrip("\n") == SNAPSHOT.read_text().rstrip("\n")
    assert (
        client.get("/graphql/schema.graphql", headers={"If-None-Match": response["ETag"]}).status_code == 304
    )
    assert client.post("/graphql/schema.graphql").status_code == 405


def test_json_of_any_shape_survives(bearer: Bearer) -> None:
    EntityFactory(name="odd", curated={"big": 10**30, "list": [1, "ü", None], "deep": {"a": {"b": 0.1}}})
    curated = ask(bearer("ada"), "{ entities { edges { node { curated } } } }")["entities"]["edges"][0][
        "node"
    ]["curated"]
    assert json.dumps(curated, sort_keys=True) == json.dumps(
        {"big": 10**30, "list": [1, "ü", None], "deep": {"a": {"b": 0.1}}}, sort_keys=True
    )
