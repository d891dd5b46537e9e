"""The radar in a real browser: blip and row light each other, the keyboard reaches them, no theme or width breaks it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.chromium import OpenPage, faults, faults_of
from tests.personas import People
from tests.tooling import making

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RINGS = ("mandatory", "recommended", "trial", "assess", "hold", "banned")


@pytest.fixture
def crowd(people: People) -> None:
    """Sixty tools in four capabilities, one of each quadrant."""
    for quadrant in ("data", "building", "running", "platform"):
        tools = [making.tool(people, f"{quadrant}-{number}") for number in range(15)]
        where = making.capability(people, quadrant, quadrant)
        making.standard(people, where, *((tool, RINGS[place % 6]) for place, tool in enumerate(tools)))


def test_blip_and_row_light_each_other(crowd: None, open_page: OpenPage) -> None:
    page = open_page("/tooling/", as_="ben")
    page.hover("#blip-7")
    expect(page.locator("#tool-7")).to_have_class("is-lit")
    assert page.locator(".radar-tip:not([hidden]) text").text_content() == page.get_attribute(
        "#blip-7", "data-name"
    )
    page.hover("#tool-12")
    assert "is-lit" in (page.get_attribute("#blip-12", "class") or "")
    page.focus("#blip-1")
    page.keyboard.press("Tab")
    expect(page.locator("#tool-2")).to_have_class("is-lit")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tooling/tools/**")


def test_a_filter_changes_the_picture_and_the_address(crowd: None, open_page: OpenPage) -> None:
    page = open_page("/tooling/", as_="ben")
    page.select_option("select[name=capability]", "running")
    expect(page.locator(".blip")).to_have_count(15)
    assert "capability=running" in page.url
    page.hover("#blip-3")
    expect(page.locator("#tool-3")).to_have_class("is-lit")


@pytest.mark.parametrize("width", [1280, 390])
def test_sixty_tools_are_legible_everywhere(crowd: None, open_page: OpenPage, width: int) -> None:
    page = open_page("/tooling/", as_="ben", width=width)
    assert faults(page) == []
    page.set_viewport_size({"width": width, "height": 900})
    sizes = page.eval_on_selector_all(
        ".blip-dot", "dots => dots.map(dot => dot.getBoundingClientRect().width)"
    )
    assert len(sizes) == 60 and min(sizes) >= 15


@pytest.fixture
def wordy(people: People) -> None:
    """A tool whose rings differ by place and version, in two capabilities: the longest words of the table."""
    long = making.tool(people, "experiment-tracking-and-registry", title="Experiment tracking and registry")
    rules = [
        {"tool": long.ref, "ring": "mandatory"},
        {"tool": long.ref, "ring": "recommended", "environment": "development"},
        {"tool": long.ref, "ring": "hold", "versions": "<2"},
    ]
    for slug, quadrant in (("experiment-tracking", "building"), ("data-versioning", "data")):
        making.standard(people, making.capability(people, slug, quadrant), rules=rules)
    making.approve(people, making.in_review(people, making.tool(people, "comet"), days=20))


PAGES = (
    "",
    "tools/coe/experiment-tracking-and-registry/",
    "capabilities/experiment-tracking/",
    "requests/",
    "requests/calendar/",
    "requests/inbox/",
    "requests/mine/",
    "use/",
    "check/",
    "proposals/",
    "leads/",
)


def test_no_page_scrolls_sideways_with_long_words(wordy: None, open_page: OpenPage) -> None:
    page = open_page("/tooling/", as_="dmitri")
    assert "recommended elsewhere, by version" in page.inner_text(".radar-table >> nth=0")
    assert faults_of(page, [f"/tooling/{path}" for path in PAGES]) == {}
