"""A full MLflow sweep against reading the same REST pages and dropping them; the budget is 1.5 times.

    python -m tests.benchmarks.mlflow_sweep [--models 1000] [--versions 5] [--rounds 3]

Both sides use the same server, the same requests and the same connection reuse, in turns; the best of the
rounds counts. Each version has a run with 20 metrics, 20 parameters and a dataset, and a logged model.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource
from apps.catalog.sources.mlflow.client import Json, MlflowApi
from portal.demo_mlflow import MlflowServer
from tests.mlflow_server import fill


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


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def recorded_sweep(config: MlflowConfig) -> Recorder:
    source, recorder = MlflowSource(config), Recorder(config)
    source._api = recorder
    for _ in source.sweep():
        pass
    return recorder


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("models", 1000), ("versions", 5), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, MlflowServer(Path(folder)) as server:
        fill(Path(folder), models=options.models, versions=options.versions)
        config = MlflowConfig(tracking_uri=server.url)
        recorder = recorded_sweep(config)
        drops, sweeps, kinds = [], [], Counter[str]()
        for _ in range(options.rounds):
            seconds, size = timed(recorder.drop_all)
            drops.append(seconds)
            seconds, kinds = timed(
                lambda: Counter(type(item).__name__ for item in MlflowSource(config).sweep())
            )
            sweeps.append(seconds)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{len(recorder.requests)} requests, {size / 1e6:.1f} MB, records {dict(kinds)}")
    floor, full = min(drops), min(sweeps)
    print(f"read and dropped {floor:.2f} s, swept {full:.2f} s, ratio {full / floor:.2f}")


if __name__ == "__main__":
    main()
