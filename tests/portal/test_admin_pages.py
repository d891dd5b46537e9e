"""The admin's pages as pages: what waits, bad addresses, flat queries, and the wider script policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.people.models import User
from tests.factories import DeploymentFactory, EntityFactory, FindingFactory, SourceFactory, SyncRunFactory
from tests.personas import People

SignedIn = Callable[[str], Client]
LISTS = sorted(
    f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry
)


def test_the_first_page_says_what_waits(people: People, signed_in: SignedIn) -> None:
    FindingFactory(entity=EntityFactory(), title="Alias moved without a gate", severity="critical")
    EntityFactory(name="lonely", owner=None)
    DeploymentFactory(entity=None)
    SyncRunFactory(source=SourceFactory(), state="failed")
    context = signed_in("esther").get(reverse("admin:index")).context
    figures = {tile.label: tile.value for tile in context["tiles"]}
    assert figures == {
        "Open findings": "1",
        "Entities without owner": "1",
        "Orphaned entities": "0",
        "Unclaimed workloads": "1",
        "Failing sources": "1 of 1",
        "Oldest successful sync": "never",
    }
    assert [finding.title for finding in context["urgent"]] == ["Alias moved without a gate"]


def test_the_first_page_counts_what_the_person_may_see(people: People, signed_in: SignedIn) -> None:
    FindingFactory(entity=EntityFactory(visibility="restricted"))
    figures = [
        signed_in(name).get(reverse("admin:index")).context["tiles"][0].value for name in ("esther", "dmitri")
    ]
    assert figures == ["1", "0"]


@pytest.mark.parametrize("name", ["esther", "dmitri"])
def test_the_rail_leads_to_pages_that_open(name: str, people: People, signed_in: SignedIn) -> None:
    client = signed_in(name)
    groups = client.get(reverse("admin:index")).context["sidebar_navigation"]
    links = [item["link"] for group in groups for item in group["items"]]
    assert len(links) > 5
    assert {client.get(link).status_code for link in links} == {200}


@pytest.mark.parametrize("page", LISTS)
def test_bad_addresses_are_answered(page: str, people: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    bad = (
        "p=-1",
        "p=x",
        "o=9.x",
        "q=%00",
        "q=%ff",
        "id__exact=x",
        "owner__id__exact=x",
        "user__id__exact=x",
        "state=x",
        "at_from_0=x&at_from_1=y",
        "queued_at_from_0=99999-1-1",
        "target_id=9" + "9" * 30,
        "nothing=1",
        "_to_field=x",
        "e=1",
        "severity__exact=%27",
        "all=1",
    )
    for query in bad:
        response = client.get(f"{reverse(page)}?{query}")
        assert response.status_code < 500, query


@pytest.mark.parametrize("row", ["0", "x", "9" * 30, "%00", "1%2F2", "None"])
def test_bad_rows_are_not_there(row: str, people: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    for rest in ("change/", "history/", "do/transfer/", "do/nothing/", "delete/"):
        assert client.get(f"/admin/catalog/entity/{row}/{rest}").status_code in {400, 403, 404}


def test_bad_choices_of_rows_are_dropped(people: People, signed_in: SignedIn) -> None:
    FindingFactory(entity=EntityFactory())
    url = reverse("admin:catalog_finding_changelist")
    for chosen in ("x", "9" * 30, "-1", "\x00"):
        data = {"action": "dismiss", "_selected_action": chosen, "confirmed": "yes", "note": "n"}
        assert signed_in("esther").post(url, data).status_code < 500


def test_the_search_of_the_rail_survives_bad_pages(people: People, signed_in: SignedIn) -> None:
    for page in ("x", "999", "-1"):
        assert signed_in("esther").get("/admin/search/", {"s": "find", "page": page}).status_code == 200


def test_lists_take_the_same_number_of_statements_for_more_rows(people: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")

    def statements() -> dict[str, int]:
        counted = {}
        for page in LISTS:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(reverse(page))
            counted[page] = len(queries)
        return counted

    def grow() -> None:
        for _ in range(3):
            entity = EntityFactory(accountable=people.ada)
            FindingFactory(entity=entity)
            FindingFactory(entity=None, deployment=DeploymentFactory(entity=entity, source=SourceFactory()))
            SyncRunFactory(source=SourceFactory(), started_by=people.ben)

    grow()
    statements()
    before = statements()
    grow()
    assert statements() == before


def test_only_the_admin_relaxes_the_policy_for_scripts(people: People, signed_in: SignedIn) -> None:
    inside = signed_in("esther").get(reverse("admin:index")).headers["Content-Security-Policy"]
    outside = signed_in("esther").get("/accounts/login/").headers["Content-Security-Policy"]
    assert "unsafe-eval" in inside and "unsafe" not in outside
    assert "script-src 'self' 'unsafe-eval'" in inside


def test_signing_in_and_passwords_are_the_portals_own(people: People, signed_in: SignedIn) -> None:
    assert signed_in("esther").get("/admin/password_change/").url == reverse("account_change_password")
    away = Client().get("/admin/login/", {"next": "https://elsewhere.example"}).url
    assert away.startswith(reverse("account_login")) and "elsewhere" not in away


def test_every_page_is_a_policy_page(settings: object) -> None:
    from apps.core.admin import PolicyAdmin
    from apps.core.checks import every_admin_page_is_a_policy_admin

    assert every_admin_page_is_a_policy_admin(None) == []
    page = admin.site._registry[User]
    admin.site._registry[User] = admin.ModelAdmin(User, admin.site)
    try:
        assert [error.id for error in every_admin_page_is_a_policy_admin(None)] == ["coe.E010"]
    finally:
        admin.site._registry[User] = page
    assert isinstance(page, PolicyAdmin)
