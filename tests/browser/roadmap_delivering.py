"""The last part of the roadmap's story: dmitri builds, ada's team takes it over and measures, others confirm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from apps.catalog.models import Entity
from apps.roadmap.actions.digest import send_digests
from apps.roadmap.models import OutcomeReview, Request
from tests.browser.roadmap_stage import Stage
from tests.worker import work

LESSON = "Begin with one team: its questions were the best test."


def act(tab: Tab, button: str, texts: Mapping[str, str], answer: str) -> None:
    """Opens the act's form, types, sends, and waits for what the page says then."""
    tab.locator("summary", has_text=button).first.click()
    form = tab.locator("details.act[open] form")
    for label, text in texts.items():
        field = form.get_by_label(re.compile(f"^{re.escape(label)}( optional)?$"))
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(label=text)
        else:
            field.fill(text)
    form.get_by_role("button", name=button, exact=True).click()
    expect(tab.get_by_text(answer).first).to_be_visible()


def found(tab: Tab, label: str, typed: str, option: str) -> None:
    """Somebody, something or some team, found by typing in an open form."""
    tab.locator("details.act[open] form").get_by_role("combobox", name=label).fill(typed)
    tab.get_by_role("option", name=option).first.click()


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def dmitri_builds(stage: Stage, alerts: Request) -> None:
    tab = stage.as_("dmitri", alerts.get_absolute_url())
    tab.get_by_role("link", name="Delivery").first.click()
    tab.get_by_role("button", name="Start work").click()
    expect(tab.get_by_text("The work has begun.")).to_be_visible()
    act(
        tab,
        "Add a milestone",
        {
            "What will be there": "First alerts sorted",
            "As likely before as after": day(20),
            "Nearly surely by": day(35),
        },
        "“First alerts sorted” stands among the milestones.",
    )
    tab.locator("summary", has_text="Report a block").click()
    found(tab, "Who can end it", "ada", "Ada")
    form = tab.locator("details.act[open] form")
    form.get_by_label("What it waits for").fill("Access to the archive of alerts")
    form.get_by_role("button", name="Report a block").click()
    expect(tab.get_by_text("It is blocked; Ada can end that.")).to_be_visible()


def ada_ends_the_block(stage: Stage) -> None:
    """It waits for her on her home page."""
    tab = stage.as_("ada", "/")
    expect(tab.get_by_text("Access to the archive of alerts").first).to_be_visible()
    tab.get_by_role("link", name="Sort fraud alerts by risk").first.click()
    act(tab, "End it", {"How it ended": "The archive's owner agreed."}, "The block is ended.")


def dmitri_hands_over_and_delivers(stage: Stage, alerts: Request) -> None:
    tab = stage.as_("dmitri", f"{alerts.get_absolute_url()}delivery/")
    tab.get_by_role("button", name="Reached").click()
    expect(tab.get_by_text("“First alerts sorted” is reached.")).to_be_visible()
    month = timezone.localdate().strftime("%Y-%m")
    act(tab, "Record effort", {"Role": "ML engineer", "Month": month, "Person-weeks": "7"}, "7 person-weeks.")
    tab.locator("summary", has_text="Hand over").click()
    found(tab, "What was built", "fraud", "Fraud score")
    found(tab, "Which team runs it", "risk", "Risk ML")
    tab.locator("details.act[open] form").get_by_role("button", name="Hand over").click()
    expect(tab.get_by_text("Fraud score is offered to Risk ML; its lead accepts.")).to_be_visible()
    stage.as_("ada", f"{alerts.get_absolute_url()}delivery/").get_by_role("button", name="Accept").click()
    expect(tab.get_by_text("Risk ML runs Fraud score now.")).to_be_visible()
    stage.as_("dmitri", f"{alerts.get_absolute_url()}delivery/")
    act(tab, "Deliver", {}, "It is delivered. Reviews are due after 90, 180 and 365 days.")
    stage.is_sound()


def ada_records_what_came_of_it(stage: Stage, alerts: Request) -> None:
    """Ninety days later; what she recorded, she cannot confirm."""
    first = OutcomeReview.objects.get(request=alerts, days=90)
    OutcomeReview.objects.filter(pk=first.pk).update(due=timezone.localdate() - timedelta(days=1))
    tab = stage.as_("ada", "/")
    tab.get_by_role("link", name=alerts.title).first.click()
    act(
        tab,
        "Record outcome",
        {
            "Figure": "Hours spent on alerts",
            "From": day(-31),
            "Last day": day(-1),
            "Measured change": "-32",
            "Where the figure comes from": "Time sheets of the team",
        },
        "It is recorded, and counts when business or finance has confirmed it.",
    )
    expect(tab.get_by_text("business or finance confirms")).to_be_visible()
    assert tab.get_by_role("button", name="Confirm").count() == 0


def hana_confirms(stage: Stage, alerts: Request) -> None:
    tab = stage.as_("hana", "/")
    tab.get_by_role("link", name=alerts.title).first.click()
    tab.get_by_role("button", name="Confirm").click()
    expect(tab.get_by_text("It is confirmed, and counts.")).to_be_visible()


def dmitri_looks_back(stage: Stage, alerts: Request) -> None:
    tab = stage.as_("dmitri", f"{alerts.get_absolute_url()}outcomes/")
    answers = {
        "What became of it": "Adopted",
        "People or cases that use it": "38",
        "How many it was meant for": "40",
    }
    act(
        tab,
        "Review",
        answers | {"What others should know": LESSON},
        "The review after 90 days is done: adopted.",
    )
    expect(tab.get_by_text("Built, not adopted as widely as it was meant.")).to_be_visible()
    picture = tab.get_by_role("img", name="Predicted 10 to 60 hours a week, P50 40; realised 32, confirmed")
    expect(picture).to_be_visible()
    stage.is_sound()


def kim_learns(stage: Stage) -> None:
    tab = stage.as_("kim", "/roadmap/lessons/")
    expect(tab.get_by_role("main")).to_contain_text(LESSON)
    stage.is_sound()


def kim_sees_it_on_the_model(stage: Stage) -> None:
    """What was promised and what came of it stand on the page of what was handed over."""
    tab = stage.as_("kim", Entity.objects.get(name="fraud-score").get_absolute_url())
    expect(tab.get_by_text("promised 40 hours a week, realised 32")).to_be_visible()


def farid_reads_his_digest() -> None:
    """On Monday the worker writes to him what happened, in the words of the pages."""
    mail.outbox.clear()
    send_digests(at=timezone.now() + timedelta(hours=1))
    work()
    (letter,) = [each for each in mail.outbox if each.to == ["farid@example.com"]]
    assert letter.subject == "The roadmap this week"
    for words in (
        "Sort fraud alerts by risk (outcome review)",
        "- Hana confirmed an outcome of",
        "Rank the leads (planned)",
        "Why: The licence that we have covers it: ask finance for a seat.",
        "Why: Not in the plan of Spring",
    ):
        assert words in letter.body, letter.body
