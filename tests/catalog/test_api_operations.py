"""Findings, sources and syncs over REST."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test import Client

from tests.catalog.test_api_parts import bearer_post, ids
from tests.factories import DeploymentFactory, EntityFactory, FindingFactory, SourceFactory, SyncRunFactory
from tests.personas import People
from tests.traces import nothing_changes

Bearer = Callable[..., Client]
JSON = "application/json"


def test_findings_follow_what_they_are_about(people: People, bearer: Bearer) -> None:
    hidden = EntityFactory(visibility="restricted")
    about_hidden = FindingFactory(entity=hidden, severity="high")
    foreign = DeploymentFactory(entity=hidden)
    about_seen = FindingFactory(deployment=foreign, source=SourceFactory(), owner=people.team("risk-ml"))
    about_nothing = FindingFactory(entity=None, kind="unowned")
    shown = {name: ids(bearer(name), "findings/") for name in ("ada", "chloe", "dmitri", "esther")}
    assert shown == {
        "ada": [about_seen.pk, about_hidden.pk],
        "chloe": [about_seen.pk],
        "dmitri": [about_nothing.pk, about_seen.pk],
        "esther": [about_nothing.pk, about_seen.pk, about_hidden.pk],
    }
    row = bearer("chloe").get(f"/api/v1/findings/{about_seen.pk}/").json()
    assert (row["deployment"], row["source"], row["owner"]) == (None, None, "risk-ml")
    assert bearer("ada").get(f"/api/v1/findings/{about_seen.pk}/").json()["deployment"]["id"] == foreign.pk
    client = bearer("esther")
    assert ids(client, "findings/?severity=high&state=open&state=acknowledged") == [about_hidden.pk]
    assert ids(client, "findings/?kind=unowned") == [about_nothing.pk]
    assert ids(client, f"findings/?entity={hidden.ref}") == [about_hidden.pk]
    assert ids(client, "findings/?team=risk-ml") == [about_seen.pk]


def test_findings_are_handled_by_those_who_may_change_their_object(people: People, bearer: Bearer) -> None:
    finding = FindingFactory()
    address = f"/api/v1/findings/{finding.pk}/handle/"
    with nothing_changes():
        assert bearer_post(bearer("chloe"), address, {"state": "acknowledged"}) == 403
        assert bearer_post(bearer("ben"), address, {"state": "dismissed"}) == 409, "without a reason"
        assert bearer_post(bearer("ben"), address, {"state": "gone"}) == 400
    answer = bearer("ben").post(address, {"state": "dismissed", "note": "Known."}, content_type=JSON)
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["handled_by"]) == ("dismissed", "ben")
    again = bearer("ben").post(address, {"state": "resolved"}, content_type=JSON)
    assert (again.status_code, again.json()["possible"]) == (409, ["open"])


def test_sources_show_to_the_center_without_their_secrets(people: People, bearer: Bearer) -> None:
    source = SourceFactory(name="mlflow-prod", secret_ref="env:MLFLOW_TOKEN")
    assert ids(bearer("ada"), "sources/") == []
    assert bearer("ada").get(f"/api/v1/sources/{source.pk}/").status_code == 404
    answer = bearer("dmitri").get(f"/api/v1/sources/{source.pk}/")
    assert answer.json()["abilities"] == {"view": True, "sync": True, "change": False}
    assert "MLFLOW_TOKEN" not in answer.content.decode()
    assert "127.0.0.1" not in answer.content.decode()


def test_one_sync_at_a_time(people: People, bearer: Bearer) -> None:
    SourceFactory(name="mlflow-prod")
    SourceFactory(name="off", enabled=False)
    client = bearer("dmitri")
    with nothing_changes():
        assert bearer_post(bearer("ada"), "/api/v1/sync-runs/", {"source": "mlflow-prod"}) == 404
        assert bearer_post(client, "/api/v1/sync-runs/", {"source": "nowhere"}) == 404
        assert bearer_post(client, "/api/v1/sync-runs/", {"source": "off"}) == 409
        assert bearer_post(client, "/api/v1/sync-runs/", {}) == 400
    answer = client.post("/api/v1/sync-runs/", {"source": "mlflow-prod"}, content_type=JSON)
    assert (answer.status_code, answer.json()["state"], answer.json()["started_by"]) == (
        202,
        "queued",
        "dmitri",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, (args->>'run')::int FROM procrastinate_jobs")
        assert cursor.fetchall() == [("catalog.sync", answer.json()["id"])]
    with nothing_changes():
        assert bearer_post(client, "/api/v1/sync-runs/", {"source": "mlflow-prod"}) == 409


def test_runs_are_listed_newest_first(people: People, bearer: Bearer) -> None:
    old = SyncRunFactory(refusals=[{"key": "x", "reason": "no name"}])
    new = SyncRunFactory(state="failed")
    client = bearer("esther")
    assert ids(client, "sync-runs/") == [new.pk, old.pk]
    assert ids(client, f"sync-runs/?source={old.source.name}&state=succeeded") == [old.pk]
    assert client.get(f"/api/v1/sync-runs/{old.pk}/").json()["refusals"] == [
        {"key": "x", "reason": "no name"}
    ]
    assert ids(bearer("chloe"), "sync-runs/") == []
    assert bearer("chloe").get(f"/api/v1/sync-runs/{old.pk}/").status_code == 404
