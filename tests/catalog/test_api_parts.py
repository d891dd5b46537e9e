"""Versions, deployments and relations over REST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from apps.catalog.models import Alias, DeploymentRevision, Relation
from tests.factories import DeploymentFactory, EntityFactory, RelationFactory, VersionFactory
from tests.personas import People
from tests.traces import nothing_changes

Bearer = Callable[..., Client]
JSON = "application/json"
PAST = datetime(2026, 1, 1, tzinfo=UTC)


def ids(client: Client, address: str) -> list[int]:
    return [row["id"] for row in client.get(f"/api/v1/{address}").json()["results"]]


def test_versions_of_an_entity_highest_first(people: People, bearer: Bearer) -> None:
    model = EntityFactory(name="fraud-score")
    second, tenth = VersionFactory(entity=model, number=2), VersionFactory(entity=model, number=10)
    VersionFactory(entity=EntityFactory(visibility="restricted"))
    Alias.objects.create(entity=model, alias="champion", version=second)
    Alias.objects.create(entity=model, alias="old", version=tenth, valid_from=PAST, valid_to=timezone.now())
    client = bearer("chloe")
    expected = [tenth.pk, second.pk]
    assert ids(client, f"versions/?entity={model.pk}") == expected
    assert ids(client, f"versions/?entity={model.ref}") == expected
    assert ids(client, f"versions/?entity={model.ref}&limit=1") == [tenth.pk]
    assert sorted(ids(client, "versions/")) == sorted(expected)
    assert ids(client, "versions/?alias=champion") == [second.pk]
    assert ids(client, "versions/?entity=model:insurance/none") == []
    row = client.get(f"/api/v1/versions/{second.pk}/").json()
    assert (row["aliases"], row["metrics"], row["entity"]["ref"]) == (["champion"], {"auc": 0.91}, model.ref)


def test_two_versions_side_by_side(people: People, bearer: Bearer) -> None:
    model = EntityFactory()
    left = VersionFactory(entity=model, number=1, metrics={"auc": 0.9}, params={"depth": "3"})
    right = VersionFactory(entity=model, number=2, metrics={"auc": 0.92, "f1": 0.5}, params={"depth": "3"})
    other, hidden = VersionFactory(), VersionFactory(entity=EntityFactory(visibility="restricted"))
    client, address = bearer("chloe"), f"/api/v1/versions/{left.pk}/compare/"
    found = client.get(f"{address}?with={right.pk}").json()
    assert found["metrics"][0] == {
        "name": "auc",
        "left": 0.9,
        "right": 0.92,
        "change": pytest.approx(0.02),
        "differs": True,
    }
    assert found["metrics"][1] == {"name": "f1", "left": None, "right": 0.5, "change": None, "differs": True}
    assert [line["differs"] for line in found["params"]] == [False]
    statuses = [
        client.get(f"{address}{query}").status_code
        for query in (
            f"?with={other.pk}",
            f"?with={hidden.pk}",
            "?with=4711",
            "",
            "?with=x",
            "?with=-1",
            f"?with={10**30}",
        )
    ]
    assert statuses == [409, 404, 404, 400, 400, 400, 400]


def test_a_workload_that_nothing_claims(people: People, bearer: Bearer) -> None:
    model = EntityFactory(visibility="restricted")
    claimed = DeploymentFactory(entity=model)
    ours = DeploymentFactory(entity=None, owner=people.team("risk-ml"))
    nobodys = DeploymentFactory(entity=None)
    gone = DeploymentFactory(entity=model, ended_at=timezone.now())
    shown = {name: sorted(ids(bearer(name), "deployments/")) for name in ("ben", "chloe", "dmitri", "esther")}
    assert shown == {
        "ben": [claimed.pk, ours.pk],
        "chloe": [],
        "dmitri": [ours.pk, nobodys.pk],
        "esther": [claimed.pk, ours.pk, nobodys.pk],
    }
    client = bearer("esther")
    assert ids(client, "deployments/?unclaimed=true") == [ours.pk, nobodys.pk]
    assert ids(client, f"deployments/?entity={model.pk}&ended=true") == [claimed.pk, gone.pk]
    assert ids(client, "deployments/?team=risk-ml&cluster=prod-fra&status=running") == [ours.pk]
    assert ids(client, "deployments/?environment=nowhere") == []


def test_a_deployment_tells_its_history_and_hides_foreign_versions(people: People, bearer: Bearer) -> None:
    hidden = VersionFactory(entity=EntityFactory(visibility="restricted"))
    row = DeploymentFactory(model_version=hidden)
    DeploymentRevision.objects.create(deployment=row, status="running", model_version=hidden, replicas=2)
    seen = bearer("chloe").get(f"/api/v1/deployments/{row.pk}/").json()
    assert (seen["entity"]["id"], seen["model_version"]) == (row.entity_id, None)
    assert [revision["model_version"] for revision in seen["revisions"]] == [None]
    assert bearer("ada").get(f"/api/v1/deployments/{row.pk}/").json()["model_version"] == hidden.version


def test_a_workload_is_claimed_for_an_entity(people: People, bearer: Bearer) -> None:
    model = EntityFactory(name="fraud-score")
    row = DeploymentFactory(entity=None, owner=people.team("risk-ml"))
    address = f"/api/v1/deployments/{row.pk}/link/"
    with nothing_changes():
        assert bearer_post(bearer("kim"), address, {"entity": model.ref}) == 404
        assert bearer_post(bearer("ben"), address, {"entity": "model:insurance/none"}) == 404
        assert bearer_post(bearer("ben"), address, {"entity": "nonsense"}) == 400
        assert bearer_post(bearer("ben"), address, {}) == 400
    answer = bearer("ben").post(address, {"entity": model.ref}, content_type=JSON)
    assert (answer.status_code, answer.json()["entity"]["ref"]) == (200, model.ref)
    assert bearer_post(bearer("ben"), address, {"entity": None}) == 200


def bearer_post(client: Client, address: str, body: dict[str, object]) -> int:
    return client.post(address, body, content_type=JSON).status_code


def test_relations_are_drawn_and_ended(people: People, bearer: Bearer) -> None:
    model, data = EntityFactory(name="fraud-score"), EntityFactory(name="loans", kind="dataset")
    client = bearer("ben")
    body = {"source": model.ref, "target": str(data.pk), "type": "trained_on"}
    drawn = client.post("/api/v1/relations/", body, content_type=JSON)
    assert (drawn.status_code, drawn.json()["target"]["ref"]) == (201, data.ref)
    assert client.post("/api/v1/relations/", body, content_type=JSON).json()["id"] == drawn.json()["id"]
    pk = drawn.json()["id"]
    assert (
        ids(client, f"relations/?entity={data.ref}") == ids(client, f"relations/?source={model.pk}") == [pk]
    )
    with nothing_changes():
        assert bearer("chloe").delete(f"/api/v1/relations/{pk}/").status_code == 403
    assert client.delete(f"/api/v1/relations/{pk}/").status_code == 204
    assert ids(client, f"relations/?entity={data.ref}") == []
    assert ids(client, "relations/?ended=true&type=trained_on") == [pk]
    assert Relation.objects.get().ended_at is not None


def test_relations_that_are_refused(people: People, bearer: Bearer) -> None:
    one, two = EntityFactory(), EntityFactory()
    hidden = EntityFactory(visibility="restricted", owner=people.team("claims-ai"))
    RelationFactory(source=one, target=two, type="part_of")
    synced = RelationFactory(source=one, target=two, type="depends_on", origin="mlflow-prod")
    client = bearer("ben")

    def status(source: object, target: object, type_: str) -> int:
        body = {"source": str(source), "target": str(target), "type": type_}
        return client.post("/api/v1/relations/", body, content_type=JSON).status_code

    with nothing_changes():
        assert status(two.pk, one.pk, "part_of") == 409, "a circle"
        assert status(one.pk, one.pk, "depends_on") == 409, "to itself"
        assert status(one.pk, hidden.pk, "depends_on") == 404, "the target is hidden"
        assert status(hidden.ref, one.pk, "depends_on") == 404, "the source is hidden"
        assert status(one.pk, two.pk, "loves") == 400
        assert status("x", two.pk, "depends_on") == 400
        assert status(10**30, two.pk, "depends_on") == 400
        assert client.delete(f"/api/v1/relations/{synced.pk}/").status_code == 409, "its source keeps it"
    with nothing_changes():
        other = bearer("chloe").post(
            "/api/v1/relations/",
            {"source": one.ref, "target": two.ref, "type": "depends_on"},
            content_type=JSON,
        )
    assert other.status_code == 403
