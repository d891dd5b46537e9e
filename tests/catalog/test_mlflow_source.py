"""A real registry, read: what stands in MLflow stands in the records, and the rest is refused by name."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric

from apps.catalog.sources.base import (
    EntityRecord,
    OwnerHint,
    Record,
    Refusal,
    ScopeDone,
    SourceFailed,
    VersionRecord,
)
from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource
from portal.demo_mlflow import MlflowServer
from portal.demo_mlflow_seed import backdate, seed

pytestmark = pytest.mark.mlflow

WORLD: dict[str, Any] = {
    "models": [
        {
            "name": "fraud-score",
            "description": "Scores card payments.",
            "tags": {"team": "risk-ml", "domain": "Fraud", "mlflow.note": "x"},
            "versions": [
                {"metrics": {"auc": 0.91}, "tags": {"author": "ben"}, "created": "2026-05-03T10:00:00"},
                {
                    "metrics": {"auc": 0.94, "brier": 0.001},
                    "params": {"algorithm": "LightGBM", "depth": 6},
                    "datasets": [
                        {"name": "payments", "digest": "d1"},
                        {"name": "holdout", "digest": "d2", "context": "evaluation"},
                    ],
                    "flavours": {"lightgbm": "4.3.0"},
                    "tags": {"git_commit": "a" * 40, "author": "ben", "gate": "passed"},
                    "description": "Calibrated.",
                },
            ],
            "aliases": {"champion": 2},
        },
        {"name": "Marketing Uplift (test 3)", "versions": [{}]},
    ],
    "prompts": [{"name": "claim-letter", "template": "Dear {{name}}", "tags": {"team": "claims-ai"}}],
}


@pytest.fixture
def client(mlflow_registry: MlflowServer) -> MlflowClient:
    return MlflowClient(mlflow_registry.url, mlflow_registry.url)


@pytest.fixture
def source(mlflow_registry: MlflowServer) -> MlflowSource:
    return MlflowSource(MlflowConfig(tracking_uri=mlflow_registry.url))


@pytest.fixture
def world(mlflow_registry: MlflowServer) -> None:
    assert seed(mlflow_registry.url, WORLD) == 3
    backdate(mlflow_registry.directory, WORLD)


def entities(records: list[Record]) -> dict[str, EntityRecord]:
    return {record.key: record for record in records if isinstance(record, EntityRecord)}


def versions(records: list[Record]) -> dict[tuple[str, str], VersionRecord]:
    found = [record for record in records if isinstance(record, VersionRecord)]
    return {(record.entity_key, record.version): record for record in found}


def refusals(records: list[Record]) -> dict[str, str]:
    return {record.key: record.reason for record in records if isinstance(record, Refusal)}


@pytest.mark.usefixtures("world")
def test_sweep_tells_models_prompts_and_the_ends_of_its_scopes(source: MlflowSource) -> None:
    records = list(source.sweep())
    found = entities(records)
    assert {name: record.kind for name, record in found.items()} == {
        "fraud-score": "model",
        "Marketing Uplift (test 3)": "model",
        "claim-letter": "prompt",
    }
    model = found["fraud-score"]
    assert model.description == "Scores card payments."
    assert model.aliases == {"champion": "2"}
    assert model.owner == OwnerHint("risk-ml", "model tag team")
    assert model.tags == ("domain:fraud", "team:risk-ml")
    assert model.facts["tags"]["domain"] == "Fraud"
    assert model.url.endswith("/#/models/fraud-score")
    assert found["Marketing Uplift (test 3)"].url.endswith("/#/models/Marketing%20Uplift%20%28test%203%29")
    assert found["claim-letter"].owner == OwnerHint("claims-ai", "model tag team")
    assert [record for record in records if isinstance(record, ScopeDone)] == [
        ScopeDone("models", 3),
        ScopeDone("versions", 4),
        ScopeDone("runs", 3),
    ]


@pytest.mark.usefixtures("world")
def test_a_version_carries_what_its_run_and_logged_model_say(source: MlflowSource) -> None:
    found = versions(list(source.sweep()))
    version = found["fraud-score", "2"]
    assert version.metrics == {"auc": 0.94, "brier": 0.001}
    assert version.params == {"algorithm": "LightGBM", "depth": "6"}
    assert version.datasets == (
        {"name": "holdout", "digest": "d2", "context": "evaluation"},
        {"name": "payments", "digest": "d1", "context": "training"},
    )
    assert (version.code_commit, version.author) == ("a" * 40, "ben")
    assert (version.status, version.description, version.tags) == ("READY", "Calibrated.", {"gate": "passed"})
    assert version.flavours == {"lightgbm": "4.3.0"} and found["fraud-score", "1"].flavours == {}
    assert version.artifact_uri == f"models:/{version.model_id}"
    assert version.model_id.startswith("m-")
    assert version.unknown == ()
    assert found["fraud-score", "1"].created_at == datetime(2026, 5, 3, 10, tzinfo=UTC)
    assert found["claim-letter", "1"].tags["mlflow.prompt.text"] == "Dear {{name}}"


@pytest.mark.usefixtures("world")
def test_two_sweeps_of_an_unchanged_registry_are_equal(source: MlflowSource) -> None:
    assert list(source.sweep()) == list(source.sweep())
    assert source.identity() == source.identity()
    assert source.identity().startswith("MLflow experiment 0 of 20")


def test_an_empty_registry_is_read_to_its_end(source: MlflowSource, client: MlflowClient) -> None:
    assert client.search_registered_models() == []
    assert list(source.sweep()) == [ScopeDone("models", 0), ScopeDone("versions", 0), ScopeDone("runs", 0)]


@pytest.mark.usefixtures("world")
def test_adoption_is_written_back_and_survives_a_rename(source: MlflowSource, client: MlflowClient) -> None:
    source.adopt("fraud-score", 4711)
    source.adopt("claim-letter", 4712)
    client.rename_registered_model("fraud-score", "fraud-score-2")
    records = list(source.sweep())
    assert entities(records)["fraud-score-2"].adopted_id == 4711
    assert entities(records)["claim-letter"].adopted_id == 4712
    assert "coe.entity_id" not in entities(records)["fraud-score-2"].facts["tags"]
    assert ("fraud-score-2", "2") in versions(records)
    with pytest.raises(SourceFailed, match="no such thing"):
        source.adopt("fraud-score", 4711)


@pytest.mark.parametrize("tag", ["", "0", "-1", "7.0", "１２", "9" * 19, "1" * 5000, "1; drop table", "null"])
def test_a_tag_that_is_no_id_is_ignored_and_named(
    source: MlflowSource, client: MlflowClient, tag: str
) -> None:
    client.create_registered_model("odd", tags={"coe.entity_id": tag})
    records = list(source.sweep())
    assert entities(records)["odd"].adopted_id is None
    assert ("coe.entity_id is no id" in refusals(records).get("odd", "")) == bool(tag)


def test_a_copied_tag_is_ignored_on_every_carrier(source: MlflowSource, client: MlflowClient) -> None:
    for name in ("first", "second"):
        client.create_registered_model(name, tags={"coe.entity_id": "5"})
    records = list(source.sweep())
    assert [record.adopted_id for record in entities(records).values()] == [None, None]
    assert set(refusals(records)) == {"first", "second"}


def test_numbers_that_json_cannot_hold_are_named_in_a_tag(source: MlflowSource, client: MlflowClient) -> None:
    run = client.create_run("0").info.run_id
    odd = {"loss": float("nan"), "up": float("inf"), "down": float("-inf"), "auc": 0.5}
    client.log_batch(run, metrics=[Metric(name, value, 1, 0) for name, value in odd.items()])
    client.create_registered_model("odd")
    client.create_model_version("odd", "s3://key:secret@bucket/model?sig=secret", run, await_creation_for=0)
    version = versions(list(source.sweep()))["odd", "1"]
    assert version.metrics == {"auc": 0.5}
    assert version.tags["coe.not_a_number"] == "down=-Infinity, loss=NaN, up=Infinity"
    assert version.artifact_uri == "s3://bucket/model"
    json.dumps(version.metrics, allow_nan=False)


def test_deleted_runs_are_read_and_vanished_ones_leave_the_unknown(
    source: MlflowSource, client: MlflowClient, mlflow_registry: MlflowServer
) -> None:
    client.create_registered_model("m")
    for metric in (0.1, 0.2):
        run = client.create_run("0").info.run_id
        client.log_metric(run, "auc", metric)
        client.create_model_version("m", "s3://bucket/m", run, await_creation_for=0)
        client.delete_run(run)
    change(mlflow_registry, "DELETE FROM runs WHERE run_uuid = ?", run)
    client.create_model_version("m", "s3://bucket/m", await_creation_for=0)
    found = versions(list(source.sweep()))
    assert found["m", "1"].metrics == {"auc": 0.1}
    assert found["m", "2"].metrics == {}
    assert found["m", "2"].unknown == ("code_commit", "author", "metrics", "params", "datasets", "flavours")
    assert found["m", "3"].unknown == ()


def change(server: MlflowServer, statement: str, *values: object) -> None:
    """What no client would write, but a database may hold."""
    with closing(sqlite3.connect(server.directory / "mlflow.db", timeout=60)) as connection, connection:
        connection.execute(statement, values)


def test_bad_rows_are_refused_or_cleaned_and_the_rest_goes_on(
    source: MlflowSource, client: MlflowClient, mlflow_registry: MlflowServer
) -> None:
    for name in ("good", "bell", "spaces", "long", "early"):
        client.create_registered_model(name, description="text")
        client.create_model_version(name, "s3://bucket/m", await_creation_for=0)
    rename = "UPDATE registered_models SET name = ? WHERE name = ?"
    for old, new in (("bell", "bell\x07\u202etxt"), ("spaces", "   "), ("long", "x" * 251)):
        change(mlflow_registry, rename, new, old)
        change(mlflow_registry, rename.replace("registered_models", "model_versions"), new, old)
    change(mlflow_registry, "UPDATE model_versions SET creation_time = ? WHERE name = 'early'", -(10**15))
    change(
        mlflow_registry,
        "UPDATE registered_models SET description = ? WHERE name = 'good'",
        "\x00\x1b\u202ea" * 50_000,
    )
    records = list(source.sweep())
    assert set(entities(records)) == {"good", "early"}
    assert len(entities(records)["good"].description) == 20_000
    assert set(entities(records)["good"].description) == {"a", "…"}
    assert set(versions(records)) == {("good", "1")}
    assert set(refusals(records)) == {"belltxt", "(no name)", "x" * 249 + "…", "early version 1"}


@pytest.mark.usefixtures("world")
def test_one_model_is_read_again_as_the_sweep_reads_it(source: MlflowSource) -> None:
    records = list(source.sweep())
    for name in entities(records):
        again = source.read_one(name)
        assert entities(again)[name] == entities(records)[name]
        assert versions(again) == {key: value for key, value in versions(records).items() if key[0] == name}
    assert source.read_one("never-registered") == []
    with pytest.raises(SourceFailed, match="quotes"):
        source.read_one("x' OR name != '")


@pytest.mark.usefixtures("world")
def test_the_number_of_requests_does_not_grow_with_models(
    source: MlflowSource, client: MlflowClient, count_requests: Callable[[MlflowSource], list[str]]
) -> None:
    requests = count_requests(source)
    list(source.sweep())
    few = len(requests)
    for number in range(20):
        client.create_registered_model(f"more-{number}")
        client.create_model_version(f"more-{number}", "s3://bucket/m", client.create_run("0").info.run_id)
    requests.clear()
    list(source.sweep())
    # two kinds of models, two kinds of versions, experiments, runs, logged models
    assert len(requests) == few == 7


@pytest.fixture
def count_requests(monkeypatch: pytest.MonkeyPatch) -> Callable[[MlflowSource], list[str]]:
    def watch(source: MlflowSource) -> list[str]:
        paths: list[str] = []
        read = source._api._read

        def noted(method: str, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
            paths.append(path)
            return read(method, path, arguments)

        monkeypatch.setattr(source._api, "_read", noted)
        return paths

    return watch


def test_importing_the_reader_loads_no_client_library() -> None:
    code = (
        "import sys, apps.catalog.sources.mlflow, apps.catalog.sources.mlflow_webhook;"
        "print([name for name in sys.modules if name.split('.')[0] in ('mlflow', 'requests', 'django')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
