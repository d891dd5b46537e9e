"""The board by keys in a real browser: from card to card, a letter opens the form, a sentence answers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from apps.roadmap.models import Request
from apps.roadmap.workflow import State
from tests.chromium import OpenPage, faults_of, grave
from tests.personas import People
from tests.roadmap.making import draft, submitted

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BOARD = "/roadmap/triage/"


def test_the_board_is_answered_by_keys_alone(open_page: OpenPage, people: People) -> None:
    first, second = submitted(people, "Sort the alerts"), submitted(people, "Read the letters", by="chloe")
    tab = open_page(BOARD, as_="dmitri")
    assert grave(tab) == []
    tab.keyboard.press("j")
    expect(tab.get_by_role("link", name="Sort the alerts", exact=True)).to_be_focused()
    tab.keyboard.press("j")
    tab.keyboard.press("k")
    tab.keyboard.press("x")
    reason = tab.get_by_label("Why")
    expect(reason).to_be_focused()
    assert grave(tab) == []
    tab.keyboard.press("Escape")
    expect(reason).to_have_count(0)
    expect(tab.get_by_role("link", name="Sort the alerts", exact=True)).to_be_focused()

    tab.keyboard.press("x")
    tab.get_by_role("button", name="Decline").click()
    expect(tab.locator(".card-form")).to_contain_text(["Say why", ""])
    assert Request.objects.get(pk=first.pk).state == State.SUBMITTED
    reason.fill("jk: bought already.")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("is declined; Ben reads why.")).to_be_visible()
    assert Request.objects.get(pk=first.pk).reason == "jk: bought already."

    expect(tab.get_by_role("link", name="Read the letters", exact=True)).to_be_focused()
    tab.keyboard.press("s")
    button = tab.get_by_role("button", name="To scoring")
    expect(button).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#lane-scoring")).to_contain_text("1")
    assert Request.objects.get(pk=second.pk).state == State.SCORING


def test_the_pages_stand_everywhere(open_page: OpenPage, people: People) -> None:
    request = submitted(people, "Sort the alerts that come from the oldest of our systems", by="chloe")
    begun = draft(people)
    pages = (
        (BOARD, "dmitri"),
        (f"{BOARD}{request.pk}/?do=merge", "dmitri"),
        ("/roadmap/requests/", "ben"),
        ("/roadmap/requests/mine/", "ben"),
        ("/roadmap/requests/new/", "ben"),
        (f"/roadmap/requests/{begun.pk}/edit/", "ben"),
        (f"/roadmap/requests/{request.pk}/", "jo"),
    )
    for path, name in pages:
        assert faults_of(open_page("/healthz", as_=name), [path]) == {}


def test_figures_are_kept_while_they_are_typed(open_page: OpenPage, people: People) -> None:
    request = draft(people, kpis=[])
    tab = open_page(f"/roadmap/requests/{request.pk}/edit/", as_="ben")
    tab.locator("#id_kpis-0-name").fill("Hours")
    expect(tab.locator("#draft-state")).to_contain_text("Kept, except", timeout=10_000)
    tab.locator("#id_kpis-0-measure").fill("hours a week")
    tab.locator("#id_kpis-0-p50").fill("4")
    expect(tab.locator("#draft-state")).to_have_text(re.compile(r"Saved \d\d:"), timeout=10_000)
    kpi = request.kpis.get()
    expect(tab.locator("#id_kpis-0-id")).to_have_value(str(kpi.pk))
    tab.get_by_role("button", name="Another figure").click()
    tab.locator("#id_kpis-1-name").fill("Losses")
    tab.locator("#id_kpis-1-measure").fill("EUR a year")
    tab.locator("#id_kpis-1-p50").fill("9000")
    tab.keyboard.press("Control+s")
    expect(tab.locator("#id_kpis-1-id")).not_to_have_value("", timeout=10_000)
    with tab.expect_response("**/save/"):
        tab.get_by_role("button", name="Remove this figure").first.click()
    expect(tab.locator("#id_kpis-0-name")).to_have_count(0)
    assert [each.name for each in request.kpis.all()] == ["Losses"]
    assert not request.kpis.filter(pk=kpi.pk).exists()
