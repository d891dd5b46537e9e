"""Runs the server as a cluster for developers and the demo: `python -m tests.kubernetes_api --port 8001`."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path
from types import FrameType

from tests.kubernetes_api.populate import add_pods
from tests.kubernetes_api.recordings import calm_world
from tests.kubernetes_api.server import KubernetesApi


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kubernetes_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="a free one if not given")
    parser.add_argument("--token", default="", help="a random one if not given")
    parser.add_argument(
        "--token-file", type=Path, help="also write the token there, readable by its owner only"
    )
    parser.add_argument("--pods", type=int, default=0, help="add this many pods to the recorded cluster")
    return parser.parse_args()


def write_token(path: Path, token: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)


def main() -> None:
    given = arguments()
    world = calm_world()
    if given.pods:
        add_pods(world, given.pods)
    with KubernetesApi(world, given.port, given.token) as api:

        def stop(number: int, frame: FrameType | None) -> None:
            api.stopping.set()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        if given.token_file:
            write_token(given.token_file, api.token)
        print(f"Kubernetes API at {api.url}", f"token {api.token}", sep="\n", flush=True)
        api.stopping.wait()


if __name__ == "__main__":
    main()
