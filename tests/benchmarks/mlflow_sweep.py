"""A full MLflow sweep against reading the same REST pages and dropping them; the budget is 1.5 times.

    python -m tests.benchmarks.mlflow_sweep [--models 1000] [--versions 5] [--rounds 5]

Both sides use the same server, the same requests and the same connection reuse, in turns. Each version has
a run with 20 metrics, 20 parameters and a dataset, and a logged model.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource
from apps.catalog.sources.mlflow.client import Json, MlflowApi
from portal.demo_mlflow import MlflowServer
from tests.benchmarks.figures import Figure, machine, paired_ratio, table
from tests.mlflow_server import fill

BUDGET = 1.5


class Recorder(MlflowApi):
    """Notes the requests of a sweep, so that they can be repeated without anything else."""

    def __init__(self, config: MlflowConfig) -> None:
        super().__init__(config)
        self.requests: list[tuple[str, str, Json]] = []

    def _read(self, method: str, path: str, arguments: Json) -> Json:
        self.requests.append((method, path, arguments))
        return super()._read(method, path, arguments)

    def drop_all(self) -> int:
        size = 0
        for method, path, arguments in self.requests:
            response = self._send(method, path, arguments)
            size += len(self._content(response))
            response.close()
        return size


def recorded_sweep(config: MlflowConfig) -> Recorder:
    source, recorder = MlflowSource(config), Recorder(config)
    source._api = recorder
    for _ in source.sweep():
        pass
    return recorder


def figures(models: int = 1000, versions: int = 5, rounds: int = 5) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, MlflowServer(Path(folder)) as server:
        fill(Path(folder), models=models, versions=versions)
        config = MlflowConfig(tracking_uri=server.url)
        recorder = recorded_sweep(config)
        records: Counter[str] = Counter()

        def sweep() -> None:
            records.clear()
            records.update(type(item).__name__ for item in MlflowSource(config).sweep())

        ratio, full, floor = paired_ratio(sweep, recorder.drop_all, rounds)
    sizes = f"{len(recorder.requests)} requests, {records.total():,} records"
    remark = f"{full / 1000:.1f} s against {floor / 1000:.1f} s, {sizes}"
    return [Figure("MLflow sweep / the same pages read and dropped", ratio, "x", BUDGET, remark)]


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("models", 1000), ("versions", 5), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    print(machine())
    print(table(figures(options.models, options.versions, options.rounds)))


if __name__ == "__main__":
    main()
