"""What every answer carries: who may keep it, what it may load, and the id by which its log is found."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import EntityFactory, SourceFactory
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


SECRET = {"Authorization": "Bearer a-token-for-prometheus"}


def test_health_says_nothing_of_sources_by_name(people: People, settings: Any) -> None:
    client, source = Client(), SourceFactory(enabled=True, last_success_at=None)
    settings.METRICS_TOKEN = "a-token-for-prometheus"
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert ready.json()["status"] == "ready"
    assert ready.json()["sources"] == {"enabled": 1, "late": 1, "oldest_age_seconds": None}
    assert source.name not in ready.text
    assert client.get("/readyz", headers=SECRET).json()["sources"][0]["name"] == source.name


def test_metrics_are_for_the_holder_of_the_token(people: People, settings: Any) -> None:
    client = Client()
    settings.METRICS_TOKEN = "a-token-for-prometheus"
    for headers in ({}, {"Authorization": "Bearer é"}, {"Authorization": "Bearer "}):
        refused = client.get("/metrics", headers=headers)
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
        assert "coe_" not in refused.text
    assert b"coe_findings_open" in client.get("/metrics", headers=SECRET).content


def test_without_a_token_only_the_demo_shows_its_metrics(people: People, settings: Any) -> None:
    settings.METRICS_TOKEN, settings.DEMO = "", True
    assert b"coe_findings_open" in Client().get("/metrics").content
    settings.DEMO = False
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_what_browsers_and_crawlers_ask_of_every_host(db: None) -> None:
    client = Client()
    robots = client.get("/robots.txt")
    assert (robots.status_code, robots["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert "Disallow: /" in robots.text.splitlines()
    icon = client.get("/favicon.ico")
    assert (icon.status_code, icon["Location"]) == (302, "/static/portal/favicon.svg")


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("/catalog/model/retail/x/", "/catalog/model/retail/x"),
        (
            "/catalog/model/retail/x/versions/?left=1&right=%C3%A9",
            "/catalog/model/retail/x/versions?left=1&right=%C3%A9",
        ),
        ("/catalog/model/retail/é//", "/catalog/model/retail/%C3%A9"),
        ("/catalog/new/", "/catalog/new"),
        ("/people/teams/retail", "/people/teams/retail/"),
        ("/people/p/ada", "/people/p/ada/"),
        ("/catalog", "/catalog/"),
    ],
)
def test_a_slash_too_many_or_too_few_leads_to_the_address(db: None, address: str, canonical: str) -> None:
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"]) == (301, canonical)


def test_a_slash_leads_nowhere_else(people: People, signed_in: Any) -> None:
    browser = signed_in("ada")
    for path in ("/nothing/", "/people/p/nobody/"):
        assert browser.get(path).status_code == 404
    assert browser.get("/", PATH_INFO="//evil.example/").status_code == 404
    assert browser.post("/catalog/new/").status_code == 404


def test_pages_tell_the_time_of_the_person_who_looks(people: People, signed_in: Any, bearer: Any) -> None:
    """The page in the person's own zone, the API in UTC."""
    from django.utils import timezone

    type(people.ada).objects.filter(pk=people.ada.pk).update(time_zone="Asia/Tokyo")
    entity = EntityFactory(updated_at=timezone.now().replace(hour=20, minute=0))
    assert b"05:00 JST" in signed_in("ada").get(entity.get_absolute_url()).content
    assert "T20:00" in bearer("ada").get(f"/api/v1/entities/{entity.pk}/").json()["updated_at"]
