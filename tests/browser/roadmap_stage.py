"""One browser in which the personas of the roadmap's story sign in one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from playwright.sync_api import Page as Tab

from tests.chromium import OpenPage, faults, session_of
from tests.personas import People

Bearer = Callable[..., Client]
REST = "/api/v1/"


class Stage:
    """`as_` changes who sits there and keeps what the browser has cached, so that a story is quick."""

    def __init__(self, open_page: OpenPage, people: People, bearer: Bearer) -> None:
        self.people, self.bearer = people, bearer
        self.tab: Tab = open_page("/healthz")
        self.cookies: dict[str, Any] = {}
        self.clients: dict[str, Client] = {}

    def as_(self, name: str, path: str) -> Tab:
        if name not in self.cookies:
            parts = urlsplit(self.tab.url)
            self.cookies[name] = session_of(self.people, name, f"{parts.scheme}://{parts.netloc}")
        self.tab.context.clear_cookies()
        self.tab.context.add_cookies([self.cookies[name]])
        self.tab.goto(path)
        return self.tab

    def is_sound(self) -> None:
        """What axe calls serious or critical is not there, and nothing scrolls sideways."""
        assert faults(self.tab) == [], self.tab.url

    def sees(
        self, name: str, pattern: str, pages: tuple[str, ...], paths: tuple[str, ...], query: str
    ) -> bool:
        """Whether `pattern` stands for this persona on a page, in an answer of REST or in one of GraphQL."""
        read = [self.as_(name, page).locator("main").inner_text() for page in pages]
        client = self.clients.setdefault(name, self.bearer(name))
        read += [client.get(f"{REST}{path}").content.decode() for path in paths]
        answer = client.post("/graphql", {"query": query}, content_type="application/json")
        assert answer.status_code == 200
        return any(re.search(pattern, text) for text in [*read, answer.content.decode()])
