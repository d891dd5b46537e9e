"""When the portal itself fails: a page with the request's id, whatever else is broken."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal import error_pages, well_known

REQUEST_ID = "abcdef0123456789"


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client of a portal in which `/robots.txt` fails with a secret in its message."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret of the failure")

    monkeypatch.setattr(well_known, "HttpResponse", fail)
    return Client(raise_request_exception=False, headers={"X-Request-ID": REQUEST_ID})


def test_the_page_of_a_failure_names_the_request(db: None, broken: Client) -> None:
    answer = broken.get("/robots.txt")
    assert answer.status_code == 500
    assert f"<code>{REQUEST_ID}</code>" in answer.text
    assert "Try again" in answer.text and "secret" not in answer.text


def test_its_words_stand_when_even_the_page_fails(
    db: None, broken: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no templates here")

    monkeypatch.setattr(error_pages.loader, "render_to_string", fail)
    answer = broken.get("/robots.txt")
    assert answer.status_code == 500
    assert f"<code>{REQUEST_ID}</code>" in answer.text
    assert "Nothing that you saved before is lost" in answer.text


@pytest.mark.parametrize("path", ["/api/unknown", "/graphql/unknown", "/hooks/unknown"])
def test_unknown_addresses_of_programs_are_problems(db: None, path: str) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_unknown_addresses_of_people_are_pages(db: None) -> None:
    answer = Client().get("/unknown")
    assert answer.status_code == 404
    assert '<main class="main"' in answer.text
