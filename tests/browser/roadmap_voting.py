"""The second part of the roadmap's story: esther makes a cycle, farid and jo vote, a worker plans, all read why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from apps.roadmap.models import Cycle, Request
from apps.roadmap.planning.canonical import read_instance
from apps.roadmap.planning.equal_shares import equal_shares
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance
from apps.roadmap.planning.market import open_market
from apps.roadmap.queries.instance import key
from tests.browser.roadmap_stage import Stage
from tests.worker import work

LEADS, WORDS = "Rank the leads", "Explain the scores"
CYCLE = """{ cycle(slug: "spring") { shares(first: 9) { edges { node { basisPoints } } }
  ballots(first: 9) { edges { node { lines(first: 9) { edges { node { points } } } } } } } }"""
POINTS = 62
NO = (
    "It costs 4 person-weeks; after the last round Retail Banking, which gave it points, had 1.8 person-weeks left",
    "The units would have bought it with any one of these:",
    "6 for “Sort fraud alerts by risk”, round 2",
    "What capacity is left then is filled with what brings the most value.",
)
SEALED = rf'"points":\s*{POINTS}\b'


def esther_makes_a_cycle(stage: Stage, *requests: Request) -> Cycle:
    tab = stage.as_("esther", "/roadmap/cycles/")
    tab.get_by_role("link", name="Plan a cycle").first.click()
    today = timezone.localdate()
    tab.get_by_role("textbox", name="Name", exact=True).fill("Spring")
    tab.get_by_label("Short name").fill("spring")
    tab.get_by_label("First day").fill(today.isoformat())
    tab.get_by_label("Ends before").fill((today + timedelta(days=90)).isoformat())
    tab.get_by_role("button", name="Make the cycle").click()
    tab.get_by_label("Person-weeks of ML engineer").fill("10")
    tab.get_by_label("Person-weeks of Data engineer").fill("3")
    tab.get_by_role("button", name="Save capacity").click()
    share_out(tab)
    for request in requests:
        tab.locator("#candidate_request").select_option(str(request.pk))
        tab.get_by_role("button", name="Take it in").click()
        expect(tab.locator("#candidate").get_by_role("link", name=request.title)).to_be_visible()
    stage.is_sound()
    tab.get_by_role("link", name="To the cycle").click()
    tab.get_by_role("button", name="Open the vote").click()
    expect(tab.get_by_text("0 of 2 ballots are cast.")).to_be_visible()
    return Cycle.objects.get()


def share_out(tab: Tab) -> None:
    """Shares that do not add up are told while they are typed, and refused."""
    tab.get_by_label("Percent of Retail Banking").fill("60")
    tab.get_by_label("Percent of Insurance").fill("30")
    expect(tab.get_by_role("status").filter(has_text="10 left")).to_be_visible()
    tab.get_by_label("Percent of Insurance").fill("40")
    expect(tab.get_by_role("status").filter(has_text="adds up")).to_be_visible()
    tab.get_by_role("button", name="Save shares").click()


def farid_votes(stage: Stage, cycle: Cycle, points: Mapping[str, int]) -> None:
    """From the card on his home page; who else might want to know reads it nowhere."""
    tab = stage.as_("farid", "/")
    tab.get_by_role("link", name="Spring: Retail Banking").click()
    expect(tab.get_by_role("main")).to_contain_text(
        "Until the freeze nobody reads these points but who casts this ballot"
    )
    stage.is_sound()
    for title, number in points.items():
        tab.get_by_label(title).fill(str(number))
    expect(tab.get_by_text("all given")).to_be_visible()
    ballot = urlsplit(tab.url).path
    tab.get_by_role("button", name="Cast the ballot").click()
    expect(tab.get_by_text("1 of 2 ballots are cast.")).to_be_visible()
    nobody_else_reads_it(stage, cycle, ballot)


def nobody_else_reads_it(stage: Stage, cycle: Cycle, ballot: str) -> None:
    pages = (cycle.get_absolute_url(),)
    paths = ("roadmap/cycles/spring/", "roadmap/cycles/spring/ballots/", "events/?limit=100")
    for name in ("esther", "jo", "root"):
        assert not stage.sees(name, SEALED, pages, paths, CYCLE), name
        assert stage.tab.get_by_role("heading", name="The ballots").count() == 0
        answer = stage.tab.goto(ballot)
        assert answer is not None and answer.status in (403, 404), name
        assert stage.tab.locator("input[name^=points]").count() == 0
    assert stage.sees("farid", SEALED, (), paths, CYCLE)


def jo_votes(stage: Stage, photos: Request) -> None:
    tab = stage.as_("jo", "/")
    tab.get_by_role("link", name="Spring: Insurance").click()
    tab.get_by_label(photos.title).fill("100")
    tab.get_by_label(LEADS).fill("7")
    expect(tab.get_by_text("7 too many")).to_be_visible()
    tab.get_by_label(LEADS).fill("")
    tab.get_by_role("button", name="Cast the ballot").click()
    expect(tab.get_by_text("2 of 2 ballots are cast.")).to_be_visible()


def esther_freezes_and_a_worker_plans(stage: Stage, cycle: Cycle) -> None:
    """The page waits for the worker with real numbers, and says by itself when the plans are there."""
    tab = stage.as_("esther", cycle.get_absolute_url())
    tab.locator("summary", has_text="Freeze the cycle").click()
    tab.locator("form.act-form").get_by_role("button", name="Freeze the cycle").click()
    expect(tab.get_by_text("Waits for a worker")).to_be_visible()
    expect(tab.get_by_role("row", name=re.compile(f"^Sort fraud alerts by risk {POINTS}"))).to_be_visible()
    work()
    tab.get_by_role("link", name="Look at them").click()
    expect(tab.get_by_role("heading", name="Three plans of the same inputs")).to_be_visible()


def kim_compares_the_plans(stage: Stage) -> None:
    """She is in no team and has never seen the method."""
    tab = stage.as_("kim", "/roadmap/cycles/spring/plans/")
    stage.is_sound()
    plans = tab.locator("article.plan")
    expect(plans.get_by_role("heading")).to_have_text(
        ["Equal shares with fill default", "Value maximum", "Score ranking"]
    )
    expect(plans.locator("dd:nth-of-type(1)")).to_have_text(["2", "3", "3"])
    read = tab.get_by_role("main")
    expect(read).to_contain_text("A proposal: the steering committee decides.")
    expect(read).to_contain_text("it pays for every unit getting what its share buys.")
    received = (
        "Insurance received: Equal shares with fill 100%, Value maximum 0%, Score ranking 0%, alone 100%"
    )
    expect(tab.get_by_role("img", name=received)).to_be_visible()
    row = tab.get_by_role("table", name="Requests").get_by_role("row").filter(has_text=LEADS)
    expect(row).to_contain_text("gave it points")


def ben_reads_what_would_have_sufficed(stage: Stage, leads: Request) -> None:
    """The page's own words, and that they are true: run again at each threshold, and just below it."""
    tab = stage.as_("ben", leads.get_absolute_url())
    tab.get_by_role("link", name="Why, and why not").click()
    expect(tab.get_by_role("heading", name="Why not")).to_be_visible()
    stage.is_sound()
    told = tab.get_by_role("main").inner_text()
    for sentence in NO:
        assert sentence in told, told
    frozen = tab.request.get("/roadmap/cycles/spring/inputs.json").body()
    assert sha256(frozen).hexdigest() in told
    thresholds_hold(told, read_instance(frozen.decode()), key(leads.pk))


def thresholds_hold(told: str, frozen: Instance, name: str) -> None:
    units = {"Retail Banking": "unit:retail-banking", "Insurance": "unit:insurance"}
    found = re.findall(r"(\d+) points? from ([\w ]+?) instead of", told)
    assert {unit for _, unit in found} == set(units)
    for least, unit in found:
        assert is_bought(with_points(frozen, name, units[unit], int(least)), name)
        assert not is_bought(with_points(frozen, name, units[unit], int(least) - 1), name)
    (cost,) = re.findall(r"a cost of ([\d.]+) person-weeks or less, instead of 4 person-weeks", told)
    assert is_bought(with_weeks(frozen, name, float(cost)), name)
    assert not is_bought(with_weeks(frozen, name, float(cost) + 0.1), name)


def is_bought(instance: Instance, name: str) -> bool:
    return name in equal_shares(open_market(instance)).funded


def with_points(instance: Instance, name: str, voter: str, points: int) -> Instance:
    units = tuple(
        replace(unit, ballot={**(unit.ballot or {}), name: points}) if unit.id == voter else unit
        for unit in instance.units
    )
    return replace(instance, units=units)


def with_weeks(instance: Instance, name: str, weeks: float) -> Instance:
    requests = tuple(
        replace(each, weeks={"ml-engineer": round(weeks * MICRO_WEEKS)}) if each.id == name else each
        for each in instance.requests
    )
    return replace(instance, requests=requests)


def esther_tries_what_the_page_says(stage: Stage, words: Request) -> None:
    """`Explain the scores` lacks a role: with what its page asks for the sandbox takes it in, and no less would do."""
    tab = stage.as_("esther", f"/roadmap/cycles/spring/why/{words.pk}/")
    told = tab.get_by_role("main").inner_text()
    assert "too little capacity was left: it lacked 0.5 person-weeks of data engineers." in told
    (more,) = re.findall(r"a further ([\d.]+) person-weeks of data engineers", told)
    frozen = open_market(read_instance(tab.request.get("/roadmap/cycles/spring/inputs.json").text()))
    just_below = frozen.with_room("data-engineer", round(float(more) * MICRO_WEEKS) - 1)
    assert key(words.pk) not in equal_shares(just_below).funded
    tab.goto("/roadmap/cycles/spring/plans/")
    tab.get_by_role("link", name="What if").click()
    tab.get_by_label("Data engineer").fill(str(3 + float(more)))
    tab.get_by_role("button", name="Compute it").click()
    expect(tab.get_by_text("Waits for a worker")).to_be_visible()
    work()
    tab.get_by_role("link", name="Look at them").click()
    expect(tab.get_by_text("Comes in: Explain the scores")).to_be_visible()
    expect(tab.get_by_text("Goes out")).to_have_count(0)
