"""What tooling offers to the other rooms: sentences, cards, panels, search, demand, and the page of uses."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from apps.catalog.models import Entity
from apps.core.feed import feed
from apps.core.plugs import Card, DemandSignal, FeedVerb, NavItem, Panel, Searchable, registered
from apps.people.models import Visibility
from apps.tooling.actions import conditions, granting, reviewing, timekeeping
from apps.tooling.actions.drafts import begin_renewal
from apps.tooling.actions.reviewing import give_verdict, start_review
from apps.tooling.actions.scanning import scan
from apps.tooling.actions.submitting import submit_request
from apps.tooling.models import Capability, Condition, ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.holding import last_end
from apps.tooling.queries.revisiting import to_revisit
from tests.factories import EntityFactory, RelationFactory
from tests.personas import People
from tests.tooling import making

ACTIONS = Path(__file__).parents[2] / "apps/tooling/actions"


@pytest.fixture
def wandb(people: People) -> Entity:
    mlflow, wandb = making.tool(people, "mlflow", title="MLflow"), making.tool(people, "wandb", title="W&B")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wandb, "hold"))
    return wandb


def condition_of(people: People, request: ExceptionRequest) -> Condition:
    due = clock.now() + timedelta(days=4)
    return conditions.attach_condition(
        actor=people.dmitri, request=request, text="Export nightly.", owner=people.ben, due=due
    )


def card(name: str, user: Any) -> list[str]:
    [plug] = [each for each in registered(Card) if each.name == name]
    items, count = plug.items(user, 5)
    assert count >= len(items)
    return [item.title for item in items]


# -- sentences -------------------------------------------------------------------------------------------------


# Verbs that an action chooses among, which no literal in its call of `record` or `move` shows.
CHOSEN = {
    *(f"tooling.request.{verb}" for verb in ("revoked", "revocation_noticed", *timekeeping.VERBS.values())),
    *(f"tooling.proposal.{verb}" for verb in ("accepted", "rejected")),
}


def recorded() -> set[str]:
    """Every verb that an action records: whole ones, and those that `move` completes."""
    calls = [node for path in ACTIONS.glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    found = set(CHOSEN)
    for call in (node for node in calls if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        place, start = {"record": (0, ""), "move": (4, "tooling.request.")}.get(call.func.id, (0, None))
        argument = call.args[place] if start is not None and len(call.args) > place else None
        if isinstance(argument, ast.Constant):
            found.add(f"{start}{argument.value}")
    return found


def test_every_verb_that_an_action_records_reads_as_a_sentence() -> None:
    told = {plug.verb for plug in registered(FeedVerb)}
    known = recorded()
    assert {"tooling.request.approved", "tooling.request.submitted", "tooling.standard.published"} <= known
    assert known - told == set()


@pytest.mark.parametrize("data", [{}, {"changes": ["name"], "level": "low", "days": 1, "approves": False}])
def test_remarks_never_fail(data: dict[str, Any]) -> None:
    for plug in registered(FeedVerb):
        if plug.verb.startswith("tooling."):
            assert isinstance(plug.describe(data), str)


def test_the_life_of_a_request_reads_as_sentences(people: People, wandb: Entity) -> None:
    request = making.approve(people, making.in_review(people, wandb))
    granting.revoke(actor=people.esther, request=request, reason="A leak.", notice_days=3)
    sentences = [line.sentence for line in feed(people.kim)]
    assert f"Esther gave notice of the end of the exception {request}" in sentences
    assert f"Ben asked for the exception {request}" in sentences
    assert "Esther published the standard for Tracking" in sentences
    reviewed = next(line for line in feed(people.kim) if "reviewed" in line.sentence)
    assert reviewed.remark == "Business side: in favour"


# -- cards -----------------------------------------------------------------------------------------------------


def test_cards_tell_each_what_waits_for_them(people: People, wandb: Entity) -> None:
    request = making.in_review(people, wandb)
    assert card("tooling.decide", people.dmitri) == card("tooling.decide", people.farid) == [str(request)]
    assert card("tooling.decide", people.ben) == card("tooling.decide", people.jo) == []
    condition_of(people, request)
    reviewing.ask_info(actor=people.dmitri, request=request, question="Which data?")
    assert card("tooling.answer", people.ben) == [str(request)] and card("tooling.answer", people.chloe) == []


def test_cards_tell_of_evidence_and_of_the_end(people: People, wandb: Entity) -> None:
    request = making.in_review(people, wandb, days=20)
    condition = condition_of(people, request)
    making.approve(people, request)
    assert (
        card("tooling.expiring", people.ada) == [str(request)] and card("tooling.expiring", people.kim) == []
    )
    assert card("tooling.confirm", people.ben) == ["Export nightly."]
    conditions.prove_condition(actor=people.ben, condition=condition, evidence="See the log.")
    assert (
        card("tooling.confirm", people.dmitri) == ["Export nightly."]
        and card("tooling.confirm", people.ben) == []
    )


def test_a_card_proposes_to_close_what_nobody_uses(
    people: People, wandb: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.approve(people, making.in_review(people, wandb))
    assert card("tooling.unused", people.ben) == []
    later = clock.now() + timedelta(days=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert card("tooling.unused", people.ben) == ["W&B"] and card("tooling.unused", people.chloe) == []


def test_the_rail_leads_to_tooling(people: People) -> None:
    labels = [item.label for item in registered(NavItem)]
    assert labels.index("Catalog") < labels.index("Tooling") < labels.index("Wiki")


# -- panels ----------------------------------------------------------------------------------------------------


def test_an_entitys_page_shows_what_is_not_allowed_and_what_by_exception(
    people: People, wandb: Entity, signed_in: Callable[[str], Client]
) -> None:
    model = EntityFactory(stage="production")
    RelationFactory(source=model, target=wandb, type="uses_tool")
    hidden = making.tool(people, "secret-engine", visibility=Visibility.RESTRICTED)
    RelationFactory(source=model, target=hidden, type="uses_tool")
    scan()
    page = signed_in("kim").get(model.get_absolute_url()).content.decode()
    assert "Tools in use" in page and "Not allowed" in page and "secret-engine" not in page
    request = making.approve(people, making.in_review(people, wandb))
    page = signed_in("kim").get(model.get_absolute_url()).content.decode()
    assert f"Exception {request.pk}" in page and "Not allowed" not in page
    tool_page = signed_in("kim").get(wandb.get_absolute_url()).content.decode()
    assert "Standards" in tool_page and "Risk ML" in tool_page and request.get_absolute_url() in tool_page


def test_panels_say_nothing_where_there_is_nothing(people: People) -> None:
    plugs = {plug.name: plug for plug in registered(Panel)}
    assert plugs["tooling.use"].context(people.kim, EntityFactory()) is None
    assert plugs["tooling.standing"].context(people.kim, EntityFactory()) is None


# -- search ----------------------------------------------------------------------------------------------------


def test_requests_and_capabilities_are_found_by_who_may_see_them(people: People, wandb: Entity) -> None:
    request = making.sent(people, wandb, objective="Explain credit scoring runs")
    making.draft(people, wandb, objective="Explain credit drafts")
    found = {plug.name: plug for plug in registered(Searchable)}
    rows = ExceptionRequest.objects.visible_to(people.kim)
    assert [hit.title for hit in found["exceptions"].search(rows, "credit scor", 5)] == [str(request)]
    assert list(found["exceptions"].search(rows, "", 5)) == []
    capabilities = Capability.objects.visible_to(people.kim)
    assert [hit.title for hit in found["capabilities"].search(capabilities, "track", 5)] == ["Tracking"]


# -- demand ----------------------------------------------------------------------------------------------------


def test_a_hit_tells_the_state_as_it_is_now(
    people: People, wandb: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = making.sent(people, wandb)
    ends = last_end(request)
    assert ends is not None and ExceptionRequest.objects.get().state == "active"
    [plug] = [each for each in registered(Searchable) if each.name == "exceptions"]
    for now, state in ((ends - timedelta(seconds=1), "active"), (ends, "expired")):
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        [hit] = plug.search(ExceptionRequest.objects.visible_to(people.kim), "W&B", 5)
        assert hit.kind == f"Exception, {state}"


def signals(user: Any) -> list[str]:
    [plug] = [each for each in registered(DemandSignal) if each.name == "tooling.revisit"]
    return [f"{item.title}: {item.remark}" for item in plug.signals(user)]


def test_three_teams_ask_to_revisit_the_standard(
    people: People, wandb: Entity, signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("kim")
    making.sent(people, wandb)
    making.sent(people, wandb, by="chloe", team=people.team("claims-ai"))
    assert signals(people.kim) == []
    assertNotContains(page.get("/tooling/proposals/"), "Standards to revisit")
    making.sent(people, wandb, by="dmitri", team=people.team("ml-platform"))
    [signal] = signals(people.kim)
    assert signal.startswith("Revisit the standard for W&B: 3 teams since")
    shown = page.get("/tooling/proposals/")
    assertContains(shown, f'<a href="{reverse("tooling:tool", args=[wandb.namespace, wandb.name])}">')
    assertContains(shown, "3 teams since")
    making.standard(people, Capability.objects.get(slug="tracking"), (wandb, "trial"))
    assert signals(people.kim) == []  # the revision weighed them


def test_two_renewals_ask_to_revisit_the_standard(people: People, wandb: Entity) -> None:
    at = clock.now()
    request = making.sent(people, wandb, days=28)
    for _ in range(2):
        assert to_revisit(people.kim, at) == []
        ends = last_end(request)
        assert ends is not None
        at = ends - timedelta(days=2)
        renewal = begin_renewal(actor=people.ben, request=request, at=at)
        ExceptionRequest.objects.filter(pk=renewal.pk).update(
            requested_until=(ends + timedelta(days=25)).date()
        )
        request = submit_request(actor=people.ben, request=renewal, at=at)
        start_review(actor=people.dmitri, request=request, at=at)
        give_verdict(actor=people.dmitri, step=making.step(request, "central"), approves=True, at=at)
        ExceptionRequest.objects.filter(pk=request.pk).update(state="active")
        request.refresh_from_db()
    [demand] = to_revisit(people.kim, at)
    assert (demand.renewals, demand.teams) == (2, 1)


# -- the page of uses ------------------------------------------------------------------------------------------


def test_the_page_lists_uses_by_their_standing(
    people: People, wandb: Entity, signed_in: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    client = signed_in("kim")
    assert "Not scanned yet" in client.get("/tooling/use/").content.decode()
    for number in range(4):
        RelationFactory(source=EntityFactory(title=f"Model {number}"), target=wandb, type="uses_tool")
    scan()
    with django_assert_max_num_queries(16):
        page = client.get("/tooling/use/").content.decode()
    assert "Model 0" in page and "and 1 more" in page and "Not allowed" in page
    assert "Nothing matches" in client.get("/tooling/use/?show=excepted").content.decode()
    assert "Model 0" in client.get("/tooling/use/?team=risk-ml&environment=development").content.decode()
    assert "No unused exception" in client.get("/tooling/use/?show=unused").content.decode()
    for odd in ("from=-1", "from=9999999999", "from=x", "show=x", "team=x", "cursor=x"):
        assert client.get(f"/tooling/use/?{odd}").status_code == 200, odd
    assert client.get("/tooling/use/?show=unused&cursor=x").status_code == 400
    assert client.get("/tooling/use/?show=%00").status_code == 400
    assert Client().get("/tooling/use/").status_code == 302
