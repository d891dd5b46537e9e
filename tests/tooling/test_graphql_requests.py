"""Exception requests through GraphQL: from a draft to a decision, and what the answers say of now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from graphql_relay import to_global_id

from apps.catalog.models import Entity
from apps.core.graphql import split_id
from apps.tooling.actions.reviewing import start_review
from apps.tooling.models import ExceptionRequest
from tests.personas import People
from tests.portal.graphql_client import ask, code, nodes, refusal
from tests.tooling import making, walked
from tests.traces import nothing_changes

Bearer = Callable[..., Client]
FIELDS = """id currentState tier environmentSlugs dataClass version overdue ends requestedUntil
  tradeOffs { name score text } alternatives { tool standard whyNot }
  tool { ref } alternative { ref } team { slug } abilities { decide change appeal withdraw }
  steps { edges { node { id role closedAt abilities { decide } } } }
  grants { edges { node { starts ends } } }
  verdicts { edges { node { approves comment } } } comments { edges { node { text } } }"""
ONE = f"query ($id: ID!) {{ exceptionRequest(id: $id) {{ {FIELDS} }} }}"
LIST = """query ($filter: ExceptionRequestFilter) { exceptionRequests(first: 20, filter: $filter) { edges { node {
  id currentState overdue ends environmentSlugs team { slug } abilities { decide }
  verdicts(first: 5) { edges { node { comment } } } } } } }"""
GRANTS = """query ($entity: String, $tool: String, $team: String, $at: DateTime) {
  exceptionGrants(first: 20, entity: $entity, tool: $tool, team: $team, activeAt: $at) {
    edges { node { tool { ref } team { slug } request { id currentState } } } } }"""


def mutation(field: str, kind: str) -> str:
    return f"mutation ($in: {kind}!) {{ {field}(input: $in) {{ exceptionRequest {{ {FIELDS} }} }} }}"


BEGIN = mutation("beginExceptionRequest", "BeginExceptionRequestInput")
SAVE = mutation("saveExceptionRequest", "SaveExceptionRequestInput")
SUBMIT = mutation("submitExceptionRequest", "SubmitExceptionRequestInput")
WITHDRAW = mutation("withdrawExceptionRequest", "ExceptionRequestInput")
APPEAL = mutation("appealExceptionRequest", "ExceptionTextInput")
COMMENT = mutation("commentOnExceptionRequest", "ExceptionTextInput")
RECUSE = mutation("recuseFromExceptionRequest", "ExceptionTextInput")
VERDICT = mutation("giveVerdict", "GiveVerdictInput")


def act(client: Client, query: str, **given: Any) -> dict[str, Any]:
    """The request that the mutation answers with."""
    (payload,) = ask(client, query, **{"in": given}).values()
    row: dict[str, Any] = payload["exceptionRequest"]
    return row


def gid(row: ExceptionRequest) -> str:
    return str(to_global_id("ExceptionRequest", row.pk))


@pytest.fixture
def wandb(people: People) -> Entity:
    mlflow, wanted = making.tool(people, "mlflow"), making.tool(people, "wandb")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wanted, "hold"))
    return wanted


def whole(tool: Entity) -> dict[str, Any]:
    complete = making.COMPLETE
    return {
        "tool": tool.ref,
        "environments": ["production"],
        "requestedUntil": making.until(100).isoformat(),
        "supportOwner": "risk-ml",
        "objective": complete["objective"],
        "kpi": complete["kpi"],
        "costOfRefusal": complete["cost_of_refusal"],
        "exitPlan": complete["exit_plan"],
        "controls": complete["controls"],
        "alternatives": [
            {"tool": row["tool"], "standard": row["standard"], "whyNot": row["why_not"]}
            for row in complete["alternatives"]
        ],
        "tradeOffs": [
            {"name": name, "score": row[0], "text": row[1]} for name, row in complete["trade_offs"].items()
        ],
    }


def test_from_a_draft_to_a_grant(people: People, wandb: Entity, bearer: Bearer) -> None:
    ben = bearer("ben")
    row = act(ben, BEGIN, tool=wandb.ref, dataClass="CONFIDENTIAL")
    assert (row["currentState"], row["tier"], row["dataClass"], row["team"]["slug"]) == (
        "DRAFT",
        None,
        "CONFIDENTIAL",
        "risk-ml",
    )
    refused = refusal(ben, SUBMIT, **{"in": {"id": row["id"]}})
    assert refused["extensions"]["code"] == "invalid" and "kpi" in refused["extensions"]["errors"]
    row = act(ben, SAVE, id=row["id"], version=row["version"], dataClass="INTERNAL", **whole(wandb))
    assert row["environmentSlugs"] == ["production"] and row["tradeOffs"][0]["score"] == 4
    row = act(ben, SUBMIT, id=row["id"], version=row["version"])
    assert (row["currentState"], row["tier"]) == ("SUBMITTED", "MEDIUM")
    start_review(actor=people.dmitri, request=ExceptionRequest.objects.get(pk=split_id(row["id"])[1]))
    for name in ("dmitri", "farid"):
        steps = nodes(ask(bearer(name), ONE, id=row["id"])["exceptionRequest"]["steps"])
        (step,) = [each for each in steps if each["abilities"]["decide"]]
        row = act(bearer(name), VERDICT, step=step["id"], approves=True, comment="Fine.")
    assert (row["currentState"], len(nodes(row["grants"]))) == ("ACTIVE", 1)
    now = timezone.now().isoformat()
    for wanted, count in (
        ({"tool": wandb.ref, "at": now}, 1),
        ({"team": "claims-ai"}, 0),
        ({"entity": wandb.ref}, 1),
    ):
        assert len(nodes(ask(bearer("kim"), GRANTS, **wanted)["exceptionGrants"])) == count


def test_an_entity_shows_what_its_owner_holds_for_it(people: People, wandb: Entity, bearer: Bearer) -> None:
    walked.a_grant(wandb)
    walked.a_grant(making.tool(people, "neptune"))
    model = Entity.objects.create(
        kind="model", namespace="retail-banking", name="x", owner=people.team("risk-ml")
    )
    walked.a_use(wandb, entity=model)
    found = nodes(ask(bearer("kim"), GRANTS, entity=model.ref)["exceptionGrants"])
    assert [row["tool"]["ref"] for row in found] == [wandb.ref]


def test_expiry_is_judged_when_read(people: People, wandb: Entity, bearer: Bearer) -> None:
    now = timezone.now()
    row = walked.a_request(wandb, "active", decided_at=now)
    walked.a_grant(wandb, request=row, starts=now - timedelta(days=9), expires=now - timedelta(seconds=1))
    kim = bearer("kim")
    assert ask(kim, ONE, id=gid(row))["exceptionRequest"]["currentState"] == "EXPIRED"
    for state, count in (("ACTIVE", 0), ("EXPIRED", 1)):
        assert len(nodes(ask(kim, LIST, filter={"state": [state]})["exceptionRequests"])) == count
    (grant,) = nodes(ask(kim, GRANTS)["exceptionGrants"])
    assert grant["request"]["currentState"] == "EXPIRED"
    assert nodes(ask(kim, GRANTS, at=now.isoformat())["exceptionGrants"]) == []


def test_words_about_a_request(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.in_review(people, wandb)
    said = act(bearer("kim"), COMMENT, id=gid(row), text="We had that too.")
    assert nodes(said["comments"]) == [{"text": "We had that too."}]
    assert not act(bearer("farid"), RECUSE, id=gid(row), text="A friend asks.")["abilities"]["decide"]
    assert act(bearer("ada"), WITHDRAW, id=gid(row))["currentState"] == "WITHDRAWN"


def test_what_is_denied_changes_nothing(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.in_review(people, wandb)
    step = to_global_id("ReviewStep", making.step(row, "central").pk)
    denied: list[tuple[str, str, dict[str, Any], str]] = [
        ("chloe", BEGIN, {"team": "risk-ml"}, "forbidden"),
        ("kim", WITHDRAW, {"id": gid(row)}, "forbidden"),
        ("ben", APPEAL, {"id": gid(row), "text": "Why?"}, "forbidden"),
        ("ben", VERDICT, {"step": step, "approves": True}, "forbidden"),
        ("dmitri", VERDICT, {"step": step, "approves": False}, "invalid"),
        ("kim", SAVE, {"id": gid(row), "objective": "Mine."}, "forbidden"),
        ("ben", BEGIN, {"environments": ["moon"]}, "invalid"),
        ("ben", BEGIN, {"capability": "nothing"}, "invalid"),
        ("ben", BEGIN, {"tradeOffs": [{"name": "charm", "score": 3}]}, "invalid"),
        ("ben", BEGIN, {"requestedUntil": "9999-12-31"}, "invalid"),
        ("ben", BEGIN, {"dataClass": None}, "invalid"),
        ("ben", BEGIN, {"tool": "tool:coe/nowhere"}, "not_found"),
        ("ben", WITHDRAW, {"id": to_global_id("ExceptionRequest", 10**9)}, "not_found"),
    ]
    for name, query, given, expected in denied:
        with nothing_changes():
            assert code(bearer(name), query, **{"in": given}) == expected, (name, given)


def test_null_empties_a_field(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.draft(people, wandb, "production")
    empty = dict.fromkeys(
        ("tool", "objective", "environments", "alternatives", "tradeOffs", "requestedUntil")
    )
    shown = act(bearer("ben"), SAVE, id=gid(row), version=row.version, **empty)
    assert (shown["tool"], shown["environmentSlugs"], shown["alternatives"], shown["tradeOffs"]) == (
        None,
        [],
        [],
        [],
    )
    assert shown["requestedUntil"] is None


def test_statements_do_not_grow_with_rows(people: People, wandb: Entity, bearer: Bearer) -> None:
    client, counts = bearer("esther"), []
    for number in range(2):
        for _ in range(2 + 3 * number):
            request = walked.a_request(wandb)
            walked.a_verdict(wandb, step=walked.a_step(wandb, request=request))
        ask(client, LIST)
        with CaptureQueriesContext(connection) as captured:
            ask(client, LIST)
        counts.append(len(captured))
    assert counts[0] == counts[1], counts
