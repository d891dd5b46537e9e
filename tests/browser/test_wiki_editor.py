"""Writing in a real browser: quick for one person, harmless for two, and no word is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import save_page
from apps.wiki.models import Attachment, Draft, Page
from tests.chromium import OpenPage, faults, grave
from tests.factories import EntityFactory
from tests.personas import People
from tests.wiki.making import a_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = "one\n\ntwo\n\nthree\n"
PASTE = """async ([name, type, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name, { type }));
  const area = document.querySelector("#id_text");
  area.focus();
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""

SET = """(words) => {
  const area = document.querySelector("#id_text");
  area.value = words;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    where = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path), "base_url": None},
    }
    settings.STORAGES = settings.STORAGES | {"default": where}


@pytest.fixture
def page(people: People) -> Page:
    return a_page(title="Run it", text=TEXT)


def _edit(page: Page) -> str:
    return f"/wiki/p/{page.uid}/edit/"


def _state(tab: Tab) -> Any:
    return tab.locator("[data-state]")


def _write(tab: Tab, text: str) -> None:
    tab.locator("#id_text").fill(text)


def test_writing_with_the_keyboard_and_saving_without_leaving(open_page: OpenPage, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    _write(tab, "")
    area = tab.locator("#id_text")
    area.press_sequentially("- milk")
    area.press("Enter")
    area.press_sequentially("bread")
    area.press("Enter")
    area.press("Enter")
    area.press("Control+b")
    area.press_sequentially("loud")
    expect(area).to_have_value("- milk\n- bread\n**loud**")
    expect(tab.locator("[data-shown] strong")).to_have_text("loud")
    area.press("Control+s")
    expect(_state(tab)).to_have_text("Saved as revision 2")
    expect(tab.locator("[name=base]")).to_have_value("2")
    area.press("Control+z")
    area.press("Control+Enter")
    tab.wait_for_url(f"**{page.get_absolute_url()}")
    page.refresh_from_db()
    assert page.revision.number == 3 and not Draft.objects.exists()


def test_tab_is_not_trapped_and_the_toolbar_is_one_stop(open_page: OpenPage, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    tab.locator("#id_text").focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") != "id_text"
    tab.locator("[data-tool=bold]").focus()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.dataset.tool") == "italic"


def test_names_are_completed_from_what_the_writer_sees(open_page: OpenPage, page: Page) -> None:
    a_page(title="Restart the scorer", space=page.space)
    EntityFactory(name="fraud-score", title="Fraud score")
    tab = open_page(_edit(page), as_="ada")
    _write(tab, "")
    area = tab.locator("#id_text")
    area.press_sequentially("See [[rest")
    expect(tab.get_by_role("option")).to_have_count(1)
    area.press("Enter")
    expect(area).to_have_value("See [[Restart the scorer]]")
    area.press_sequentially(" ask @chl")
    tab.get_by_role("option", name="Chloe").click()
    area.press_sequentially("about {{fraud")
    expect(tab.get_by_role("option")).to_have_count(1)
    area.press("Enter")
    expect(area).to_have_value(
        "See [[Restart the scorer]] ask @chloe about {{model:retail-banking/fraud-score}}"
    )
    area.press_sequentially(" [[rest")
    expect(tab.get_by_role("listbox")).to_be_visible()
    area.press("Escape")
    expect(tab.get_by_role("listbox")).to_be_hidden()


def test_two_people_merge_without_losing_a_line(open_page: OpenPage, people: People, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    _write(tab, "one\n\ntwo\n\nTHREE\n")
    other = open_page(_edit(page), as_="ben")
    _write(other, "ONE\n\ntwo\n\nthree\n")
    other.locator("#id_text").press("Control+s")
    expect(_state(other)).to_have_text("Saved as revision 2")
    tab.locator("#id_text").press("Control+s")
    expect(_state(tab)).to_contain_text("Saved as revision 3, merged with a change of Ben")
    expect(tab.locator("#id_text")).to_have_value("ONE\n\ntwo\n\nTHREE\n")
    tab.goto(tab.get_by_role("link", name="See what came in").get_attribute("href") or "")
    expect(tab.locator("h1")).to_have_text("Ben’s change was merged with yours")
    expect(tab.locator(".diff").first).to_contain_text("ONE")


def test_a_conflict_is_settled_line_by_line(open_page: OpenPage, people: People, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    _write(tab, "uno\n\ntwo\n\nTHREE\n")
    save_page(actor=people.ben, page=page, text="ONE\n\ntwo\n\nthree\n", base=1)
    tab.locator("#id_text").press("Control+s")
    expect(tab.locator("h1")).to_have_text("Ben changed the same lines")
    assert grave(tab) == [] and Draft.objects.get().text == "uno\n\ntwo\n\nTHREE\n"
    tab.get_by_label("Both, theirs first").check()
    tab.get_by_role("button", name="Save what I chose").click()
    tab.wait_for_url(f"**{page.get_absolute_url()}")
    page.refresh_from_db()
    assert page.revision.text == "ONE\nuno\n\ntwo\n\nTHREE\n" and not Draft.objects.exists()


def test_a_closed_tab_leaves_a_draft_that_is_offered_again(
    open_page: OpenPage, people: People, page: Page
) -> None:
    tab = open_page(_edit(page), as_="ada")
    _write(tab, "words that nobody saved\n")
    tab.goto("about:blank")
    save_page(actor=people.ben, page=page, text="one\n\ntwo\n\nthree\n\nfour\n", base=1)
    again = open_page(_edit(page), as_="ada")
    expect(again.locator("#id_text")).to_have_value("words that nobody saved\n")
    expect(again.locator("[data-draft-notice]")).to_contain_text("the page has become revision 2 (by Ben)")
    again.get_by_text("Discard it, edit the saved text").click()
    again.get_by_role("button", name="Discard it", exact=True).click()
    expect(again.locator("#id_text")).to_have_value("one\n\ntwo\n\nthree\n\nfour\n")
    assert not Draft.objects.exists()


def test_the_draft_is_kept_while_one_writes_and_others_are_named(
    open_page: OpenPage, people: People, page: Page
) -> None:
    keep_draft(actor=people.ben, space=page.space, page=page, text="b", base=1)
    tab = open_page(_edit(page), as_="ada")
    expect(tab.get_by_text("Ben is editing this page too.")).to_be_visible()
    _write(tab, "begun")
    expect(_state(tab)).to_contain_text("Draft kept")
    assert Draft.objects.get(user=people.ada).text == "begun\n"


def test_two_tabs_of_one_person_warn_each_other(open_page: OpenPage, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    second = tab.context.new_page()
    second.goto(_edit(page))
    for each, words in ((tab, "first"), (second, "second")):
        _write(each, words)
        expect(_state(each)).to_contain_text("Draft kept")
    expect(_state(tab)).to_contain_text("words of another tab of yours")
    assert tab.evaluate("dispatchEvent(new Event('beforeunload', {cancelable: true}))") is False
    assert second.evaluate("dispatchEvent(new Event('beforeunload', {cancelable: true}))") is True


def test_a_pasted_picture_becomes_an_attachment(open_page: OpenPage, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    _write(tab, "")
    tab.evaluate(PASTE, ["plan.png", "image/png", list(b"\x89PNG\r\n\x1a\n" + b"\0" * 20)])
    expect(tab.locator("#id_text")).to_have_value("![plan](plan.png)")
    expect(tab.locator("[data-shown] img")).to_have_attribute("src", f"/wiki/attachments/{page.uid}/plan.png")
    tab.evaluate(PASTE, ["logo.svg", "image/svg+xml", list(b"<svg onload='alert(1)'/>")])
    expect(tab.locator(".editor-upload")).to_contain_text("can hold scripts")
    expect(tab.locator("#id_text")).to_have_value("![plan](plan.png)")
    assert Attachment.objects.count() == 1


def test_a_paste_of_three_megabytes_says_so_and_stays(open_page: OpenPage, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    words = "word é\n" * 400_000
    tab.evaluate(SET, words)
    expect(tab.locator("[data-counts]")).to_have_class("editor-counts small faint bad")
    tab.get_by_role("button", name="Save", exact=True).last.click()
    refusal = tab.locator("[data-refusal]")
    expect(refusal).to_contain_text("at most 512 KB; this has 3,125 KB")
    expect(refusal).to_be_focused()
    assert tab.evaluate("document.querySelector('#id_text').value.length") == len(words)
    page.refresh_from_db()
    assert page.revision.number == 1


def test_a_new_page_is_saved_once_and_then_edited(open_page: OpenPage, page: Page) -> None:
    tab = open_page(f"/wiki/{page.space.slug}/-/new/", as_="ada")
    tab.get_by_label("Title").fill("Restart the scorer")
    tab.get_by_label("Kind of page").select_option("runbook")
    assert "## Steps" in tab.locator("#id_text").input_value()
    tab.locator("#id_text").press("Control+s")
    expect(_state(tab)).to_have_text("Saved as revision 1")
    made = Page.objects.get(title="Restart the scorer")
    expect(tab).to_have_url(tab.url.split("/wiki/")[0] + _edit(made))
    _write(tab, "## Steps\n\n1. Do it.\n")
    expect(tab.locator("[data-missing]")).to_contain_text("Roll back")
    tab.locator("#id_text").press("Control+s")
    expect(_state(tab)).to_have_text("Saved as revision 2")


def test_the_editor_fits_and_is_accessible(open_page: OpenPage, page: Page) -> None:
    tab = open_page(_edit(page), as_="ada")
    expect(tab.locator("#id_text")).to_be_visible()
    assert faults(tab) == []
    tab.set_viewport_size({"width": 390, "height": 900})  # where one thing stands at a time
    tab.get_by_role("button", name="Preview").click()
    expect(tab.locator("[data-shown]")).to_contain_text("three")
    expect(tab.locator("#id_text")).to_be_hidden()
    assert grave(tab) == []
