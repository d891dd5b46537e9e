"""The story of one tool: CI refuses it, ben asks, two decide, CI passes, its end comes, its standard is questioned."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from apps.catalog.actions import relate
from apps.catalog.models import Entity
from apps.core.policies import SYSTEM
from apps.tooling.actions.reminding import remind
from apps.tooling.actions.scanning import scan
from apps.tooling.actions.timekeeping import settle
from apps.tooling.actions.tools import name_package
from apps.tooling.models import ExceptionRequest, Reminder
from apps.tooling.queries import book, clock
from apps.tooling.queries.requests import with_now
from apps.tooling.queries.revisiting import to_revisit
from tests.chromium import OpenPage
from tests.factories import EntityFactory
from tests.personas import People
from tests.tooling.making import capability, sent, standard, tool, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REQUIREMENTS = b"mlflow==3.17.0\nwandb==0.17.0\n"
CHECK = "/api/v1/tooling/check?environment=production&filename=requirements.txt&format="
Travel = Callable[[datetime], None]


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Travel:
    """Sets the database's clock, as every surface reads it, to an instant."""
    stamp = book._stamp

    def to(instant: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: instant)
        monkeypatch.setattr(book, "_stamp", lambda: (stamp()[0], instant))

    return to


@pytest.fixture
def wandb(people: People) -> Entity:
    """MLflow is recommended, W&B on hold; a model of ben's team in production uses W&B."""
    mlflow, wanted = tool(people, "mlflow", title="MLflow"), tool(people, "wandb", title="W&B")
    standard(people, capability(people), (mlflow, "recommended"), (wanted, "hold"))
    for each in (mlflow, wanted):
        name_package(actor=people.dmitri, tool=each, ecosystem="pypi", name=each.name)
    model = EntityFactory(name="fraud-score", title="Fraud score", stage="production")
    relate(actor=SYSTEM, source=model, target=wanted, type="uses_tool")
    return wanted


def checked(ci: Client, form: str = "json") -> tuple[int, Any]:
    """What `curl --data-binary @requirements.txt` gets."""
    answer = ci.post(CHECK + form, REQUIREMENTS, content_type="application/octet-stream")
    return answer.status_code, answer.json()


def refusal(ci: Client) -> dict[str, Any]:
    status, report = checked(ci)
    assert status == 409
    (finding,) = [each for each in report["findings"] if not each["decision"]["allowed"]]
    return finding


def test_from_a_refused_build_to_a_questioned_standard(
    open_page: OpenPage, people: People, bearer: Callable[..., Client], wandb: Entity, travel: Travel
) -> None:
    ci = bearer("ci-risk", "tooling:decide")
    status, sarif = checked(ci, "sarif")
    assert status == 409
    (result,) = [each for each in sarif["runs"][0]["results"] if each["level"] == "error"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("requirements.txt", 2)

    request = asked(open_page, urlsplit(refusal(ci)["request_url"]))
    dmitri = open_page(request.get_absolute_url(), as_="dmitri")
    dmitri.get_by_role("button", name="Start review").click()
    approved(dmitri, "The move takes this long.")
    assert checked(ci)[0] == 409
    approved(open_page(request.get_absolute_url(), as_="farid"), "Until the audit, not longer.")
    request.refresh_from_db()
    assert request.state == "active"
    status, report = checked(ci)
    assert (status, report["counts"]) == (200, {"recommended": 1, "excepted": 1})

    (grant,) = request.grants.all()
    travel(grant.expires - timedelta(days=30))
    assert remind() == 1
    assert remind() == 0
    assert list(Reminder.objects.values_list("grant", "days")) == [(grant.pk, 30)]
    expect(open_page("/", as_="ben").get_by_text("renew it, or move to an alternative").first).to_be_visible()

    travel(grant.expires - timedelta(microseconds=1))
    assert checked(ci)[0] == 200
    travel(grant.expires)
    assert refusal(ci)["decision"]["reason"] == "grant_expired"
    assert (
        with_now(ExceptionRequest.objects.filter(pk=request.pk), clock.now()).get().shown_state == "expired"
    )
    assert settle() == 1
    scan()
    row = open_page("/tooling/use/", as_="ben").get_by_role("row").filter(has_text="W&B")
    expect(row).to_contain_text("Fraud score")
    expect(row).to_contain_text(re.compile("expired|ended", re.IGNORECASE))

    asks(people, wandb, "chloe", "claims-ai")
    assert to_revisit(people.esther, clock.now()) == []
    asks(people, wandb, "dmitri", "ml-platform")
    (demand,) = to_revisit(people.esther, clock.now())
    assert (demand.tool, demand.teams, demand.renewals) == (wandb, 3, 0)


def asked(open_page: OpenPage, link: Any) -> ExceptionRequest:
    """Ben follows the link of the report, says what is missing, and sends it."""
    tab = open_page(f"{link.path}?{link.query}", as_="ben")
    expect(tab.get_by_role("checkbox", name="Production")).to_be_checked()
    tab.get_by_role("button", name="Begin the request").click()
    tab.wait_for_url("**/edit/")
    expect(tab.get_by_label("Versions")).to_have_value("~=0.17.0")
    tab.get_by_label("Versions").fill("*")
    tab.get_by_label("What the business wants to reach").fill("Follow long runs until the audit is over.")
    tab.get_by_label("The figure that will show it").fill("Hours until a run is explained, from 6 to 2")
    tab.get_by_label("What happens if it is not granted").fill("The audit waits a week.")
    tab.locator("#id_alternatives-0-tool").fill("MLflow")
    tab.locator("#id_alternatives-0-why_not").fill("No live view of long runs.")
    tab.locator("#id_alternatives-1-tool").fill("TensorBoard")
    tab.locator("#id_alternatives-1-why_not").fill("Nobody else sees it.")
    for name in ("value", "support", "security", "lock_in", "duplication"):
        tab.locator(f"[name=trade_offs-{name}-score][value='3']").check()
    tab.get_by_label("How you leave it again").fill("Runs are in MLflow too.")
    tab.get_by_label("What makes up for the missing standard").fill("No customer data in names.")
    tab.locator("#id_requested_until").fill(until(60).isoformat())
    expect(tab.locator("#beside")).to_contain_text("Ready to send.", timeout=15_000)
    tab.get_by_role("button", name="Send request").click()
    request = ExceptionRequest.objects.get()
    tab.wait_for_url(f"**{request.get_absolute_url()}")
    return request


def approved(tab: Tab, words: str) -> None:
    tab.get_by_label("What you weighed").fill(words)
    tab.get_by_role("button", name="Approve").click()
    expect(tab.get_by_text("You approved it.")).to_be_visible()


def asks(people: People, wanted: Entity, name: str, team: str) -> None:
    own = people.team(team)
    sent(people, wanted, "production", by=name, team=own, support_owner=own, days=100)
