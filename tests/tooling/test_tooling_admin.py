"""Tooling in the admin: the queue as it is now, settings through actions, standards that nobody edits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core.models import Event
from apps.tooling.actions.proposals import propose_standard
from apps.tooling.actions.reviewing import start_review
from apps.tooling.actions.settings import add_closed_day
from apps.tooling.models import (
    Capability,
    ClosedDay,
    Environment,
    ExceptionRequest,
    Grant,
    Proposal,
    Standard,
    Tier,
    TierRule,
)
from apps.tooling.queries import clock
from tests.personas import People
from tests.tooling import making
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
LISTS = (
    "capability", "standard", "package", "toolprofile", "tier", "tierrule", "environment", "closedday",
    "exceptionrequest", "grant", "condition", "proposal", "decisioncount",
)  # fmt: skip


def listing(model: str, query: str = "") -> str:
    return reverse(f"admin:tooling_{model}_changelist") + query


def change(row: Any) -> str:
    return reverse(f"admin:tooling_{row._meta.model_name}_change", args=[row.pk])


def do(row: Any, name: str) -> str:
    return reverse(f"admin:tooling_{row._meta.model_name}_operation", args=[row.pk, name])


def add(model: str) -> str:
    return reverse(f"admin:tooling_{model}_add")


def form_of(client: Client, url: str) -> dict[str, Any]:
    """What the page's form would send back untouched."""
    form = client.get(url).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in values.items()}


@pytest.fixture
def world(people: People) -> Capability:
    """A standard, a pending request, a holding exception, a proposal, a closed day."""
    mlflow, wandb = making.tool(people, "mlflow"), making.tool(people, "wandb")
    where = making.capability(people)
    making.standard(people, where, (mlflow, "mandatory"), (wandb, "assess"))
    making.sent(people, wandb, "production", days=100)
    propose_standard(
        actor=people.ben, capability=where, title="Allow it", reason="Need", rationale="Why",
        rules=[{"tool": wandb.ref, "ring": "trial"}],
    )  # fmt: skip
    add_closed_day(actor=people.esther, day=date(2026, 12, 24), name="Bridge")
    return where


@pytest.mark.parametrize("name", ["esther", "dmitri", "root"])
def test_every_list_and_page_opens(people: People, world: Capability, signed_in: SignedIn, name: str) -> None:
    client = signed_in(name)
    for model in LISTS:
        page = client.get(listing(model))
        assert page.status_code == 200, model
        for row in page.context["cl"].result_list:
            assert client.get(change(row)).status_code == 200, row


@pytest.mark.parametrize(
    "query",
    [
        "?overdue=yes",
        "?overdue=no",
        "?overdue=x",
        "?state=active",
        "?state=expired",
        "?state=x",
        "?level__exact=low",
    ],
)
def test_the_queue_is_filtered(people: People, world: Capability, signed_in: SignedIn, query: str) -> None:
    assert signed_in("esther").get(listing("exceptionrequest", query)).status_code == 200


def test_overdue_and_ended_are_judged_now(people: People, world: Capability, signed_in: SignedIn) -> None:
    esther, row = signed_in("esther"), ExceptionRequest.objects.get()

    def shown(query: str) -> int:
        return len(esther.get(listing("exceptionrequest", query)).context["cl"].result_list)

    assert (row.state, shown("?overdue=yes"), shown("?overdue=no")) == ("submitted", 0, 1)
    ExceptionRequest.objects.update(due_at=clock.now() - timedelta(seconds=1))
    assert (shown("?overdue=yes"), shown("?overdue=no")) == (1, 0)
    page = esther.get(listing("exceptionrequest")).content.decode()
    assert "overdue" in page


def test_a_review_is_started_by_the_center_alone(
    people: People, world: Capability, signed_in: SignedIn
) -> None:
    row, root = ExceptionRequest.objects.get(), signed_in("root")
    with nothing_changes():
        assert root.post(do(row, "start-review"), {"seen_version": row.version}).status_code == 403
    assert signed_in("dmitri").post(do(row, "start-review"), {"seen_version": row.version}).status_code == 302
    row.refresh_from_db()
    assert row.state == "in_review"
    again = signed_in("esther").post(do(row, "start-review"), {"seen_version": row.version})
    assert again.status_code == 409


def test_an_exception_is_revoked_and_closed(people: People, world: Capability, signed_in: SignedIn) -> None:
    opened = start_review(actor=people.dmitri, request=ExceptionRequest.objects.get())
    row = making.approve(people, opened)
    esther, dmitri = signed_in("esther"), signed_in("dmitri")
    sent = {"reason": "The vendor was breached.", "notice_days": "0", "seen_version": row.version}
    with nothing_changes():
        assert dmitri.post(do(row, "revoke"), sent).status_code == 403
        assert dmitri.post(do(row, "close"), sent).status_code == 403
        assert esther.post(do(row, "revoke"), sent | {"reason": ""}).status_code == 400
        assert esther.post(do(row, "revoke"), sent | {"notice_days": "91"}).status_code == 400
    assert esther.post(do(row, "revoke"), sent).status_code == 302
    row.refresh_from_db()
    assert row.state == "revoked"
    with nothing_changes():
        assert esther.post(do(row, "close"), sent | {"seen_version": row.version}).status_code in {403, 409}
    for holds, found in (("now", 0), ("ended", Grant.objects.count()), ("later", 0)):
        page = esther.get(listing("grant", f"?holds={holds}"))
        assert len(page.context["cl"].result_list) == found, holds


def test_capabilities_are_made_and_changed_by_leads(
    people: People, world: Capability, signed_in: SignedIn
) -> None:
    esther, root = signed_in("esther"), signed_in("root")
    sent = {"slug": "serving", "name": "Serving", "quadrant": "running", "description": "Answers."}
    with nothing_changes():
        assert root.post(add("capability"), sent).status_code == 403
        assert esther.post(add("capability"), sent | {"slug": "No slug"}).status_code in {200, 400}
        assert esther.post(add("capability"), sent | {"slug": world.slug}).status_code == 409
    assert esther.post(add("capability"), sent).status_code == 302
    row = Capability.objects.get(slug="serving")
    old = form_of(esther, change(row))
    assert esther.post(change(row), old | {"name": "Model serving"}).status_code == 302
    with nothing_changes():
        assert esther.post(change(row), old | {"name": "Other"}).status_code == 409
    assert Event.objects.filter(verb="tooling.capability.changed", actor=people.esther).count() == 1


def test_standards_are_read_and_lead_to_the_portals_page(
    people: People, world: Capability, signed_in: SignedIn
) -> None:
    standard = Standard.objects.get()
    esther, dmitri = signed_in("esther"), signed_in("dmitri")
    button = reverse("tooling:publish", args=[world.slug])
    for row in (standard, world):
        assert button in esther.get(change(row)).content.decode()
        assert button not in dmitri.get(change(row)).content.decode()
    assert "wandb" in esther.get(change(standard)).content.decode()
    with nothing_changes():
        assert esther.post(change(standard), {"rationale": "Mine"}).status_code == 403
        assert esther.get(add("standard")).status_code == 403


def test_a_tier_is_changed_by_its_form(people: People, signed_in: SignedIn) -> None:
    esther, root, tier = signed_in("esther"), signed_in("root"), Tier.objects.get(level="medium")
    old = form_of(esther, change(tier))
    wrong = esther.post(change(tier), old | {"longest_days": "400"})
    assert wrong.status_code == 400 and "whole number of days from 1 to 365" in wrong.content.decode()
    with nothing_changes():
        assert esther.post(change(tier), old | {"steps": []}).status_code == 200
        assert root.post(change(tier), old).status_code == 403
    assert (
        esther.post(change(tier), old | {"steps": ["security", "central"], "working_days": "6"}).status_code
        == 302
    )
    tier.refresh_from_db()
    assert (tier.steps, tier.working_days, tier.instant_days) == (["central", "security"], 6, None)
    with nothing_changes():
        assert esther.post(change(tier), old | {"working_days": "9"}).status_code == 409
    assert signed_in("dmitri").get(change(tier)).status_code == 200


def test_rules_days_and_environments_come_and_go_by_actions(people: People, signed_in: SignedIn) -> None:
    esther = signed_in("esther")
    staging = Environment.objects.get(slug="staging")
    rule = {"level": "high", "environment": staging.pk, "data_class": "1", "ring": "hold"}
    assert esther.post(add("tierrule"), rule).status_code == 302
    again = esther.post(add("tierrule"), rule)
    assert again.status_code == 409 and "There is such a rule already" in again.content.decode()
    row = TierRule.objects.get(ring="hold")
    assert esther.post(do(row, "remove"), {}).status_code == 302
    assert not TierRule.objects.filter(ring="hold").exists()

    day = {"day": "2026-12-31", "name": "Bridge", "business_unit": people.unit("insurance").pk}
    assert esther.post(add("closedday"), day).status_code == 302
    closed = ClosedDay.objects.get()
    with nothing_changes():
        assert esther.post(add("closedday"), day).status_code == 409
    assert esther.post(do(closed, "remove"), {}).status_code == 302
    assert not ClosedDay.objects.exists()

    made = {"slug": "edge", "name": "Edge", "position": "9", "other_names": "shop floor, Kiosk"}
    assert esther.post(add("environment"), made).status_code == 302
    edge = Environment.objects.get(slug="edge")
    assert edge.other_names == ["shop floor", "kiosk"]
    old = form_of(esther, change(edge))
    taken = esther.post(change(edge), old | {"other_names": "prod"})
    assert taken.status_code == 409 and "Another environment is known as prod" in taken.content.decode()
    assert esther.post(change(edge), old | {"name": "At the edge", "slug": "other"}).status_code == 302
    edge.refresh_from_db()
    assert (edge.slug, edge.name) == ("edge", "At the edge")


def test_the_vote_is_opened_from_the_queue(people: People, world: Capability, signed_in: SignedIn) -> None:
    row = Proposal.objects.get()
    dmitri, esther = signed_in("dmitri"), signed_in("esther")
    with nothing_changes():
        assert dmitri.post(do(row, "open-vote"), {"seen_version": row.version}).status_code == 403
        assert esther.post(do(row, "open-vote"), {"seen_version": "7"}).status_code == 409
    assert esther.post(do(row, "open-vote"), {"seen_version": row.version}).status_code == 302
    row.refresh_from_db()
    assert row.state == "voting"


def test_lists_cost_no_more_with_more_rows(people: People, world: Capability, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    models = ("standard", "exceptionrequest", "grant", "proposal", "closedday", "tierrule", "capability")
    before = {model: statements(client, model) for model in models}
    wandb = making.tool(people, "aim")
    for number in range(3):
        where = making.capability(people, f"more-{number}")
        making.standard(people, where, (wandb, "assess"))
        propose_standard(
            actor=people.ada, capability=where, title="More", reason="Need", rationale="Why",
            rules=[{"tool": wandb.ref, "ring": "trial"}],
        )  # fmt: skip
        add_closed_day(actor=people.esther, day=date(2027, 1, 4 + number), name="Bridge")
    making.sent(people, wandb, "production", days=100)
    assert {model: statements(client, model) for model in models} == before


def statements(client: Client, model: str) -> int:
    client.get(listing(model))
    with CaptureQueriesContext(connection) as captured:
        assert client.get(listing(model)).status_code == 200
    return len(captured)
