"""The first part of the roadmap's story: ada asks, chloe supports and asks, dmitri answers by keys, farid sponsors,
two people score blind."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone
from graphql_relay import to_global_id
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from apps.roadmap.models import Request
from tests.browser.roadmap_stage import Stage

ALERTS = "Sort fraud alerts by risk"
PHOTOS = "Read damage photos"
BOARD = "/roadmap/triage/"
LONG = 15_000  # the draft is kept a little after the last key


def ada_asks(stage: Stage) -> Request:
    """By the guided form; what is missing stands beside it until nothing is."""
    tab = stage.as_("ada", "/roadmap/requests/mine/")
    tab.get_by_role("link", name="Request capacity").first.click()
    tab.get_by_label("What you want, in a few words").fill(ALERTS)
    expect(tab.locator("#similar")).to_contain_text("Nobody has asked for something like this yet.")
    tab.get_by_role("button", name="Begin the request").click()
    tab.wait_for_url("**/edit/")
    beside = tab.locator("#beside")
    expect(beside).to_contain_text("Still missing")
    expect(beside).to_contain_text("Farid confirms to answer for the value in Retail Banking.")
    write_the_case(tab)
    figure(tab, 0, "Hours spent on alerts", "cost", "down", "hours a week", ("10", "40", "60"))
    tab.get_by_role("button", name="Another figure").click()
    figure(tab, 1, "Fraud that is found", "revenue", "up", "EUR a year", ("20000", "50000", "90000"))
    about(tab, "fraud", "Fraud score")
    expect(beside).to_contain_text("Ready to send.", timeout=LONG)
    stage.is_sound()
    return sent(tab, "Send request")


def write_the_case(tab: Tab) -> None:
    tab.get_by_label("Problem", exact=True).fill(
        "Forty analysts read every alert in the order in which it came."
    )
    tab.get_by_label("Decision that changes").fill("Which alert an analyst opens first.")
    tab.get_by_label("What if we do nothing").fill("We hire two more analysts, and still miss half.")
    tab.get_by_label("Why now").fill("Alerts doubled since instant payments began.")
    tab.get_by_label("Build, buy or reuse").select_option("build")
    tab.get_by_label("Why so").fill("The product we tried knows no payments of ours.")
    tab.get_by_label("Reach", exact=True).fill("40")


def figure(
    tab: Tab, at: int, name: str, category: str, direction: str, measure: str, span: tuple[str, str, str]
) -> None:
    def part(field: str) -> Any:
        return tab.locator(f"#id_kpis-{at}-{field}")

    for field, text in zip(("name", "measure", "p10", "p50", "p90"), (name, measure, *span), strict=True):
        part(field).fill(text)
    part("category").select_option(category)
    part("direction").select_option(direction)
    part("measured_how").fill("Time sheets and the cases' register")
    part("review_at").fill((timezone.localdate() + timedelta(days=200)).isoformat())
    part("owner").fill("ben")


def about(tab: Tab, typed: str, title: str) -> None:
    """An entity that is found by typing."""
    box = tab.get_by_role("combobox", name="What it is about")
    box.fill(typed)
    tab.get_by_role("option", name=title).click()
    expect(tab.get_by_role("button", name=f"Remove {title}")).to_be_visible()


def sent(tab: Tab, button: str) -> Request:
    tab.get_by_role("button", name=button).click()
    tab.wait_for_url(re.compile(r"/roadmap/requests/\d+/$"))
    return Request.objects.get(pk=int(tab.url.rstrip("/").rsplit("/", 1)[1]))


def chloe_finds_it_and_supports_it(stage: Stage, alerts: Request) -> None:
    """She wanted to ask for the same; what stands beside the form leads her there."""
    tab = stage.as_("chloe", "/roadmap/requests/new/")
    tab.get_by_label("What you want, in a few words").fill("Sort alerts of fraud in claims")
    similar = tab.locator("#similar")
    expect(similar).to_contain_text("Support it there instead of asking twice.")
    with tab.expect_popup() as opened:
        similar.get_by_role("link", name=ALERTS).click()
    page = opened.value
    page.locator("summary", has_text="Support it").click()
    page.get_by_label("What your unit needs of it").fill("Our claims come with the same alerts.")
    page.locator("#support").get_by_role("button", name="Support it").click()
    expect(page.get_by_text("Insurance supports it").first).to_be_visible()
    page.close()
    assert alerts.supports.get().unit.slug == "insurance"


def chloe_asks(stage: Stage) -> Request:
    """In the same form, for something else."""
    tab = stage.tab
    tab.get_by_label("What you want, in a few words").fill(PHOTOS)
    expect(tab.locator("#similar")).to_contain_text("Nobody has asked for something like this yet.")
    tab.get_by_role("button", name="Begin the request").click()
    tab.wait_for_url("**/edit/")
    write_the_case(tab)
    figure(tab, 0, "Hours spent on photos", "cost", "down", "hours a week", ("2", "5", "8"))
    expect(tab.locator("#beside")).to_contain_text("Ready to send.", timeout=LONG)
    return sent(tab, "Send request")


def dmitri_answers_by_keys(stage: Stage, twice: Request) -> None:
    """Oldest first: ben's is declined, ada's goes to scoring, chloe's is asked about."""
    tab = stage.as_("dmitri", BOARD)
    stage.is_sound()
    press(tab, "j", "x")
    tab.get_by_label("Why").fill("The licence that we have covers it: ask finance for a seat.")
    press(tab, "Tab", "Enter")
    expect(tab.get_by_text("is declined; Ben reads why.")).to_be_visible()
    expect(tab.get_by_role("link", name=ALERTS, exact=True)).to_be_focused()
    press(tab, "s")
    expect(tab.get_by_role("button", name="To scoring")).to_be_focused()
    press(tab, "Enter")
    expect(tab.get_by_text("is to be scored.")).to_be_visible()
    expect(tab.get_by_role("link", name=ALERTS, exact=True)).to_be_focused()
    press(tab, "k", "i")
    tab.get_by_label("What you need to know").fill("How many photos come in a week?")
    press(tab, "Tab", "Enter")
    expect(tab.get_by_text("has your question.")).to_be_visible()
    twice.refresh_from_db()
    assert twice.state == "declined"


def press(tab: Tab, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def ben_reads_why_not(stage: Stage, declined: Request) -> None:
    """His list says it at once, and the request's own page says it in dmitri's words."""
    tab = stage.as_("ben", "/roadmap/requests/mine/")
    expect(tab.get_by_role("main")).to_contain_text(
        "The licence that we have covers it: ask finance for a seat."
    )
    tab.get_by_role("link", name=str(declined)).click()
    expect(tab.locator(".notice-bad")).to_have_text(
        re.compile(r"Declined\.\s*The licence that we have covers it")
    )


def chloe_answers(stage: Stage, photos: Request) -> None:
    tab = stage.as_("chloe", photos.get_absolute_url())
    expect(tab.get_by_role("main")).to_contain_text("The center asks: How many photos come in a week?")
    tab.get_by_role("textbox", name="Your answer").fill("Nine hundred, most of them of cars.")
    tab.locator("#answer").get_by_role("button", name="Answer").click()
    expect(tab.get_by_text("The center has your answer.")).to_be_visible()


def farid_sponsors(stage: Stage, alerts: Request) -> None:
    """From the card on his home page."""
    tab = stage.as_("farid", "/")
    tab.get_by_role("link", name=ALERTS).first.click()
    expect(tab.locator("#h-stands + *")).to_be_visible()
    tab.get_by_role("link", name="Answer for the value").click()
    tab.locator("#sponsor").get_by_role("button", name="Answer for the value").click()
    expect(tab.get_by_text("Farid answers for the business value")).to_be_visible()


def dmitri_estimates(stage: Stage, alerts: Request) -> None:
    tab = stage.as_("dmitri", f"{alerts.get_absolute_url()}estimate/")
    tab.get_by_label("Role", exact=True).select_option("ml-engineer")
    for label, weeks in (("P10", "4"), ("P50", "6"), ("P90", "9")):
        tab.get_by_role("textbox", name=label).fill(weeks)
    tab.get_by_label("What it rests on").fill("The sorting of claims in spring")
    tab.get_by_role("button", name="Estimate", exact=True).click()
    expect(tab.get_by_role("img", name="4 to 9, most likely 6 person-weeks")).to_be_visible()


def scores(stage: Stage, name: str, alerts: Request, hours: str, money: str) -> None:
    tab = stage.as_(name, f"{alerts.get_absolute_url()}score/")
    for kpi, text in zip(alerts.kpis.order_by("pk"), (hours, money), strict=True):
        box = tab.get_by_role("group", name=kpi.name)
        box.get_by_label("What you expect").fill(text)
        box.get_by_role("radio", name="Pilot").check()
    tab.get_by_role("radio", name="2: a large part").check()
    tab.get_by_role("radio", name="Steady").check()
    tab.get_by_role("button", name="Seal my score").click()
    expect(tab.get_by_role("heading", name="Your score, sealed")).to_be_visible()


SEALED = "41.97"  # hours that stand nowhere else
SCORES = """{ roadmapRequest(id: "ID") { scores(first: 9) { edges { node {
  lines(first: 9) { edges { node { expected } } } } } } } }"""


def both_score_blind(stage: Stage, alerts: Request) -> None:
    """Esther scores before she, or anybody but dmitri, can read his figures; then she reveals both at once."""
    scores(stage, "dmitri", alerts, SEALED, "50123")
    pages, paths = (
        (f"{alerts.get_absolute_url()}score/",),
        (f"roadmap/requests/{alerts.pk}/", "events/?limit=100"),
    )
    query = SCORES.replace("ID", to_global_id("RoadmapRequest", alerts.pk))
    for name in ("esther", "root"):
        assert not stage.sees(name, re.escape(SEALED), pages, paths, query), name
    assert stage.sees("dmitri", re.escape(SEALED), pages, paths, query)
    scores(stage, "esther", alerts, "38", "52000")
    tab = stage.tab
    tab.get_by_role("button", name="Reveal the round").click()
    expect(tab.get_by_role("group", name="Spread of the values")).to_be_visible()
    expect(tab.get_by_role("main")).to_contain_text(SEALED)
    stage.is_sound()
    expect(tab.get_by_role("main")).to_contain_text("Nothing is lacking.")
    tab.get_by_role("button", name="Declare ready").click()
    expect(tab.get_by_text("Ready").first).to_be_visible()
    alerts.refresh_from_db()
    assert alerts.state == "ready"
