"""The catalog through GraphQL: pages, filters, lineage and changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql_relay import to_global_id

from apps.catalog.actions import grant_access
from apps.catalog.models import Entity, EntityGroupGrant, Relation
from apps.core.models import Event
from tests.factories import (
    DeploymentFactory,
    EntityFactory,
    FindingFactory,
    RelationFactory,
    SourceFactory,
    SyncRunFactory,
    VersionFactory,
)
from tests.personas import People
from tests.portal.graphql_client import ask, code, nodes, post, refusal

Bearer = Callable[..., Client]

PAGE = """
query ($first: Int!) {
  entities(first: $first) { edges { node {
    ref tags abilities { change administer } owner { slug name }
    outgoing { edges { node { type target { ref } } } }
    incoming { edges { node { type source { ref } } } }
  } } pageInfo { hasNextPage } }
}
"""
NAMES = """
query ($first: Int, $after: String, $last: Int, $before: String, $filter: EntityFilter, $search: String,
       $orderBy: EntityOrder) {
  entities(first: $first, after: $after, last: $last, before: $before, filter: $filter, search: $search,
           orderBy: $orderBy) {
    edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


def names(client: Client, **variables: Any) -> list[str]:
    return [node["name"] for node in nodes(ask(client, NAMES, **variables)["entities"])]


def grow(rows: int) -> None:
    for _ in range(rows):
        entity = EntityFactory(tags=["fraud"])
        RelationFactory(source=entity)
        RelationFactory(target=entity, type="depends_on")


def statements(client: Client, query: str, **variables: Any) -> int:
    ask(client, query, **variables)
    with CaptureQueriesContext(connection) as captured:
        ask(client, query, **variables)
    return len(captured)


def test_page_takes_eight_statements_whatever_its_size(people: People, bearer: Bearer) -> None:
    """Token, standing, entities, owners, outgoing, targets, incoming, sources."""
    client = bearer("ada")
    grow(2)
    few = statements(client, PAGE, first=100)
    grow(40)
    assert statements(client, PAGE, first=100) == few == 8


# Reading


def test_pages_follow_each_other_both_ways(bearer: Bearer) -> None:
    client = bearer("kim")
    for name in ("Beta", "alpha", "delta", "gamma", "Epsilon"):
        EntityFactory(name=name)
    first = ask(client, NAMES, first=2)["entities"]
    assert [node["name"] for node in nodes(first)] == ["alpha", "Beta"]
    assert first["pageInfo"] | {"startCursor": "", "endCursor": ""} == {
        "hasNextPage": True, "hasPreviousPage": False, "startCursor": "", "endCursor": "",
    }  # fmt: skip
    second = ask(client, NAMES, first=2, after=first["pageInfo"]["endCursor"])["entities"]
    assert [node["name"] for node in nodes(second)] == ["delta", "Epsilon"]
    third = ask(client, NAMES, first=2, after=second["pageInfo"]["endCursor"])["entities"]
    assert [node["name"] for node in nodes(third)] == ["gamma"]
    assert third["pageInfo"]["hasNextPage"] is False
    assert names(client, last=2, before=third["pageInfo"]["startCursor"]) == ["delta", "Epsilon"]
    assert names(client, last=9, before=second["pageInfo"]["startCursor"]) == ["alpha", "Beta"]
    assert names(client, first=2, after=third["pageInfo"]["endCursor"]) == []


def test_nested_pages_are_cut_per_parent(bearer: Bearer) -> None:
    for name in ("one", "two"):
        entity = EntityFactory(name=name)
        for number in range(1, 6):
            VersionFactory(entity=entity, version=f"{name}-{number}", number=number)
    query = """query ($after: String) { entities(filter: {kind: MODEL}) { edges { node {
      versions(first: 2, after: $after) { edges { node { version } } pageInfo { hasNextPage endCursor } }
      } } } }"""
    pages = [node["versions"] for node in nodes(ask(bearer("kim"), query)["entities"])]
    assert [[row["version"] for row in nodes(page)] for page in pages] == [
        ["one-5", "one-4"],
        ["two-5", "two-4"],
    ]
    after = pages[0]["pageInfo"]["endCursor"]
    pages = [node["versions"] for node in nodes(ask(bearer("kim"), query, after=after)["entities"])]
    assert [[row["version"] for row in nodes(page)] for page in pages] == [
        ["one-3", "one-2"],
        ["two-3", "two-2"],
    ]
    assert [page["pageInfo"]["hasNextPage"] for page in pages] == [True, True]


def test_filters_narrow(people: People, bearer: Bearer) -> None:
    client = bearer("chloe")
    insurance = people.team("claims-ai")
    EntityFactory(name="fraud", stage="production", tags=["fraud", "cards"], tier=1)
    EntityFactory(name="claims", kind="dataset", owner=insurance, reusable=True)
    EntityFactory(name="lost", kind="tool", owner=None)
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({"kind": "MODEL"}, ["fraud"]),
        ({"kind": ["MODEL", "DATASET"]}, ["claims", "fraud"]),
        ({"unit": "insurance"}, ["claims"]),
        ({"team": ["risk-ml", "nobody"]}, ["fraud"]),
        ({"stage": "PRODUCTION", "tag": ["fraud", "cards"]}, ["fraud"]),
        ({"tag": ["fraud", "other"]}, []),
        ({"tier": 1}, ["fraud"]),
        ({"mine": True}, ["claims"]),
        ({"unowned": True}, ["lost"]),
        ({"reusable": True}, ["claims"]),
        ({}, ["claims", "fraud", "lost"]),
        ({"kind": None}, ["claims", "fraud", "lost"]),
    ]
    for wanted, found in expected:
        assert names(client, filter=wanted) == found, wanted
    assert names(client, search="frau") == ["fraud"]
    assert names(client, search="  ") == names(client, orderBy="NAME") == ["claims", "fraud", "lost"]
    assert names(client, orderBy="NAME_DESCENDING") == ["lost", "fraud", "claims"]
    assert names(client, orderBy="RECENTLY_CHANGED") == ["lost", "claims", "fraud"]


def test_abilities_are_those_of_the_policies(people: People, bearer: Bearer) -> None:
    EntityFactory(name="thing")
    query = "{ entities { edges { node { abilities { change administer } } } } }"
    for name, change, administer in (
        ("ada", True, True),
        ("ben", True, False),
        ("chloe", False, False),
        ("esther", False, True),
        ("kim", False, False),
    ):
        (node,) = nodes(ask(bearer(name), query)["entities"])
        assert node["abilities"] == {"change": change, "administer": administer}, name


def test_lineage_shows_what_the_caller_may_see(people: People, bearer: Bearer) -> None:
    model = EntityFactory(name="score")
    RelationFactory(source=model, target=EntityFactory(kind="dataset", name="open"))
    RelationFactory(
        source=model, target=EntityFactory(kind="dataset", name="closed", visibility="restricted")
    )
    query = """query ($ref: String!, $direction: LineageDirection) {
      lineage(ref: $ref, direction: $direction, depth: 2) {
      nodes { distance entity { name owner { slug } } } edges { start end type } truncated } }"""
    ref = "model:retail-banking/score"
    seen = ask(bearer("chloe"), query, ref=ref)["lineage"]
    assert {node["entity"]["name"]: node["distance"] for node in seen["nodes"]} == {"open": -1, "score": 0}
    assert seen["edges"] == [{"start": "dataset:retail-banking/open", "end": ref, "type": "TRAINED_ON"}]
    assert len(ask(bearer("ben"), query, ref=ref)["lineage"]["nodes"]) == 3
    assert len(ask(bearer("ben"), query, ref=ref, direction="DOWN")["lineage"]["nodes"]) == 1
    assert code(bearer("chloe"), query, ref="dataset:retail-banking/closed") == "not_found"
    assert code(bearer("chloe"), query, ref="nonsense") == "not_found"


def test_lineage_takes_the_same_statements_for_any_number_of_nodes(people: People, bearer: Bearer) -> None:
    model = EntityFactory(name="score")
    query = (
        '{ lineage(ref: "model:retail-banking/score") { nodes { distance entity { ref owner { slug } } } } }'
    )
    RelationFactory(source=model)
    client = bearer("ada")
    few = statements(client, query)
    for _ in range(20):
        RelationFactory(source=model)
    assert statements(client, query) == few


def test_deployments_and_findings_at_the_root(people: People, bearer: Bearer) -> None:
    entity = EntityFactory(name="runs")
    deployment = DeploymentFactory(entity=entity, cluster="prod-fra", workload="a")
    DeploymentFactory(entity=EntityFactory(visibility="restricted"), workload="b")
    FindingFactory(entity=entity, deployment=deployment, state="open", severity="high")
    FindingFactory(entity=entity, state="dismissed")
    query = """{
      deployments(cluster: "prod-fra", status: RUNNING) { edges { node { workload entity { name } } } }
      findings(state: [OPEN], severity: HIGH) {
        edges { node { state entity { name } deployment { workload } } }
      } }"""
    answer = ask(bearer("chloe"), query)
    assert nodes(answer["deployments"]) == [{"workload": "a", "entity": {"name": "runs"}}]
    assert nodes(answer["findings"]) == [
        {"state": "OPEN", "entity": {"name": "runs"}, "deployment": {"workload": "a"}}
    ]


# Changing

CREATE = """
mutation ($input: CreateEntityInput!) { createEntity(input: $input) { entity {
  ref title version owner { slug } tags links { url } accountable { username } model { riskClass }
  abilities { change }
} } }
"""
UPDATE = """
mutation ($input: UpdateEntityInput!) { updateEntity(input: $input) { entity { title tier tags version } } }
"""


def test_an_entity_is_created_and_changed(bearer: Bearer) -> None:
    client = bearer("ben")
    given = {
        "kind": "MODEL", "name": "fraud-score", "owner": "risk-ml", "title": "Fraud score",
        "accountable": "ada", "tags": ["Fraud"], "details": {"risk_class": "high"},
        "links": [{"url": "https://example.com/"}],
    }  # fmt: skip
    made = ask(client, CREATE, input=given)["createEntity"]["entity"]
    assert made == {
        "ref": "model:retail-banking/fraud-score", "title": "Fraud score", "version": 1,
        "owner": {"slug": "risk-ml"},
        "tags": ["fraud"], "links": [{"url": "https://example.com/"}], "accountable": {"username": "ada"},
        "model": {"riskClass": "HIGH"}, "abilities": {"change": True},
    }  # fmt: skip
    assert Event.objects.filter(verb="catalog.entity.created").count() == 1
    change = {"ref": made["ref"], "tier": 2, "title": None, "version": 1}
    changed = ask(client, UPDATE, input=change)["updateEntity"]["entity"]
    assert changed == {"title": "", "tier": 2, "tags": ["fraud"], "version": 2}


def test_who_was_slower_gets_a_conflict(bearer: Bearer) -> None:
    EntityFactory(name="one")
    ref = "model:retail-banking/one"
    ask(bearer("ada"), UPDATE, input={"ref": ref, "title": "Ada's", "version": 1})
    error = refusal(bearer("ben"), UPDATE, input={"ref": ref, "title": "Ben's", "version": 1})
    assert error["extensions"]["code"] == "conflict"
    assert error["extensions"]["possible"] == ["reload"]
    assert error["extensions"]["current_version"] == 2
    assert error["extensions"]["next_step"]
    assert Entity.objects.get(name="one").title == "Ada's"


@pytest.mark.parametrize(
    ("given", "expected", "field"),
    [
        ({"name": "-bad-"}, "invalid", "name"),
        ({"name": "x" * 64}, "invalid", "name"),
        ({"name": "TAKEN"}, "conflict", ""),
        ({"owner": "nobody"}, "invalid", "owner"),
        ({"owner": "claims-ai"}, "", ""),
        ({"accountable": "nobody"}, "invalid", "accountable"),
        ({"tier": 9}, "invalid", "tier"),
        ({"tags": ["no tag"]}, "invalid", "tags"),
        ({"links": [{"url": "javascript:alert(1)"}]}, "invalid", "links"),
        ({"curated": "text"}, "invalid", "curated"),
        ({"details": [1]}, "invalid", "details"),
        ({"details": {"nothing": 1}}, "invalid", "nothing"),
        ({"details": {"risk_class": {"a": 1}}}, "invalid", "risk_class"),
        ({"title": "Rev\u202eersed"}, "invalid", "title"),
    ],
)
def test_a_bad_entity_is_refused_and_nothing_is_kept(
    bearer: Bearer, given: dict[str, Any], expected: str, field: str
) -> None:
    EntityFactory(name="taken")
    rows, events = Entity.objects.count(), Event.objects.count()
    error = refusal(bearer("ben"), CREATE, input={"kind": "MODEL", "name": "new", "owner": "risk-ml"} | given)
    assert error["extensions"]["code"] == expected or not expected
    assert error["extensions"]["code"] != "internal"
    assert not field or field in error["extensions"]["errors"]
    assert (Entity.objects.count(), Event.objects.count()) == (rows, events + 1)  # the token's own event


CHANGES = {
    "changeStage": ("ChangeStageInput", {"to": "EXPERIMENT"}, "ben"),
    "setVisibility": ("SetVisibilityInput", {"visibility": "RESTRICTED"}, "ada"),
    "transferOwnership": ("TransferOwnershipInput", {"owner": "claims-ai"}, "ada"),
    "grantAccess": ("AccessInput", {"team": "claims-ai", "permission": "VIEW"}, "ada"),
    "revokeAccess": ("AccessInput", {"team": "claims-ai", "permission": "VIEW"}, "ada"),
    "updateEntity": ("UpdateEntityInput", {"title": "Other"}, "ben"),
}


def change(client: Client, name: str, ref: str) -> Any:
    kind, given, _ = CHANGES[name]
    wanted = "entity { stage visibility owner { slug } }"
    query = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {wanted} }} }}"
    return post(client, query, input={"ref": ref, **given}).json()


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_needs_its_right(bearer: Bearer, name: str) -> None:
    """Who sees and may not: forbidden. Who does not see: not found. Neither changes a row or records."""
    entity = EntityFactory(name="mine")
    hidden = EntityFactory(name="hidden", visibility="restricted")
    chloe, able = bearer("chloe"), bearer(CHANGES[name][2])
    before = (
        list(Entity.objects.order_by("pk").values()),
        Event.objects.count(),
        EntityGroupGrant.objects.count(),
    )
    for row, expected in ((entity, "forbidden"), (hidden, "not_found")):
        answer = change(chloe, name, row.ref)
        assert answer["errors"][0]["extensions"]["code"] == expected
        assert answer["data"] == {name: None}
    after = (
        list(Entity.objects.order_by("pk").values()),
        Event.objects.count(),
        EntityGroupGrant.objects.count(),
    )
    assert after == before
    answer = change(able, name, entity.ref)
    assert "errors" not in answer, answer
    assert answer["data"][name]["entity"]


def test_changes_do_what_they_say(people: People, bearer: Bearer) -> None:
    entity = EntityFactory(name="mine", visibility="restricted")
    assert (
        change(bearer("ada"), "changeStage", entity.ref)["data"]["changeStage"]["entity"]["stage"]
        == "EXPERIMENT"
    )
    see = "{ entities { edges { node { name } } } }"
    assert ask(bearer("chloe"), see)["entities"]["edges"] == []
    change(bearer("ada"), "grantAccess", entity.ref)
    assert nodes(ask(bearer("chloe"), see)["entities"]) == [{"name": "mine"}]
    change(bearer("ada"), "revokeAccess", entity.ref)
    assert ask(bearer("chloe"), see)["entities"]["edges"] == []
    gone = change(bearer("ada"), "transferOwnership", entity.ref)
    assert gone["data"]["transferOwnership"] == {"entity": None}  # ada gave it away and no longer sees it
    assert nodes(ask(bearer("chloe"), see)["entities"]) == [{"name": "mine"}]


def test_a_grant_names_one_grantee(bearer: Bearer) -> None:
    ref = EntityFactory(name="mine").ref
    query = "mutation ($input: AccessInput!) { grantAccess(input: $input) { entity { id } } }"
    for grantee in ({}, {"team": "claims-ai", "person": "kim"}, {"team": "x"}, {"person": "x"}):
        assert code(bearer("ada"), query, input={"ref": ref, "permission": "VIEW", **grantee}) == "invalid"
    ask(bearer("ada"), query, input={"ref": ref, "permission": "CHANGE", "person": "kim"})
    ask(bearer("kim"), UPDATE, input={"ref": ref, "title": "By Kim"})


def test_relations_are_drawn_and_ended(bearer: Bearer) -> None:
    model, data = EntityFactory(name="m"), EntityFactory(kind="dataset", name="d", visibility="restricted")
    draw = """mutation ($source: String!, $target: String!) { relate(input: {source: $source, target: $target,
      type: TRAINED_ON}) { relation { id type reading target { ref } abilities { change } } } }"""
    assert code(bearer("chloe"), draw, source=model.ref, target=data.ref) == "not_found"
    drawn = ask(bearer("ben"), draw, source=model.ref, target=data.ref)["relate"]["relation"]
    assert drawn["target"] == {"ref": "dataset:retail-banking/d"}
    assert (drawn["reading"], drawn["abilities"]) == ("Trained on", {"change": True})
    end = "mutation ($id: ID!) { unrelate(id: $id) { relation { endedAt } } }"
    assert code(bearer("chloe"), end, id=drawn["id"]) == "not_found"
    assert ask(bearer("ben"), end, id=drawn["id"])["unrelate"]["relation"]["endedAt"]
    assert Relation.objects.filter(ended_at=None).count() == 0
    assert code(bearer("ben"), draw, source=model.ref, target=model.ref) in {"invalid", "conflict"}


def test_findings_are_handled(bearer: Bearer) -> None:
    finding = FindingFactory(entity=EntityFactory(visibility="unit"))
    (node,) = nodes(
        ask(bearer("ben"), "{ findings { edges { node { id abilities { change } } } } }")["findings"]
    )
    handle = """mutation ($id: ID!, $state: FindingState!, $note: String) {
      handleFinding(input: {id: $id, state: $state, note: $note}) {
        finding { state note handledBy { username } } } }"""
    assert code(bearer("chloe"), handle, id=node["id"], state="RESOLVED") == "not_found"
    assert code(bearer("farid"), handle, id=node["id"], state="RESOLVED") == "forbidden"
    assert code(bearer("ben"), handle, id=node["id"], state="DISMISSED") == "conflict"
    done = ask(bearer("ben"), handle, id=node["id"], state="RESOLVED", note="Fixed.")["handleFinding"][
        "finding"
    ]
    assert done == {"state": "RESOLVED", "note": "Fixed.", "handledBy": {"username": "ben"}}
    again = refusal(bearer("ben"), handle, id=node["id"], state="RESOLVED")
    assert again["extensions"]["possible"] == ["open"]
    finding.refresh_from_db()
    assert finding.state == "resolved"


GRANTS = "query ($ref: String!) { grants(ref: $ref) { permission team { slug } person { username } } }"
COMPARED = """
query ($ref: String!, $left: String!, $right: String!) {
  versionComparison(ref: $ref, left: $left, right: $right) {
    left { version } right { version } metrics { name left right change differs } facts { name }
  }
}
"""
LINK = """
mutation ($input: LinkDeploymentInput!) { linkDeployment(input: $input) { deployment { entity { ref } } } }
"""


def test_grants_are_told_to_who_sees_the_entity(people: People, bearer: Bearer) -> None:
    entity = EntityFactory(visibility="restricted")
    grant_access(actor=people.ada, entity=entity, grantee=people.team("claims-ai"), permission="view")
    grant_access(actor=people.ada, entity=entity, grantee=people.kim, permission="change")
    told = [
        {"permission": "VIEW", "team": {"slug": "claims-ai"}, "person": None},
        {"permission": "CHANGE", "team": None, "person": {"username": "kim"}},
    ]
    assert ask(bearer("chloe"), GRANTS, ref=entity.ref)["grants"] == told
    assert code(bearer("jo"), GRANTS, ref=entity.ref) == "not_found"


def test_two_versions_are_compared(people: People, bearer: Bearer) -> None:
    entity = EntityFactory(visibility="restricted")
    VersionFactory(entity=entity, version="1", metrics={"auc": 0.5})
    VersionFactory(entity=entity, version="2", metrics={"auc": 0.75})
    VersionFactory(version="9")
    names = {"ref": entity.ref, "left": "1", "right": "2"}
    found = ask(bearer("ben"), COMPARED, **names)["versionComparison"]
    assert (found["left"], found["right"]) == ({"version": "1"}, {"version": "2"})
    assert found["metrics"] == [{"name": "auc", "left": 0.5, "right": 0.75, "change": 0.25, "differs": True}]
    assert refusal(bearer("ben"), COMPARED, **names | {"right": "9"})["message"].startswith(
        "There is no version “9”"
    )
    assert code(bearer("chloe"), COMPARED, **names) == "not_found"


def test_syncs_are_shown_to_the_center(people: People, bearer: Bearer) -> None:
    source = SourceFactory(name="registry")
    for state in ("succeeded", "failed"):
        SyncRunFactory(source=source, state=state, error="It did not answer." if state == "failed" else "")
    SyncRunFactory(state="failed")
    query = """query ($source: String) { syncRuns(first: 9, source: $source) { edges { node {
        state error source { name } } } } sources(first: 9) { edges { node { name abilities { sync change } } } } }"""
    found = ask(bearer("dmitri"), query, source="registry")
    assert [(run["state"], run["error"]) for run in nodes(found["syncRuns"])] == [
        ("FAILED", "It did not answer."), ("SUCCEEDED", ""),
    ]  # fmt: skip
    assert nodes(found["sources"])[-1] == {"name": "registry", "abilities": {"sync": True, "change": False}}
    hidden = ask(bearer("ada"), query)
    assert (nodes(hidden["syncRuns"]), nodes(hidden["sources"])) == ([], [])


def test_a_workload_is_claimed_and_let_go(people: People, bearer: Bearer) -> None:
    entity, client = EntityFactory(), bearer("ben")
    deployment = DeploymentFactory(entity=None, owner=entity.owner)
    given = {"id": to_global_id("Deployment", deployment.pk), "entity": entity.ref}
    assert ask(client, LINK, input=given)["linkDeployment"]["deployment"] == {"entity": {"ref": entity.ref}}
    assert Event.objects.filter(verb="catalog.deployment.linked").count() == 1
    assert ask(client, LINK, input=given | {"entity": None})["linkDeployment"]["deployment"] == {
        "entity": None
    }
    hidden = EntityFactory(visibility="restricted", owner=people.team("claims-ai"))
    assert code(client, LINK, input=given | {"entity": hidden.ref}) == "not_found"
    deployment.refresh_from_db()
    assert deployment.entity_id is None
