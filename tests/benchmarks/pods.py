"""3,000 pods read from a cluster, against the same pages as raw JSON; the server is tests/kubernetes_api."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.catalog.sources.kubernetes import KubernetesConfig
from apps.catalog.sources.kubernetes.kinds import KINDS, PODS
from tests.benchmarks.figures import Figure, paired_ratio
from tests.kubernetes_api.measure import bare_read, source_pods, source_sweep

BUDGET = 1.5


def figures(pods: int = 3000, rounds: int = 7) -> list[Figure]:
    with cluster(pods) as config:
        listed = paired_ratio(lambda: source_pods(config), lambda: bare_read(config, (PODS,)), rounds)
        swept = paired_ratio(lambda: source_sweep(config), lambda: bare_read(config, KINDS), rounds)
    return [
        Figure(
            f"{pods:,} pods / raw JSON read",
            listed[0],
            "x",
            BUDGET,
            f"{listed[1]:.0f} ms against {listed[2]:.0f} ms",
        ),
        Figure(
            "whole cluster / raw JSON read",
            swept[0],
            "x",
            None,
            f"{swept[1]:.0f} ms against {swept[2]:.0f} ms",
        ),
    ]


@contextmanager
def cluster(pods: int) -> Iterator[KubernetesConfig]:
    """The tests' Kubernetes API server in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        token_file = str(Path(folder) / "token")
        command = [
            sys.executable,
            "-m",
            "tests.kubernetes_api",
            "--pods",
            str(pods),
            "--token-file",
            token_file,
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = server.stdout.readline().split()[-1]
                server.stdout.readline()
                yield KubernetesConfig(url=url, token_file=token_file)
            finally:
                server.terminate()
