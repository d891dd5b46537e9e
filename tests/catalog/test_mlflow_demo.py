"""The demo's MLflow server ends with whoever wanted it, keeps its data and its address, and can be seeded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.catalog.sources.base import EntityRecord
from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource
from portal.demo_mlflow import MlflowServer, MlflowServerError
from portal.demo_mlflow_seed import seed

pytestmark = [pytest.mark.mlflow, pytest.mark.processes]
ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_it_dies_with_its_parent_and_comes_back_where_it_was(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from portal.demo_mlflow import MlflowServer\n"
        f"with MlflowServer(Path({str(tmp_path)!r})) as server:\n"
        "    print(server.pid, server.url, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout
        number, url = parent.stdout.readline().split()
        assert seed(url, {"models": [{"name": "kept", "versions": [{"metrics": {"auc": 0.5}}]}]}) == 1
        os.kill(parent.pid, signal.SIGKILL)
    wait_for(lambda: not lives(int(number)))
    with MlflowServer(tmp_path) as server:
        assert server.url == url
        found = [
            r for r in MlflowSource(MlflowConfig(tracking_uri=url)).sweep() if isinstance(r, EntityRecord)
        ]
        assert [record.name for record in found] == ["kept"]
        assert seed(url, {"models": [{"name": "kept"}], "prompts": [{"name": "new", "template": "x"}]}) == 1
        pid = server.pid
    assert not lives(pid)
    assert not list(tmp_path.glob("*.draft"))


def test_a_server_that_cannot_start_says_where_its_log_stands(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database " * 100)
    (tmp_path / "webhook.key").mkdir()
    with pytest.raises(MlflowServerError, match=r"server\.log"), MlflowServer(tmp_path):
        pass


def test_the_demo_world_is_seeded_whole(mlflow_registry: MlflowServer) -> None:
    world = yaml.safe_load((ROOT / "fixtures" / "demo" / "mlflow.yaml").read_text(encoding="utf-8"))
    assert seed(mlflow_registry.url, world) == len(world["models"]) + len(world["prompts"])
    source = MlflowSource(MlflowConfig(tracking_uri=mlflow_registry.url))
    found = {r.name: r for r in source.sweep() if isinstance(r, EntityRecord)}
    assert set(found) == {thing["name"] for thing in [*world["models"], *world["prompts"]]}
    for model in world["models"]:
        assert found[model["name"]].aliases == {a: str(v) for a, v in (model.get("aliases") or {}).items()}
    with urllib.request.urlopen(mlflow_registry.url + "/health") as health:
        assert health.read() == b"OK"
