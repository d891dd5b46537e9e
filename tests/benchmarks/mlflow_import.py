"""A whole sync into the database: a registry of 1,000 models with 5 versions each, new and unchanged.

The reader is scripted, so that only the portal's own work is measured. It runs in a database that already has
100,000 entities, as a company's second registry would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from apps.catalog.actions import create_source, start_sync
from apps.catalog.actions.sync import run_sync
from apps.catalog.models import Source, SyncRun
from apps.catalog.sources.base import EntityRecord, OwnerHint, Record, ScopeDone, VersionRecord
from apps.core.policies import SYSTEM
from tests.benchmarks.database import use
from tests.benchmarks.figures import Figure, seconds

MODELS, VERSIONS = 1_000, 5
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Registry:
    """The same records at every sweep; `touched` models have another description than before."""

    def __init__(self, models: int = MODELS, versions: int = VERSIONS, touched: int = 0) -> None:
        self.models, self.versions, self.touched = models, versions, touched

    def identity(self) -> str:
        return "scripted"

    def sweep(self) -> Iterator[Record]:
        for model in range(self.models):
            yield self._model(model)
        yield ScopeDone("models", self.models)
        for model in range(self.models):
            for version in range(1, self.versions + 1):
                yield self._version(model, str(version))
        yield ScopeDone("versions", self.models * self.versions)

    def _model(self, number: int) -> EntityRecord:
        stage = "again" if number < self.touched else "once"
        return EntityRecord(
            key=f"imported-model-{number}",
            kind="model",
            name=f"imported-model-{number}",
            description=f"Model {number} of the registry, trained every week on the orders of a branch.",
            tags=("imported", "benchmark"),
            owner=OwnerHint(f"team-{2 + number % 900}", "tag team"),
            aliases={"champion": str(self.versions)},
            facts={"read": stage, "latest": str(self.versions)},
        )

    def _version(self, model: int, version: str) -> VersionRecord:
        return VersionRecord(
            entity_key=f"imported-model-{model}",
            version=version,
            created_at=BEGAN,
            run_id=f"{model:016x}{version:>016}",
            metrics={f"metric_{index}": index / 7 for index in range(20)},
            params={f"parameter_{index}": str(index) for index in range(20)},
        )


def figures(large: str) -> list[Figure]:
    use(large)
    source = create_source(
        actor=SYSTEM,
        name="benchmark",
        kind="mlflow",
        config={"url": "http://127.0.0.1:5000"},
        interval_minutes=10,
    )
    return [
        _figure("sync, first import of 6,000 rows", source, Registry()),
        _figure("sync, 6,000 rows unchanged", source, Registry()),
        _figure("sync, 100 of 1,000 models changed", source, Registry(touched=100)),
    ]


def _figure(name: str, source: Source, registry: Registry) -> Figure:
    run = start_sync(actor=SYSTEM, source=source)
    counted = Counter[str]()
    results: list[SyncRun] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        counted["statements"] += 1
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        took = seconds(lambda: results.append(run_sync(run, reader=registry)))
    done = results[0]
    if done.state != SyncRun.State.SUCCEEDED:
        raise RuntimeError(f"{name}: {done.state}, {done.error}")
    remark = f"{done.added:,} added, {done.changed:,} changed, {counted['statements']:,} statements"
    return Figure(name, took, "s", None, remark)
