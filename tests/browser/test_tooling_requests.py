"""Asking in a real browser: every word is kept while it is typed, what is missing is said, and sending works."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from apps.tooling.actions.drafts import begin_request, save_draft
from apps.tooling.models import ExceptionRequest
from tests.chromium import OpenPage, faults_of
from tests.personas import People
from tests.tooling.making import (
    approve,
    capability,
    draft,
    environments,
    in_review,
    sent,
    standard,
    tool,
    until,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def bare(people: People) -> ExceptionRequest:
    """A draft for staging in which nothing is said yet; the standard is MLflow."""
    comet, mlflow = tool(people, "comet", title="Comet"), tool(people, "mlflow", title="MLflow")
    standard(people, capability(people), (mlflow, "mandatory"), (comet, "assess"))
    return begin_request(
        actor=people.ben,
        team=people.team("risk-ml"),
        tool=comet,
        environments=environments("staging"),
        alternatives=[{"tool": "MLflow", "standard": True, "why_not": ""}],
        support_owner=people.team("risk-ml"),
    )


def _edit(request: ExceptionRequest) -> str:
    return f"/tooling/requests/{request.pk}/edit/"


def _state(tab: Tab) -> Any:
    return tab.locator("#draft-state")


def _saved(tab: Tab) -> None:
    expect(_state(tab)).to_have_text(re.compile(r"Saved \d\d:\d\d:\d\d"), timeout=10_000)


def test_from_the_tool_to_a_sent_request(open_page: OpenPage, people: People, bare: ExceptionRequest) -> None:
    tab = open_page("/tooling/requests/new/?tool=comet&environment=prod", as_="ben")
    expect(tab.locator("#beside")).to_contain_text("Not allowed")
    expect(tab.locator("#beside")).to_contain_text("Your team has a draft for this already.")
    tab.get_by_role("checkbox", name="Test").check()
    expect(tab.locator("#beside")).to_contain_text("Test")
    assert ExceptionRequest.objects.count() == 1
    tab.get_by_role("button", name="Begin the request").click()
    tab.wait_for_url("**/edit/")
    request = ExceptionRequest.objects.latest("pk")
    expect(tab.locator("#beside")).to_contain_text("Still missing")
    expect(tab.locator("#id_alternatives-0-tool")).to_have_value("MLflow")

    tab.get_by_label("What the business wants to reach").fill("See runs side by side.")
    tab.get_by_label("The figure that will show it").fill("Hours per run, 6 to 2")
    tab.get_by_label("What happens if it is not granted").fill("A week lost.")
    tab.locator("#id_alternatives-0-why_not").fill("No live view.")
    tab.locator("#id_alternatives-1-tool").fill("Neptune")
    tab.locator("#id_alternatives-1-why_not").fill("Not hosted here.")
    for place, name in enumerate(("value", "support", "security", "lock_in", "duplication"), start=1):
        tab.locator(f"[name=trade_offs-{name}-score][value='{place}']").check()
    tab.get_by_label("How you leave it again").fill("Export to MLflow.")
    tab.get_by_label("What makes up for the missing standard").fill("Nightly export.")
    tab.locator("#id_requested_until").fill(until(60).isoformat())
    expect(tab.locator("#beside")).to_contain_text("Ready to send.", timeout=15_000)
    expect(tab.locator("#beside")).to_contain_text("Farid for Retail Banking")
    tab.get_by_role("button", name="Send request").click()
    tab.wait_for_url(f"**{request.get_absolute_url()}")
    request.refresh_from_db()
    assert request.state == "submitted" and request.trade_offs["duplication"] == [5, ""]
    assert request.alternatives[1] == {"tool": "Neptune", "standard": False, "why_not": "Not hosted here."}


def test_what_is_typed_is_kept_and_the_list_shrinks(open_page: OpenPage, bare: ExceptionRequest) -> None:
    tab = open_page(_edit(bare), as_="ben")
    missing = tab.locator(".missing li")
    before = missing.count()
    tab.get_by_label("What the business wants to reach").fill("See runs side by side.")
    expect(missing).to_have_count(before - 1)
    _saved(tab)
    bare.refresh_from_db()
    assert bare.objective == "See runs side by side."
    tab.get_by_role("button", name="Another alternative").click()
    tab.locator("#id_alternatives-2-tool").fill("Own tables")
    tab.keyboard.press("Control+s")
    expect(tab.locator("#id_version")).not_to_have_value(str(bare.version))
    tab.reload()
    expect(tab.locator("#id_alternatives-1-tool")).to_have_value("Own tables")


def test_the_last_words_are_kept_when_the_page_goes(open_page: OpenPage, bare: ExceptionRequest) -> None:
    tab = open_page(_edit(bare), as_="ben")
    tab.get_by_label("What the business wants to reach").fill("Gone in a moment")
    tab.goto("/tooling/requests/mine/")
    for _ in range(50):  # the browser sends them after the page is gone
        bare.refresh_from_db()
        if bare.objective:
            break
        time.sleep(0.1)
    assert bare.objective == "Gone in a moment"


def test_another_tab_is_told_and_loses_nothing(
    open_page: OpenPage, people: People, bare: ExceptionRequest
) -> None:
    tab = open_page(_edit(bare), as_="ben")
    save_draft(actor=people.ada, request=bare, changes={"objective": "Ada's words", "kpi": "Ada's figure"})
    tab.get_by_label("What the business wants to reach").fill("Ben's words")
    expect(_state(tab)).to_contain_text("changed elsewhere")
    expect(tab.locator("#beside")).to_contain_text("Somebody saved this draft meanwhile")
    expect(tab.get_by_label("What the business wants to reach")).to_have_value("Ben's words")
    tab.get_by_text("What was saved there").click()
    expect(tab.locator(".theirs")).to_contain_text("Ada's words")
    bare.refresh_from_db()
    assert bare.objective == "Ada's words"
    tab.get_by_role("button", name="Save mine over it").click()
    tab.wait_for_load_state()
    expect(tab.get_by_label("What the business wants to reach")).to_have_value("Ben's words")
    bare.refresh_from_db()
    assert bare.objective == "Ben's words"


def test_an_incomplete_request_says_so_at_each_field(open_page: OpenPage, bare: ExceptionRequest) -> None:
    tab = open_page(_edit(bare), as_="ben")
    tab.get_by_label("What the business wants to reach").fill("See runs side by side.")
    tab.get_by_role("button", name="Send request").click()
    expect(tab.locator(".field-errors").first).to_be_visible()
    errors = tab.locator(".field-errors")
    expect(errors.filter(has_text="Name the figure that will show it.")).to_be_visible()
    expect(errors.filter(has_text="Weigh at least two alternatives")).to_be_visible()
    expect(tab.get_by_label("What the business wants to reach")).to_have_value("See runs side by side.")
    tab.get_by_label("The figure that will show it").fill("Hours")
    _saved(tab)
    bare.refresh_from_db()
    assert bare.state == "draft" and bare.kpi == "Hours"


def test_it_works_without_scripts(
    open_page: OpenPage, people: People, bare: ExceptionRequest, chromium: Any, live_server: Any
) -> None:
    cookies = open_page("/tooling/requests/mine/", as_="ben").context.cookies()
    context = chromium.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(cookies)
    tab = context.new_page()
    tab.goto(_edit(bare))
    tab.get_by_label("What the business wants to reach").fill("Without scripts")
    tab.get_by_role("button", name="Another alternative").click()
    expect(tab.locator("#id_alternatives-2-tool")).to_be_visible()
    expect(tab.get_by_label("What the business wants to reach")).to_have_value("Without scripts")
    tab.get_by_role("button", name="Save", exact=True).last.click()
    bare.refresh_from_db()
    assert bare.objective == "Without scripts"
    context.close()


def test_pages_can_be_read_by_everybody(open_page: OpenPage, people: People, bare: ExceptionRequest) -> None:
    open_ = in_review(people, tool(people, "neptune"))
    done = approve(people, in_review(people, tool(people, "aim"), days=20))
    sent(people, tool(people, "wandb"), "staging")
    draft(people, tool(people, "tecton"))
    lists = "/tooling/requests/"
    paths = {
        "ben": (
            _edit(bare),
            f"{lists}new/?tool=comet&environment=prod",
            f"{lists}mine/",
            done.get_absolute_url(),
        ),
        "dmitri": (f"{lists}inbox/", open_.get_absolute_url(), lists, f"{lists}calendar/"),
    }
    for name, several in paths.items():
        assert faults_of(open_page("/", as_=name), several) == {}


def test_deciding_without_leaving_the_inbox(open_page: OpenPage, people: People) -> None:
    request = in_review(people, tool(people, "neptune"))
    tab = open_page("/tooling/requests/inbox/", as_="dmitri")
    tab.get_by_role("button", name="Decide here").click()
    tab.get_by_label("What you weighed").fill("It is needed.")
    tab.get_by_role("button", name="Approve").click()
    expect(tab.get_by_text("You approved it.")).to_be_visible()
    assert tab.url.endswith("/tooling/requests/inbox/")
    assert request.verdicts.get().comment == "It is needed."
