"""Fills an MLflow registry as its users do: through the client's own calls, from a plain description.

    models:
      - name: fraud-score
        description: ...
        tags: {team: risk-ml}
        versions:
          - metrics: {auc: 0.94}
            params: {algorithm: LightGBM}
            datasets: [{name: fraud-training-set, digest: b256c416, context: training}]
            flavours: {lightgbm: 4.3.0}
            tags: {git_commit: ac18..., author: ben, gate: passed}
            description: ...
            created: 2026-05-03T10:00:00+00:00
        aliases: {champion: 1}
    prompts:
      - {name: claim-letter, template: "Write ...", tags: {team: claims-ai}, aliases: {production: 1}}

Versions are numbered by their place. `git_commit` and `author` become what MLflow itself records of a run.
A name that the registry holds already is left as it is.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RUN_TAGS = {"git_commit": "mlflow.source.git.commit", "author": "mlflow.user"}


def seed(url: str, world: Mapping[str, Any]) -> int:
    """Write what is missing; returns how many models and prompts were added. Some 0.2 s per version."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    from mlflow import MlflowClient

    seeder = Seeder(MlflowClient(url, url))
    added = [seeder.model(model) for model in world.get("models") or ()]
    added += [seeder.prompt(prompt) for prompt in world.get("prompts") or ()]
    return sum(added)


class Seeder:
    """Writes one thing at a time; holds the experiments that it made."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._experiments: dict[str, str] = {}

    def model(self, model: Mapping[str, Any]) -> bool:
        name = model["name"]
        if self._exists(name):
            return False
        self._client.create_registered_model(
            name, tags=texts(model.get("tags")), description=model.get("description")
        )
        for version in model.get("versions") or ():
            self._version(name, model.get("experiment") or name, version)
        self._aliases(name, model)
        return True

    def prompt(self, prompt: Mapping[str, Any]) -> bool:
        name = prompt["name"]
        if self._client.get_prompt(name) is not None:
            return False
        for template in prompt.get("templates") or [prompt["template"]]:
            self._client.register_prompt(
                name=name, template=template, commit_message=prompt.get("description")
            )
        for key, value in texts(prompt.get("tags")).items():
            self._client.set_prompt_tag(name, key, value)
        self._aliases(name, prompt)
        return True

    def _exists(self, name: str) -> bool:
        from mlflow.exceptions import MlflowException

        try:
            self._client.get_registered_model(name)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return False
            raise
        return True

    def _aliases(self, name: str, thing: Mapping[str, Any]) -> None:
        for alias, version in (thing.get("aliases") or {}).items():
            self._client.set_registered_model_alias(name, alias, str(version))

    def _version(self, name: str, experiment: str, version: Mapping[str, Any]) -> None:
        run = self._run(self._experiment(experiment), version)
        tags = {key: value for key, value in texts(version.get("tags")).items() if key not in RUN_TAGS}
        logged = self._client.create_logged_model(
            run.info.experiment_id, name="model", source_run_id=run.info.run_id
        )
        self._metrics(run.info.run_id, version, logged.model_id)
        self._flavours(run.info.run_id, version, logged.model_id)
        self._client.finalize_logged_model(logged.model_id, "READY")
        self._client.set_terminated(run.info.run_id)
        self._client.create_model_version(
            name,
            f"models:/{logged.model_id}",
            run.info.run_id,
            model_id=logged.model_id,
            tags=tags,
            description=version.get("description"),
            await_creation_for=0,
        )

    def _run(self, experiment: str, version: Mapping[str, Any]) -> Any:
        from mlflow.entities import Param

        tags = texts(version.get("tags"))
        marks = {mark: tags[key] for key, mark in RUN_TAGS.items() if key in tags}
        created = version.get("created")
        run = self._client.create_run(
            experiment, start_time=milliseconds(created) if created else None, tags=marks
        )
        params = [Param(key, value) for key, value in texts(version.get("params")).items()]
        self._client.log_batch(run.info.run_id, params=params)
        self._inputs(run.info.run_id, version)
        return run

    def _metrics(self, run_id: str, version: Mapping[str, Any], model_id: str) -> None:
        """Logged for the model, as `log_metric(model_id=...)` does; the run shows them too."""
        from mlflow.entities import Metric

        now = milliseconds(datetime.now(UTC))
        metrics = version.get("metrics") or {}
        self._client.log_batch(
            run_id,
            metrics=[
                Metric(key, float(value), now, 0, model_id=model_id, run_id=run_id)
                for key, value in metrics.items()
            ],
        )

    def _flavours(self, run_id: str, version: Mapping[str, Any], model_id: str) -> None:
        """As `log_model` notes at the run with which libraries the model loads."""
        flavours = {
            name: {f"{name}_version": number} for name, number in texts(version.get("flavours")).items()
        }
        if flavours:
            model = {"run_id": run_id, "model_uuid": model_id, "flavors": {"python_function": {}} | flavours}
            self._client.set_tag(run_id, "mlflow.log-model.history", json.dumps([model]))

    def _inputs(self, run_id: str, version: Mapping[str, Any]) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Dataset(dataset["name"], str(dataset["digest"]), "local", "{}"),
                [InputTag("mlflow.data.context", dataset.get("context", "training"))],
            )
            for dataset in version.get("datasets") or ()
        ]
        if inputs:
            self._client.log_inputs(run_id, inputs)

    def _experiment(self, name: str) -> str:
        if name not in self._experiments:
            found = self._client.get_experiment_by_name(name)
            self._experiments[name] = found.experiment_id if found else self._client.create_experiment(name)
        return self._experiments[name]


def backdate(directory: Path, world: Mapping[str, Any]) -> None:
    """Give versions their `created` time in the demo server's database; MLflow's interface cannot."""
    with closing(sqlite3.connect(directory / "mlflow.db", timeout=60)) as connection, connection:
        for model in world.get("models") or ():
            for number, version in enumerate(model.get("versions") or (), start=1):
                if created := version.get("created"):
                    _backdate(connection, model["name"], number, milliseconds(created))


def _backdate(connection: sqlite3.Connection, name: str, version: int, moment: int) -> None:
    connection.execute(
        "UPDATE model_versions SET creation_time = ?, last_updated_time = ? WHERE name = ? AND version = ?",
        [moment, moment, name, version],
    )
    connection.execute(
        "UPDATE registered_models SET creation_time = ? WHERE name = ? AND creation_time > ?",
        [moment, name, moment],
    )


def texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    return {str(key): str(value) for key, value in (values or {}).items()}


def milliseconds(moment: datetime | str) -> int:
    """Since 1970; a time without a zone is UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
