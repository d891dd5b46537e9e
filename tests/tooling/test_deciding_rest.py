"""One question over REST: what the tool, team, environment and data class may be called, who may ask, what is counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.policies import SYSTEM
from apps.people.actions import start_membership
from apps.tooling.actions import counting
from apps.tooling.actions.tools import name_package
from apps.tooling.models import DecisionCount, Environment
from tests.personas import People
from tests.tooling import making
from tests.tooling.asking import DECIDE, FIELDS
from tests.tooling.deciding import World, a_grant, now


@pytest.fixture
def world(people: People) -> World:
    return World.of(people)


@pytest.fixture
def script(people: People, bearer: Callable[..., Client]) -> Client:
    return bearer("ci-risk", "tooling:decide")


def ask(script: Client, status: int = 200, **said: Any) -> dict[str, Any]:
    body = {"tool": "wandb", "version": "1.0", "environment": "production", "data_class": "internal"} | said
    answer = script.post(DECIDE, json.dumps(body), "application/json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


@pytest.mark.parametrize(
    "text",
    ["tool:coe/wandb", "TOOL:coe/wandb".lower(), "tool:COE/WandB", "wandb", "WandB", "pypi:wandb", "wandb/local",
     "wandb/local:1.0.0", "harbor.example.com/hub/wandb/local@sha256:" + "a" * 64],
)  # fmt: skip
def test_a_tool_is_found_by_reference_package_image_or_name(world: World, script: Client, text: str) -> None:
    assert ask(script, tool=text)["tool"] == "tool:coe/wandb"


@pytest.mark.parametrize(
    "text", ["model:coe/wandb", "somebody/wandb", "wandb2", "npm:wandb", "‘; drop", "%", "<b>"]
)
def test_what_means_no_tool_is_unknown_and_echoed(world: World, script: Client, text: str) -> None:
    answer = ask(script, tool=text)
    assert (answer["allowed"], answer["reason"], answer["tool"]) == (False, "unknown_tool", text)
    assert answer["ring"] == "assess" and answer["cache_until"]


def test_a_name_that_means_two_tools_means_none(world: World, script: Client) -> None:
    other = making.tool(world.people, "wandb-js")
    name_package(actor=SYSTEM, tool=other, ecosystem="npm", name="wandb")
    assert ask(script, tool="wandb")["reason"] == "unknown_tool"
    assert ask(script, tool="pypi:wandb")["tool"] == "tool:coe/wandb"
    assert ask(script, tool="npm:wandb")["tool"] == "tool:coe/wandb-js"


def test_a_tool_of_a_standard_that_the_asker_does_not_see_is_judged_by_the_text_they_sent(
    world: World, script: Client
) -> None:
    hidden = world.tools["wandb"]
    type(hidden)._base_manager.filter(pk=hidden.pk).update(visibility="restricted")
    for text in ("tool:coe/wandb", "wandb"):
        answer = ask(script, tool=text)
        assert (answer["reason"], answer["tool"], answer["rule"]["tool"]) == ("hold", text, text)


def test_alternatives_that_the_asker_does_not_see_are_left_out(world: World, script: Client) -> None:
    assert ask(script)["alternatives"] == ["tool:coe/mlflow"]
    best = world.tools["mlflow"]
    type(best)._base_manager.filter(pk=best.pk).update(visibility="restricted")
    assert ask(script)["alternatives"] == []


def test_a_denial_leads_to_the_form_filled_in(world: World, script: Client) -> None:
    address = urlsplit(ask(script)["request_url"])
    assert address.path == "/tooling/requests/new/"
    assert parse_qs(address.query) == {
        "tool": ["tool:coe/wandb"],
        "version": ["1.0"],
        "environment": ["production"],
        "data_class": ["internal"],
        "team": ["risk-ml"],
    }
    assert ask(script, tool="mlflow")["request_url"] is None


@pytest.mark.parametrize("name", ["prod", "PROD", "live", "Production", " production "])
def test_an_environment_has_other_names(world: World, script: Client, name: str) -> None:
    assert ask(script, environment=name)["environment"] == "production"


def test_an_unknown_environment_is_told_the_known_ones(world: World, script: Client) -> None:
    problem = ask(script, 400, environment="moon")
    assert "moon" in problem["errors"]["environment"][0] and "production or prod or live" in problem["detail"]


@pytest.mark.parametrize(
    "wrong",
    [{"data_class": "secret"}, {"data_class": 3}, {"tool": ""}, {"tool": "a\x00b"}, {"version": 1},
     {"version": "1" * 129}, {"state": "allowed"}, {"at": "2020-01-01T00:00:00Z"}, {"tool": "x" * 301},
     {"team": "No Team"}],
)  # fmt: skip
def test_what_is_malformed_is_refused(world: World, script: Client, wrong: dict[str, Any]) -> None:
    before = DecisionCount.objects.count()
    assert ask(script, 400, **wrong)["code"] == "invalid"
    assert DecisionCount.objects.count() == before


def test_another_team_in_the_body_is_refused(world: World, script: Client) -> None:
    before = DecisionCount.objects.count()
    problem = ask(script, 403, team="claims-ai")
    assert "claims-ai" in problem["detail"] and DecisionCount.objects.count() == before
    assert ask(script, team="risk-ml")["team"] == "risk-ml"


def test_somebody_in_several_teams_says_which(world: World, bearer: Callable[..., Client]) -> None:
    start_membership(actor=SYSTEM, user=world.people.ben, team=world.people.team("claims-ai"))
    script = bearer("ben", "tooling:decide")
    assert "claims-ai, risk-ml" in ask(script, 403)["detail"]
    assert ask(script, team="claims-ai")["team"] == "claims-ai"
    assert ask(script, 403, team="ml-platform")["status"] == 403


def test_who_has_no_team_is_refused(world: World, bearer: Callable[..., Client]) -> None:
    for name in ("kim", "root"):
        assert "no team" in ask(bearer(name, "tooling:decide"), 403)["detail"]


def test_a_token_needs_the_scope_and_a_session_needs_none(
    world: World, bearer: Callable[..., Client], signed_in: Callable[[str], Client]
) -> None:
    assert "tooling:decide" in ask(bearer("ci-risk", "read", "write", "admission"), 403)["detail"]
    assert ask(signed_in("ben"))["reason"] == "hold"
    assert Client().post(DECIDE, "{}", "application/json").status_code == 401


def test_graphql_wants_the_scope_too(world: World, bearer: Callable[..., Client]) -> None:
    query = f'{{ decide(tool: "wandb", environment: "production", dataClass: "internal") {{ {FIELDS} }} }}'
    refused = bearer("ci-risk", "read").post("/graphql", {"query": query}, "application/json").json()
    assert (
        refused["errors"][0]["extensions"]["code"] == "forbidden"
        and "tooling:decide" in refused["errors"][0]["message"]
    )
    other = query.replace('"wandb"', '"wandb", team: "claims-ai"')
    script = bearer("ci-risk", "tooling:decide")
    assert (
        script.post("/graphql", {"query": other}, "application/json").json()["errors"][0]["extensions"][
            "code"
        ]
        == "forbidden"
    )
    unknown = query.replace("production", "moon")
    assert (
        script.post("/graphql", {"query": unknown}, "application/json").json()["errors"][0]["extensions"][
            "code"
        ]
        == "invalid"
    )


def test_denied_and_excepted_answers_are_counted_and_allowed_ones_write_nothing(
    world: World, script: Client
) -> None:
    for _ in range(3):
        ask(script)
    ask(script, tool="mlflow")
    ask(script, tool="unheard")
    grant = a_grant(world.tools["wandb"], "staging")
    ask(script, environment="staging")
    columns = (
        "tool_name",
        "tool__name",
        "environment__slug",
        "reason",
        "surface",
        "grant",
        "count",
        "team__slug",
    )
    assert set(DecisionCount.objects.values_list(*columns)) == {
        ("tool:coe/wandb", "wandb", "production", "hold", "rest", None, 3, "risk-ml"),
        ("unheard", None, "production", "unknown_tool", "rest", None, 1, "risk-ml"),
        ("tool:coe/wandb", "wandb", "staging", "excepted", "rest", grant.pk, 1, "risk-ml"),
    }
    assert set(DecisionCount.objects.values_list("day", flat=True)) == {now().date()}


def test_a_count_that_fails_costs_no_answer(
    world: World, script: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNT", "SELECT 1 / 0 FROM nowhere")
    assert ask(script)["reason"] == "hold"
    monkeypatch.undo()
    assert DecisionCount.objects.count() == 0
    assert ask(script)["reason"] == "hold" and DecisionCount.objects.get().count == 1


def test_an_answer_costs_few_statements(world: World, script: Client) -> None:
    """Token, standing, the book's stamp; and where something is denied, the count."""
    ask(script), ask(script, tool="mlflow")
    with CaptureQueriesContext(connection) as allowed:
        ask(script, tool="mlflow")
    assert len(allowed) <= 3, [each["sql"] for each in allowed]
    with CaptureQueriesContext(connection) as denied:
        ask(script)
    written = [each for each in denied if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(written) <= 4, [each["sql"] for each in denied]


def test_a_condition_and_a_revocation_are_told(world: World, script: Client) -> None:
    grant = a_grant(world.tools["wandb"], versions=">=2")
    assert ask(script, version="1.0")["reason"] == "hold"
    assert ask(script, version="2.4")["grant"]["id"] == grant.pk
    type(grant)._base_manager.filter(pk=grant.pk).update(revoked_at=now() - timedelta(seconds=1))
    assert ask(script, version="2.4")["reason"] == "grant_revoked"


def test_an_environment_may_be_renamed(world: World, script: Client) -> None:
    a_grant(world.tools["wandb"])
    assert ask(script)["reason"] == "excepted"
    Environment.objects.filter(slug="production").update(slug="prime")
    assert ask(script, environment="prime")["reason"] == "excepted"
    assert ask(script, environment="live")["environment"] == "prime"


def test_a_failing_database_is_no_trace(
    world: World, script: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Any:
        raise DatabaseError("secret words")

    monkeypatch.setattr("apps.tooling.actions.counting.snapshot", broken)
    script.raise_request_exception = False
    answer = script.post(
        DECIDE, {"tool": "x", "environment": "prod", "data_class": "internal"}, "application/json"
    )
    assert answer.status_code == 500 and b"secret words" not in answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
