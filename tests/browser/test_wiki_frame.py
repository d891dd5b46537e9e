"""Placing a page and opening a space, in a real browser."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.wiki.actions.editing import create_page
from apps.wiki.models import Page, Space
from tests.chromium import OpenPage, faults_of
from tests.personas import People
from tests.wiki.making import a_space

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(people: People) -> Page:
    space = a_space(slug="risk", title="Risk models")
    create_page(actor=people.ada, space=space, title="On call")
    create_page(actor=people.ada, space=space, title="Decisions")
    return create_page(actor=people.ada, space=space, title="Run it")


def test_a_place_is_found_by_typing(open_page: OpenPage, page: Page) -> None:
    view = open_page(reverse("wiki:move", args=[page.uid]), as_="ben")
    view.get_by_role("searchbox", name="Narrow the list by words").fill("on ca")
    expect(view.locator(".place:visible")).to_have_count(1)
    view.get_by_label("On call").check()
    view.get_by_role("button", name="Move it").click()
    view.wait_for_url("**/wiki/risk/run-it/")
    assert Page.objects.get(pk=page.pk).get_parent().title == "On call"


def test_order_needs_no_mouse(open_page: OpenPage, page: Page) -> None:
    view = open_page(reverse("wiki:move", args=[page.uid]), as_="ben")
    view.get_by_role("button", name="Move before “Decisions”").press("Enter")
    expect(view.locator("main")).to_contain_text("after “On call” and before “Decisions”")


def test_the_address_of_a_space_follows_its_title(open_page: OpenPage, people: People) -> None:
    view = open_page("/wiki/new/", as_="ben")
    view.get_by_label("Title").fill("Modèles de risque")
    expect(view.get_by_label("Address")).to_have_value("modeles-de-risque")
    view.get_by_role("button", name="Open the space").click()
    view.wait_for_url("**/wiki/modeles-de-risque/")
    assert Space.objects.get().owner.slug == "risk-ml"


def test_the_pages_fit_and_are_accessible(open_page: OpenPage, page: Page) -> None:
    addresses = [
        reverse(f"wiki:{name}", args=[page.uid])
        for name in ("move", "rename", "archive", "settings", "access")
    ]
    assert faults_of(open_page("/", as_="ada"), addresses) == {}
