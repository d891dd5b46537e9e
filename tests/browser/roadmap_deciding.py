"""The third part of the roadmap's story: the steering committee decides, and those who lost read why."""

from __future__ import annotations

from playwright.sync_api import expect

from apps.roadmap.models import Cycle, Meeting, Request
from tests.browser.roadmap_stage import Stage
from tests.worker import work

REASON = "The regulator asks for it by March."
MEETING = "meeting/"


def esther_calls_the_meeting(stage: Stage, cycle: Cycle) -> None:
    tab = stage.as_("esther", cycle.get_absolute_url())
    tab.get_by_role("button", name="Call the meeting").click()
    expect(tab.get_by_role("heading", name="Decision on Spring")).to_be_visible()
    expect(tab.get_by_role("main")).to_contain_text("Farid, who chairs the steering committee, decides.")


def farid_cannot_decide_alone(stage: Stage, alerts: Request) -> None:
    """He comes from his home page, keeps out of what he sponsors, and is told who is missing."""
    tab = stage.as_("farid", "/")
    tab.get_by_role("link", name="Spring", exact=True).first.click()
    tab.locator("#attend summary").click()
    tab.get_by_role("checkbox", name=alerts.title).check()
    tab.get_by_role("button", name="I am there").click()
    expect(tab.get_by_text(f"keeps out of {alerts.title}")).to_be_visible()
    tab.get_by_role("button", name="Decide").click()
    expect(tab.get_by_text("1 of 2 members that a decision needs are there.").first).to_be_visible()
    assert Meeting.objects.get().decided_at is None


def hana_moves_an_item(stage: Stage, cycle: Cycle, takes: Request, displaces: Request) -> None:
    """What would be left of each role stands beside it before she sends it."""
    tab = stage.as_("hana", f"{cycle.get_absolute_url()}{MEETING}")
    tab.get_by_role("button", name="I am there").click()
    tab.locator("summary", has_text="Move an item").click()
    roles = tab.locator("#roles")
    tab.get_by_label("Take into the plan").select_option(label=takes.title)
    expect(roles).to_contain_text("13 of 10 person-weeks")
    expect(roles).to_contain_text("More than there is")
    tab.get_by_label("Displace from the plan").select_option(label=displaces.title)
    expect(roles).to_contain_text("10 of 10 person-weeks")
    stage.is_sound()
    tab.locator("#override").get_by_role("button", name="Move it").click()
    expect(tab.locator("#override")).to_contain_text("Say why; those whom it displaces read it.")
    tab.locator("#override").get_by_label("Why").fill(REASON)
    tab.locator("#override").get_by_role("button", name="Move it").click()
    expect(tab.get_by_role("region", name="Overrides", exact=True)).to_contain_text(REASON)


def farid_decides(stage: Stage, cycle: Cycle) -> None:
    tab = stage.as_("farid", f"{cycle.get_absolute_url()}{MEETING}")
    expect(tab.get_by_text("There are 2 of 2 members that a decision needs.")).to_be_visible()
    tab.get_by_label("Notes for the minutes").fill("Insurance is first in summer.")
    tab.get_by_role("button", name="Decide").click()
    expect(tab.get_by_text("Equal shares with fill with 1 override.")).to_be_visible()
    cycle.refresh_from_db()
    assert cycle.state == "decided"


def kim_reads_the_minutes(stage: Stage, cycle: Cycle) -> None:
    """A page of the wiki, written by the worker."""
    work()
    tab = stage.as_("kim", f"{cycle.get_absolute_url()}{MEETING}")
    tab.get_by_role("link", name="The minutes").click()
    expect(tab.get_by_role("heading", name="Decision on Spring")).to_be_visible()
    read = tab.get_by_role("main")
    for words in ("equal shares with fill", "2 there, 2 needed.", REASON, "Insurance is first in summer."):
        expect(read).to_contain_text(words)


def chloe_reads_why_hers_left(stage: Stage, photos: Request) -> None:
    """Her units had bought it; the committee's reason stands above its receipt."""
    tab = stage.as_("chloe", photos.get_absolute_url())
    tab.get_by_role("link", name="Read why").click()
    read = tab.get_by_role("main")
    expect(read).to_contain_text(REASON)
    expect(read).to_contain_text("Rank the leads")
    expect(read).to_contain_text("Not planned by the committee")
    photos.refresh_from_db()
    assert photos.state == "ready"


def ben_reads_that_his_came_in(stage: Stage, leads: Request) -> None:
    """The units did not buy it, and it is planned: both stand there."""
    tab = stage.as_("ben", leads.get_absolute_url())
    expect(tab.get_by_text("Planned").first).to_be_visible()
    tab.get_by_role("link", name="Who paid for it").click()
    expect(tab.get_by_role("main")).to_contain_text(REASON)
    leads.refresh_from_db()
    assert leads.state == "planned"
