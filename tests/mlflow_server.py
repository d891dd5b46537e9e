"""A real MLflow server per test process, and a quick way to fill its database with thousands of models.

Measured: 6 to 8 s to start on two shared cores and 265 MB; so one server per pytest-xdist worker, started
when its first test asks. Every test takes `mlflow_registry`, which empties the database first.
"""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from portal.demo_mlflow import MlflowServer

METRICS = 20
PARAMS = 20


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """Shared by all tests of this process."""
    with MlflowServer(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture
def mlflow_registry(mlflow_server: MlflowServer) -> MlflowServer:
    """The shared server with an empty registry: whole sweeps can be compared with what the test wrote."""
    empty(mlflow_server.directory)
    return mlflow_server


def empty(directory: Path) -> None:
    """Forget everything but the schema and the experiment 0, in milliseconds."""
    with closing(sqlite3.connect(directory / "mlflow.db", timeout=60)) as connection, connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        for (table,) in tables.fetchall():
            if table == "experiments":
                connection.execute("DELETE FROM experiments WHERE experiment_id <> 0")
            elif table not in ("alembic_version", "workspaces"):
                connection.execute(f'DELETE FROM "{table}"')


def fill(
    directory: Path, *, models: int, versions: int, experiments: int = 20, prefix: str = "model"
) -> None:
    """Write rows straight into the server's database: some 20 s for what takes an hour by its API.

    Every version has a run with 20 metrics, 20 parameters and a dataset, and a logged model.
    """
    with closing(sqlite3.connect(directory / "mlflow.db", timeout=60)) as connection, connection:
        rows = _Rows(connection, int(time.time() * 1000))
        ids = rows.experiments(experiments, prefix)
        for number in range(models):
            rows.model(f"{prefix}-{number:05d}", versions, ids[number % len(ids)])
        rows.write()


class _Rows:
    """Collects the rows of each table and writes each table at once."""

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self._connection = connection
        self._now = now
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def experiments(self, count: int, prefix: str) -> list[int]:
        first = self._connection.execute("SELECT max(experiment_id) FROM experiments").fetchone()[0] + 1
        for number in range(first, first + count):
            self._add(
                "experiments",
                experiment_id=number,
                name=f"{prefix}-experiment-{number}",
                artifact_location=f"mlflow-artifacts:/{number}",
                lifecycle_stage="active",
                creation_time=self._now,
                last_update_time=self._now,
                workspace="default",
            )
        return list(range(first, first + count))

    def model(self, name: str, versions: int, experiment: int) -> None:
        self._add(
            "registered_models",
            name=name,
            creation_time=self._now,
            last_updated_time=self._now,
            description=f"What {name} is for. " * 5,
            workspace="default",
        )
        for key, value in {"team": "risk-analytics", "domain": "fraud"}.items():
            self._add("registered_model_tags", key=key, value=value, name=name, workspace="default")
        self._add(
            "registered_model_aliases", alias="champion", version=versions, name=name, workspace="default"
        )
        for version in range(1, versions + 1):
            self._version(name, version, self._run(name, experiment), experiment)

    def _version(self, name: str, version: int, run: str, experiment: int) -> None:
        model_id = f"m-{uuid.uuid4().hex}"
        self._logged_model(model_id, experiment, run)
        self._add(
            "model_versions",
            name=name,
            version=version,
            creation_time=self._now,
            last_updated_time=self._now,
            description="Trained anew",
            user_id="anna",
            current_stage="None",
            source=f"models:/{model_id}",
            run_id=run,
            status="READY",
            run_link="",
            storage_location="",
            workspace="default",
        )
        self._add(
            "model_version_tags", key="approved", value="yes", name=name, version=version, workspace="default"
        )

    def _logged_model(self, model_id: str, experiment: int, run: str) -> None:
        self._add(
            "logged_models",
            model_id=model_id,
            experiment_id=experiment,
            name="model",
            artifact_location="",
            creation_timestamp_ms=self._now,
            last_updated_timestamp_ms=self._now,
            status=2,
            lifecycle_stage="active",
            model_type="",
            source_run_id=run,
        )

    def _run(self, name: str, experiment: int) -> str:
        run = uuid.uuid4().hex
        self._add(
            "runs",
            run_uuid=run,
            name=f"train {name}",
            source_type="UNKNOWN",
            source_name="",
            entry_point_name="",
            user_id="anna",
            status="FINISHED",
            start_time=self._now,
            end_time=self._now,
            source_version="",
            lifecycle_stage="active",
            artifact_uri="",
            experiment_id=experiment,
        )
        self._run_data(run)
        self._dataset(run, name, experiment)
        return run

    def _run_data(self, run: str) -> None:
        for number in range(METRICS):
            self._add(
                "latest_metrics",
                key=f"metric_{number}",
                value=number / 7,
                timestamp=self._now,
                step=0,
                is_nan=0,
                run_uuid=run,
            )
        for number in range(PARAMS):
            self._add("params", key=f"param_{number}", value=f"value {number}", run_uuid=run)
        for key, value in {"mlflow.source.git.commit": "0" * 40, "mlflow.user": "anna"}.items():
            self._add("tags", key=key, value=value, run_uuid=run)

    def _dataset(self, run: str, name: str, experiment: int) -> None:
        dataset, link = uuid.uuid4().hex, uuid.uuid4().hex
        self._add(
            "datasets",
            dataset_uuid=dataset,
            experiment_id=experiment,
            name=f"{name}-data",
            digest=dataset[:8],
            dataset_source_type="local",
            dataset_source=json.dumps({"uri": "data.csv"}),
        )
        self._add(
            "inputs",
            input_uuid=link,
            source_type="DATASET",
            source_id=dataset,
            destination_type="RUN",
            destination_id=run,
            step=0,
        )
        self._add("input_tags", input_uuid=link, name="mlflow.data.context", value="training")

    def _add(self, table: str, **row: Any) -> None:
        self._rows.setdefault(table, []).append(row)

    def write(self) -> None:
        for table, rows in self._rows.items():
            names = list(rows[0])
            marks = ", ".join(f":{name}" for name in names)
            quoted = ", ".join(f'"{name}"' for name in names)
            self._connection.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", rows)
