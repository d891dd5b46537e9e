"""The catalog's pages as a person asks for them, through the whole web stack in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.policies import SYSTEM
from apps.people.actions import create_token
from apps.people.models import User

HOST = "127.0.0.1"
GRAPHQL_PAGE = """
query ($after: String) { entities(first: 100, after: $after) {
  edges { cursor node { ref title stage tags owner { slug name }
    outgoing { edges { node { type target { ref } } } }
    incoming { edges { node { type source { ref } } } } } }
  pageInfo { hasNextPage endCursor } } }
"""


class Visitor:
    """A person with a browser's session and a token, on the database of the moment."""

    known: ClassVar[dict[tuple[str, int], Visitor]] = {}

    @classmethod
    def of(cls, number: int) -> Visitor:
        """The same visitor at every call, so that signing in is not measured."""
        key = (connection.settings_dict["NAME"], number)
        if key not in cls.known:
            cls.known[key] = cls(number)
        return cls.known[key]

    def __init__(self, number: int) -> None:
        self.database = connection.settings_dict["NAME"]
        self.user = User.objects.get(username=f"person-{number}")
        self.browser = Client(SERVER_NAME=HOST)
        self.browser.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
        _, secret = create_token(actor=SYSTEM, user=self.user, name="benchmark", scopes=["read"])
        self.script = Client(SERVER_NAME=HOST, headers={"Authorization": f"Bearer {secret}"})

    def fresh_user(self) -> User:
        """As each request has it: nothing cached."""
        return User.objects.get(pk=self.user.pk)

    def get(self, path: str) -> object:
        """A page or an answer of REST, by its address."""
        return self.rest(path) if path.startswith("/api/") else self.page(path)

    def page(self, path: str) -> bytes:
        response = self.browser.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        return bytes(response.content)

    def rest(self, path: str) -> dict[str, Any]:
        response = self.script.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}: {response.content[:300]!r}")
        return dict(response.json())

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables})
        answer = self.script.post("/graphql", body, "application/json").json()
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"])[:300])
        return dict(answer["data"])


def statements(work: Callable[[], Any]) -> list[str]:
    """The SQL of a second request; the first fills caches that live as long as the process."""
    work()
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries]
