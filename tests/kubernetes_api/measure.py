"""Measures what the catalog's reader costs: `python -m tests.kubernetes_api.measure --pods 3000`.

Compared with reading the same pages with a bare HTTP client, `json.loads`, and dropping them. Both read from
the same server in another process, in turns; the best of the rounds counts. Prints the two ratios.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

from apps.catalog.sources.kubernetes import KubernetesConfig, KubernetesSource
from apps.catalog.sources.kubernetes.client import ClusterReader
from apps.catalog.sources.kubernetes.kinds import KINDS, PODS, Kind
from apps.catalog.sources.kubernetes.reading import Reading


def bare_read(config: KubernetesConfig, kinds: tuple[Kind, ...]) -> int:
    """The same pages with nothing done to them; how many objects there were."""
    connection = http.client.HTTPConnection(urlsplit(config.url).netloc)
    token = Path(config.token_file).read_text()
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    seen = 0
    for kind in kinds:
        root = f"/apis/{kind.group}" if kind.group else "/api"
        following = ""
        while True:
            path = f"{root}/{kind.version}/{kind.scope}?limit=500&continue={quote(following)}"
            connection.request("GET", path, headers=headers)
            body = json.loads(connection.getresponse().read())
            seen += len(body["items"])
            following = body["metadata"].get("continue") or ""
            if not following:
                break
    connection.close()
    return seen


def source_pods(config: KubernetesConfig) -> int:
    reading = Reading(PODS)
    for page in ClusterReader(config).pages(PODS):
        for item in page.drain():
            reading.take(item)
    return reading.rows


def source_sweep(config: KubernetesConfig) -> int:
    return sum(1 for _ in KubernetesSource(config).sweep())


def best(rounds: int, works: dict[str, Callable[[], int]]) -> dict[str, float]:
    """Least seconds of each work, one after the other in every round."""
    times: dict[str, float] = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            times[name] = min(times[name], time.perf_counter() - begin)
    return times


def report(config: KubernetesConfig, rounds: int) -> None:
    times = best(
        rounds,
        {
            "pods, bare": lambda: bare_read(config, (PODS,)),
            "pods, source": lambda: source_pods(config),
            "all kinds, bare": lambda: bare_read(config, KINDS),
            "all kinds, sweep": lambda: source_sweep(config),
        },
    )
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for name, seconds in times.items():
        print(f"{name:>18} {seconds * 1000:8.0f} ms")
    print(f"pods: {times['pods, source'] / times['pods, bare']:.2f} of the bare read")
    print(f"sweep: {times['all kinds, sweep'] / times['all kinds, bare']:.2f} of the bare read")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        token_file = str(Path(folder) / "token")
        command = ["-m", "tests.kubernetes_api", "--pods", str(given.pods), "--token-file", token_file]
        with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                url = server.stdout.readline().split()[-1]
                server.stdout.readline()
                report(KubernetesConfig(url=url, token_file=token_file), given.rounds)
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
