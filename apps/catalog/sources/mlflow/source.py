"""The catalog's view of one MLflow server: identity, sweep, one model again, the mark of adoption."""

from __future__ import annotations

from collections.abc import Iterator

from apps.catalog.sources.base import EntityRecord, Record, Refusal, SourceFailed, VersionRecord
from apps.catalog.sources.mlflow.client import Json, MlflowApi, NotThereError, ReadError
from apps.catalog.sources.mlflow.config import MlflowConfig
from apps.catalog.sources.mlflow.rows import ENTITY_ID_TAG, UnreadableError, model_record, moment, version_key
from apps.catalog.sources.mlflow.runs import RunReader, experiment_id, experiment_page
from apps.catalog.sources.mlflow.sweep import IS_PROMPT, Sweep, can_be_quoted, pages_of, version_records


class MlflowSource:
    """Implements `apps.catalog.sources.base.Source`. Holds no state between calls; not for threads."""

    def __init__(self, config: MlflowConfig) -> None:
        self._config = config
        self._api = MlflowApi(config)

    def identity(self) -> str:
        """Which database answers: MLflow gives itself no id, so it is the oldest experiment and its birth.

        It survives upgrades and moves of the server, and differs when the address leads to another registry.
        """
        try:
            rows = experiment_page(self._api, size=1)("").get("experiments", [])
        except ReadError as failure:
            raise SourceFailed("experiments", failure.reason) from failure
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            return "MLflow without experiments that this account may see"
        born = moment(rows[0].get("creation_time"))
        return f"MLflow experiment {experiment_id(rows[0])} of {born.isoformat() if born else 'unknown time'}"

    def sweep(self) -> Iterator[Record]:
        """All models and prompts, then all versions. Scopes: models, versions, runs."""
        return Sweep(self._api, self._config).records()

    def read_one(self, name: str) -> list[Record]:
        """One model or prompt and its versions, as a webhook hints; empty when MLflow has no such name.

        Four requests at most (more only beyond 10,000 versions). Nothing may be marked missing from it.
        """
        if not can_be_quoted(name):
            raise SourceFailed(
                "model", "Its name holds quotes, which MLflow's search cannot take; the next sweep reads it."
            )
        try:
            return list(self._one(name))
        except NotThereError:
            return []
        except ReadError as failure:
            raise SourceFailed("model", failure.reason) from failure

    def _one(self, name: str) -> Iterator[Record]:
        row = self._api.get("registered-models/get", name=name).get("registered_model")
        if not isinstance(row, dict):
            raise ReadError("The answer is JSON, but not an MLflow model. Check the address.")
        try:
            record, refusal = model_record(row, self._config.address, self._config.owner_tags)
        except UnreadableError as error:
            yield error.refusal
            return
        yield record
        if refusal:
            yield refusal
        yield from self._versions_of(record)

    def _versions_of(self, record: EntityRecord) -> Iterator[VersionRecord | Refusal]:
        condition = f"name = '{record.key}'" + (f" AND {IS_PROMPT}" if record.kind == "prompt" else "")
        runs = RunReader(self._api, self._config.run_batch)
        for page in pages_of(self._api, "model-versions", condition, self._config.version_page, version_key):
            for start in range(0, len(page.rows), self._config.run_batch):
                yield from version_records(page.rows[start : start + self._config.run_batch], runs)

    def adopt(self, name: str, entity_id: int) -> None:
        """Writes our id as the model's tag, so that a rename in MLflow is followed."""
        body: Json = {"name": name, "key": ENTITY_ID_TAG, "value": str(entity_id)}
        try:
            self._api.post("registered-models/set-tag", body)
        except ReadError as failure:
            raise SourceFailed("adoption", failure.reason) from failure
