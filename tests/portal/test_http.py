"""What every answer carries: who may keep it, what it may load, and the id by which its log is found."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import EntityFactory
from tests.personas import People

PATHS = (
    "/",
    "/catalog/",
    "/catalog/?format=csv",
    "/people/me/",
    "/search/?q=x",
    "/about/parts/",
    "/nothing-here",
    "/healthz",
)
STRICT = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_private_strict_and_traceable(people: People, signed_in: Any, path: str) -> None:
    answer = signed_in("ada").get(path)
    assert "no-cache" in answer["Cache-Control"] or "no-store" in answer["Cache-Control"]
    assert {rule.strip() for rule in answer["Content-Security-Policy"].split(";")} >= set(STRICT)
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert len(answer["X-Request-ID"]) == 32


def test_only_the_admin_relaxes_the_policy(people: People, signed_in: Any) -> None:
    browser = signed_in("esther")
    assert "unsafe" in browser.get("/admin/")["Content-Security-Policy"]
    for path in (*PATHS, "/api/v1/docs/", "/api/v1/entities/", "/accounts/login/"):
        assert "unsafe" not in browser.get(path)["Content-Security-Policy"], path


def test_api_answers_are_private(people: People, bearer: Any) -> None:
    EntityFactory()
    assert bearer("ada").get("/api/v1/entities/")["Cache-Control"] == "private, no-cache"


def test_a_request_id_is_kept_where_it_is_harmless(db: None) -> None:
    client = Client()
    assert (
        client.get("/healthz", headers={"X-Request-ID": "trace-0123456789"})["X-Request-ID"]
        == "trace-0123456789"
    )
    assert "\n" not in client.get("/healthz", headers={"X-Request-ID": "a b\tc"})["X-Request-ID"]


def test_health_and_metrics(people: People) -> None:
    client = Client()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ready"
    assert b"coe_findings_open" in client.get("/metrics").content
