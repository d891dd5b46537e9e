"""Exception requests over REST: drafts, every move by an address of its own, and time as the database tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Entity
from apps.people.models import Committee
from apps.tooling.actions.standards import publish_standard
from apps.tooling.models import ExceptionRequest, Grant
from tests.personas import People
from tests.tooling import making, walked
from tests.traces import nothing_changes

LIST = "/api/v1/tooling/requests/"
Bearer = Callable[..., Client]


def send(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type="application/json")


def change(client: Client, pk: int, **body: Any) -> Any:
    return client.patch(f"{LIST}{pk}/", body, content_type="application/json")


@pytest.fixture
def wandb(people: People) -> Entity:
    mlflow, wanted = making.tool(people, "mlflow"), making.tool(people, "wandb")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wanted, "hold"))
    return wanted


def whole(tool: Entity, **fields: Any) -> dict[str, Any]:
    """A complete draft as a client sends it."""
    trade_offs = {
        name: {"score": row[0], "text": row[1]} for name, row in making.COMPLETE["trade_offs"].items()
    }
    return {
        **making.COMPLETE,
        "trade_offs": trade_offs,
        "tool": tool.ref,
        "environments": ["production"],
        "support_owner": "risk-ml",
        "requested_until": making.until(100).isoformat(),
        **fields,
    }


def test_from_a_draft_to_a_grant(people: People, wandb: Entity, bearer: Bearer) -> None:
    ben = bearer("ben")
    row = send(ben, LIST, tool=wandb.ref, environments=["production"]).json()
    assert (row["state"], row["team"], row["tool"]["ref"], row["tier"]) == ("draft", "risk-ml", wandb.ref, "")
    outlook = row["outlook"]
    assert (outlook["tier"], outlook["steps"], outlook["instant"]) == (
        "medium",
        ["central", "business"],
        False,
    )
    assert {"objective", "alternatives", "requested_until"} <= set(outlook["missing"])
    assert outlook["decisions"] == [{"environment": "production", "allowed": False, "reason": "hold"}]
    at = f"{LIST}{row['id']}/"
    refused = send(ben, f"{at}submit/")
    assert refused.status_code == 409 and "kpi" in refused.json()["errors"]
    row = change(ben, row["id"], version=row["version"], **whole(wandb)).json()
    assert row["outlook"]["missing"] == {} and row["trade_offs"]["value"]["score"] == 4
    row = send(ben, f"{at}submit/", version=row["version"]).json()
    assert (row["state"], row["tier"], row["outlook"]) == ("submitted", "medium", None)
    assert send(bearer("dmitri"), f"{at}start-review/").json()["state"] == "in_review"
    for name, role in (("dmitri", "central"), ("farid", "business")):
        steps = bearer(name).get(at).json()["steps"]
        (step,) = [each for each in steps if each["can_decide"]]
        assert step["role"] == role
        row = send(bearer(name), f"{at}verdict/", step=step["id"], approves=True, comment="Fine.").json()
    assert (row["state"], row["grants"][0]["active"], row["overdue"]) == ("active", True, False)
    found = bearer("kim").get(f"/api/v1/tooling/grants/?active=true&tool={wandb.ref}&team=risk-ml").json()
    assert [each["request"] for each in found["results"]] == [row["id"]]


def test_a_state_never_moves_by_patch(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.draft(people, wandb)
    for field in ("state", "tier", "team", "requester"):
        with nothing_changes():
            answer = change(bearer("ben"), row.pk, version=row.version, **{field: "active"})
        assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
    sentence = change(bearer("ben"), row.pk, version=1, state="active").json()["errors"]["state"][0]
    assert "POST …/submit/" in sentence and "…/withdraw/" in sentence


def test_the_team_is_that_of_the_token(people: People, wandb: Entity, bearer: Bearer) -> None:
    for name in ("chloe", "kim", "esther", "dmitri"):
        with nothing_changes():
            assert send(bearer(name), LIST, tool=wandb.ref, team="risk-ml").status_code == 403
    assert send(bearer("ci-risk"), LIST, tool=wandb.ref).json()["team"] == "risk-ml"


def test_a_stale_version_overwrites_nothing(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.draft(people, wandb)
    assert change(bearer("ben"), row.pk, objective="First").status_code == 428
    assert change(bearer("ben"), row.pk, version=row.version, objective="First").status_code == 200
    with nothing_changes():
        answer = change(bearer("ada"), row.pk, version=row.version, objective="Second")
    assert answer.status_code == 409 and answer.json()["possible"] == ["reload"]


def test_expiry_is_judged_when_read(people: People, wandb: Entity, bearer: Bearer) -> None:
    """The stored state still says active."""
    now = timezone.now()
    row = walked.a_request(wandb, "active", decided_at=now)
    walked.a_grant(wandb, request=row, starts=now - timedelta(days=9), expires=now - timedelta(seconds=1))
    client = bearer("kim")
    shown = client.get(f"{LIST}{row.pk}/").json()
    assert (shown["state"], shown["grants"][0]["active"]) == ("expired", False)
    for state, count in (("active", 0), ("expired", 1)):
        assert len(client.get(f"{LIST}?state={state}").json()["results"]) == count
    assert ExceptionRequest.objects.get(pk=row.pk).state == "active"
    for query, count in (
        ("active=true", 0),
        (f"active_at={(now - timedelta(days=1)):%Y-%m-%dT%H:%M:%SZ}", 1),
    ):
        assert len(client.get(f"/api/v1/tooling/grants/?{query}").json()["results"]) == count


def test_the_register_is_narrowed(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.in_review(people, wandb)
    late = walked.a_request(making.tool(people, "neptune"), due_at=timezone.now() - timedelta(days=1))
    making.draft(people, wandb)
    queries = {
        "": [late.pk, row.pk],
        f"?tool={wandb.ref}": [row.pk],
        "?overdue=true": [late.pk],
        "?state=in_review&team=risk-ml&environment=production": [late.pk, row.pk],
        "?team=claims-ai": [],
        "?tier=high": [],
        "?decidable=true": [],
    }
    kim = bearer("kim")
    for query, expected in queries.items():
        assert [each["id"] for each in kim.get(LIST + query).json()["results"]] == expected, query
    assert [each["id"] for each in bearer("farid").get(f"{LIST}?decidable=true").json()["results"]] == [
        row.pk
    ]


def test_a_rejection_names_an_alternative_and_is_appealed(
    people: People, wandb: Entity, bearer: Bearer
) -> None:
    row = making.in_review(people, wandb)
    at, step = f"{LIST}{row.pk}/", making.step(row, "central").pk
    with nothing_changes():
        answer = send(bearer("dmitri"), f"{at}verdict/", step=step, approves=False)
    assert answer.status_code == 409 and set(answer.json()["errors"]) == {"comment", "alternative"}
    against = {"approves": False, "comment": "MLflow does it.", "alternative": "tool:coe/mlflow"}
    for name, role in (("dmitri", "central"), ("farid", "business")):
        assert (
            send(bearer(name), f"{at}verdict/", step=making.step(row, role).pk, **against).status_code == 200
        )
    shown = bearer("kim").get(at).json()
    assert (shown["state"], shown["alternative"]["ref"]) == ("rejected", "tool:coe/mlflow")
    shown = send(bearer("ada"), f"{at}appeal/", reason="It does not.").json()
    assert (shown["state"], shown["round"]) == ("appealed", 2)
    assert not bearer("dmitri").get(at).json()["abilities"]["decide"]
    assert bearer("esther").get(at).json()["abilities"]["decide"]


def test_a_question_and_its_answer(people: People, wandb: Entity, bearer: Bearer) -> None:
    at = f"{LIST}{making.sent(people, wandb, 'production', days=100).pk}/"
    assert send(bearer("dmitri"), f"{at}triage/").json()["triager"] == "dmitri"
    row = send(bearer("dmitri"), f"{at}ask-info/", question="Which data?").json()
    assert (row["state"], row["question"], row["next"]["by"]) == ("needs_info", "Which data?", None)
    row = send(bearer("ada"), f"{at}answer-info/", answer="Scores only.").json()
    assert (row["state"], [each["text"] for each in row["comments"]]) == (
        "triage",
        ["Scores only.", "Which data?"],
    )
    assert send(bearer("kim"), f"{at}comment/", text="We had that too.").status_code == 201


def test_conditions_from_asked_to_met(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.in_review(people, wandb)
    due = (timezone.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = send(bearer("farid"), f"{LIST}{row.pk}/conditions/", text="Back up.", owner="ada", due=due)
    assert asked.status_code == 201
    at = f"/api/v1/tooling/conditions/{asked.json()['id']}/"
    with nothing_changes():
        assert send(bearer("dmitri"), f"{at}confirm/").status_code in {403, 409}
    assert send(bearer("ada"), f"{at}prove/", evidence="Done.").json()["evidence_by"] == "ada"
    assert send(bearer("dmitri"), f"{at}return/", reason="Where?").json()["returned"] == "Where?"
    send(bearer("ada"), f"{at}prove/", evidence="There.")
    assert send(bearer("dmitri"), f"{at}confirm/").json()["met_by"] == "dmitri"
    assert [
        each["id"] for each in bearer("kim").get("/api/v1/tooling/conditions/?state=met").json()["results"]
    ]


def test_ending_an_exception(people: People, wandb: Entity, bearer: Bearer) -> None:
    row = making.sent(people, wandb)
    at = f"{LIST}{row.pk}/"
    noticed = send(bearer("esther"), f"{at}revoke/", reason="A leak.", notice_days=7).json()
    assert (noticed["state"], noticed["grants"][0]["active"]) == ("active", True)
    closed = send(bearer("ben"), f"{at}close/").json()
    assert (closed["state"], closed["grants"][0]["active"]) == ("closed", False)
    renewed = send(bearer("ben"), f"{at}renew/")
    assert renewed.status_code in {403, 409} and Grant.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"requested_until": "2026-02-30"},
        {"requested_until": "9999-12-31"},
        {"trade_offs": {"value": {"score": 6}}},
        {"trade_offs": {"charm": {"score": 1}}},
        {"trade_offs": [4, "x"]},
        {"alternatives": [{"tool": "x", "score": 1}]},
        {"environments": "production"},
        {"data_class": 2},
        {"objective": "a\u202eb"},
        {"emergency": "yes"},
    ],
)
def test_malformed_bodies_are_named(people: People, bearer: Bearer, body: dict[str, Any]) -> None:
    with nothing_changes():
        answer = send(bearer("ben"), LIST, **body)
    assert answer.status_code == 400
    assert all(name.split(".")[0] in body for name in answer.json()["errors"])


def test_standards_and_proposals(people: People, wandb: Entity, bearer: Bearer) -> None:
    rules = [{"tool": wandb.ref, "ring": "trial", "environment": "test", "data_class": "internal"}]
    body = {"capability": "tracking", "rationale": "It is good.", "rules": rules}
    with nothing_changes():
        assert send(bearer("ada"), "/api/v1/tooling/standards/", **body).status_code == 403
        assert (
            send(bearer("esther"), "/api/v1/tooling/standards/", **body, base_revision=7).status_code == 409
        )
    made = send(bearer("esther"), "/api/v1/tooling/standards/", **body, base_revision=1).json()
    assert (made["revision"], made["rules"][0]["ring"], made["rules"][0]["data_class"]) == (
        2,
        "trial",
        "internal",
    )
    in_force = (
        bearer("kim").get("/api/v1/tooling/standards/?in_force=true&capability=tracking").json()["results"]
    )
    assert [each["revision"] for each in in_force] == [2]
    more = {"title": "All of it", "reason": "It holds.", "base_revision": 2}
    row = send(bearer("ben"), "/api/v1/tooling/proposals/", **body, **more).json()
    at = f"/api/v1/tooling/proposals/{row['id']}/"
    assert send(bearer("kim"), f"{at}comment/", text="Yes.").json()["comments"][0]["author"] == "kim"
    assert send(bearer("esther"), f"{at}open-vote/").json()["state"] == "voting"
    with nothing_changes():
        assert send(bearer("esther"), f"{at}vote/", approves=True).status_code == 403
    Committee.objects.filter(purpose="standards").update(quorum=1)
    row = send(bearer("ivan"), f"{at}vote/", approves=True).json()
    assert (row["state"], row["outcome"], row["votes"][0]["user"]) == ("accepted", 3, "ivan")


def test_a_later_revision_that_begins_earlier_holds(people: People, wandb: Entity, bearer: Bearer) -> None:
    """The list answers as the book does: the highest revision that has begun."""
    where = making.capability(people, "serving")
    rules = [{"tool": wandb.ref, "ring": "hold"}]
    frame = {"actor": people.esther, "capability": where, "rationale": "Because.", "rules": rules}
    publish_standard(**frame)
    publish_standard(**frame, effective_from=timezone.now() + timedelta(days=30))
    address = "/api/v1/tooling/standards/?in_force=true&capability=serving"
    assert [each["revision"] for each in bearer("kim").get(address).json()["results"]] == [1]
    publish_standard(**frame)
    assert [each["revision"] for each in bearer("kim").get(address).json()["results"]] == [3]
