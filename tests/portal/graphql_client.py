"""How tests ask GraphQL: over HTTP, with a persona's token."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


def post(client: Client, query: str, **variables: Any) -> Any:
    return client.post("/graphql", json.dumps({"query": query, "variables": variables}), "application/json")


def ask(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    """The `data` of an answer without errors."""
    response = post(client, query, **variables)
    body = response.json()
    assert response.status_code == 200, body
    assert "errors" not in body, body["errors"]
    data: dict[str, Any] = body["data"]
    return data


def refusal(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    """The first error of an answer."""
    body = post(client, query, **variables).json()
    assert body.get("errors"), body
    error: dict[str, Any] = body["errors"][0]
    return error


def code(client: Client, query: str, **variables: Any) -> str:
    """The code of the first error of an answer."""
    return str(refusal(client, query, **variables)["extensions"]["code"])


def nodes(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in page["edges"]]
