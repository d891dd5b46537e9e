"""The living page of all parts in a real browser: readable, usable by keyboard, at home on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import OpenPage, faults, grave

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PARTS = "/about/parts/"


def _focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


@pytest.mark.parametrize("width", [1280, 390])
def test_parts_are_accessible_and_never_scroll_sideways(open_page: OpenPage, width: int) -> None:
    page = open_page(PARTS, as_="ada", width=width)
    expect(page.locator("canvas[data-ready]")).to_have_count(2)
    assert faults(page) == []


def test_sign_in_is_accessible(open_page: OpenPage) -> None:
    page = open_page("/accounts/login/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert faults(page) == []


def test_the_theme_is_remembered_and_stands_before_the_first_paint(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    page.get_by_role("main").get_by_role("button", name="Dark").click()
    light = "getComputedStyle(document.documentElement).colorScheme"
    assert page.evaluate(light) == "dark"
    page.reload(wait_until="commit")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("main").get_by_role("button", name="System").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_the_rail_becomes_icons_and_stays_so(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    rail = page.get_by_role("navigation", name="Main")
    assert rail.bounding_box()["width"] == 232
    page.get_by_role("button", name="Rail with names").click()
    assert rail.bounding_box()["width"] == 56
    page.reload()
    assert rail.bounding_box()["width"] == 56


def test_on_a_phone_the_rail_is_a_bar_at_the_bottom(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada", width=390)
    box = page.get_by_role("navigation", name="Main").bounding_box()
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, 390, 900)


def test_the_palette_opens_moves_and_closes_by_keys(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    palette = page.get_by_role("dialog", name="Search or jump to")
    page.keyboard.press("/")
    expect(palette).to_be_visible()
    first = palette.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("parts of")
    expect(palette.get_by_role("option", name="Parts of the portal")).to_be_visible()
    assert grave(page) == []


def test_rows_are_walked_with_j_and_k(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    page.keyboard.press("j")
    assert _focused(page) == "Fraud score"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert _focused(page) == "Credit limit"
    page.keyboard.press("Enter")
    assert page.url.endswith("#table")


def test_hidden_columns_stay_hidden(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Owner").uncheck()
    expect(page.get_by_role("columnheader", name="Owner")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("columnheader", name="Owner")).to_be_hidden()
    expect(page.get_by_role("columnheader", name="Stage")).to_be_visible()


def test_a_combobox_is_a_select_that_one_can_type_in(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    box = page.locator("input").and_(page.get_by_role("combobox", name="Owner"))
    box.click()
    box.press_sequentially("cla")
    box.press("Enter")
    expect(box).to_have_value("Claims AI")
    assert page.evaluate("document.querySelector('select[name=owner]').value") == "claims-ai"
    tags = page.get_by_role("combobox", name="Tags")
    tags.click()
    tags.press_sequentially("llm")
    tags.press("Enter")
    expect(page.get_by_role("button", name="Remove llm")).to_be_visible()
    tags.press("Backspace")
    expect(page.get_by_role("button", name="Remove llm")).to_have_count(0)


def test_the_points_of_a_chart_are_said_and_stand_in_a_table(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    figure = page.locator("figure", has_text="Models by stage")
    figure.locator("canvas[data-ready]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(figure.get_by_role("status")).to_have_text("Feb: In production 14 models, In pilot 9 models")
    figure.get_by_role("button", name="Table").click()
    expect(figure.get_by_role("rowheader", name="Sep")).to_be_visible()


def test_danger_takes_a_second_step(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    expect(page.get_by_role("button", name="Retire now")).to_be_hidden()
    page.locator("summary", has_text="Retire").click()
    expect(page.get_by_role("button", name="Retire now")).to_be_visible()
    page.locator("#buttons").get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("button", name="Retire now")).to_be_hidden()


def test_a_dialog_and_a_menu_close_by_escape_and_give_the_focus_back(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    page.get_by_role("button", name="Open dialog").click()
    dialog = page.get_by_role("dialog", name="Revoke the token?")
    expect(dialog).to_be_visible()
    assert grave(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert _focused(page) == "Open dialog"
    page.locator("[popovertarget=sample-menu]").click()
    page.keyboard.press("ArrowDown")
    assert _focused(page) == "Compare versions"
    page.keyboard.press("Escape")
    assert _focused(page) == "More"


def test_paper_shows_the_page_without_the_frame(open_page: OpenPage) -> None:
    page = open_page(PARTS, as_="ada")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
