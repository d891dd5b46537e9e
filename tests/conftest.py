"""What every test stands on: a real PostgreSQL of its own, and the personas of `people.md`."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from django.test import Client

from tests.chromium import chromium, open_page
from tests.personas import People, make_world

__all__ = ["chromium", "open_page"]


RARELY = (50_000, 20, 100)  # each look through all that lives costs a second or more at the end of a run


def pytest_configure() -> None:
    """What collecting makes, some million objects, lives to the end: looking through it for garbage finds nothing."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(*RARELY)
    gc.enable()


@pytest.fixture
def people(db: None) -> People:
    """The personas with their units, teams and committees."""
    return make_world()


@pytest.fixture
def signed_in(people: People) -> Callable[[str], Client]:
    """`signed_in("ada")` is a browser-like client with ada's session."""

    def client_of(name: str) -> Client:
        client = Client()
        client.force_login(people[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of


@pytest.fixture
def bearer(people: People) -> Callable[..., Client]:
    """`bearer("ada")` is a client that sends a token of ada's with the scopes read and write (or those given)."""
    from apps.core.policies import SYSTEM
    from apps.people.actions import create_token

    def client_of(name: str, *scopes: str) -> Client:
        _, secret = create_token(
            actor=SYSTEM, user=people[name], name="test", scopes=scopes or ("read", "write")
        )
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return client_of
