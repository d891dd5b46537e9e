# ruff: noqa: S603 -- the program is this interpreter, with this module
"""A real MLflow server for the demo and for tests, in one process that ends with whoever wanted it.

`mlflow server` is a launcher: it imports everything, then starts uvicorn with MLflow's application, which
imports everything again; two processes of 260 MB and twice the start time. This module starts that same
application directly, with the settings that the launcher would hand over. It needs the full `mlflow` package
(the dev extra) and is never imported by web processes; itself it imports nothing of MLflow before it serves.

    python -m portal.demo_mlflow --directory DIR [--port PORT] [--until-stdin-closes]

Below the directory: `mlflow.db`, `artifacts/`, `webhook.key`, `server.log`, and `address`, written when the
server answers queries.
"""

from __future__ import annotations

import argparse
import base64
import logging
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 5.0
QUERIES = (
    "/health",
    "/api/2.0/mlflow/registered-models/search?max_results=1",
    "/api/2.0/mlflow/experiments/search?max_results=1",
)


class MlflowServerError(RuntimeError):
    """The server did not start; the message says why and where its log stands."""


def command(directory: Path, *, port: int = 0) -> list[str]:
    """The command line for a supervisor that ends its children itself; run it in the project's directory."""
    return [sys.executable, "-m", "portal.demo_mlflow", "--directory", str(directory), "--port", str(port)]


def wait_until_ready(directory: Path, seconds: float = START_SECONDS) -> str:
    """The server's address, as soon as it answers queries; MlflowServerError when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            address = (directory / "address").read_text(encoding="utf-8")
            if _answers(address):
                return address
        time.sleep(0.05)
    raise MlflowServerError(
        f"The MLflow server did not answer within {seconds:g} s; see {directory}/server.log."
    )


@dataclass
class MlflowServer:
    """A server for as long as the context lasts; it also ends when this process is killed.

    `port` 0 means the port of the last time where it is free, so that links stay valid, else any.
    """

    directory: Path
    port: int = 0
    url: str = ""

    def __enter__(self) -> MlflowServer:
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "address").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*command(self.directory, port=self.port), "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent,
            start_new_session=True,
        )
        try:
            self.url = self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _wait(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with suppress(MlflowServerError):
                return wait_until_ready(self.directory, 0.5)
        log = self.directory / "server.log"
        raise MlflowServerError(f"The MLflow server did not start; the end of {log}:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else "(no log)"


def _answers(address: str) -> bool:
    """Whether queries are answered; the first ones also create the tables."""
    try:
        for query in QUERIES:
            with urllib.request.urlopen(address + query, timeout=60) as response:  # noqa: S310
                response.read()
    except (OSError, urllib.error.URLError):
        return False
    return True


def settings(directory: Path) -> dict[str, str]:
    """The environment of MLflow's application: one SQLite file, local artifacts, webhooks to this machine."""
    return {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{directory}/mlflow.db",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(directory / "artifacts"),
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "_MLFLOW_SGI_NAME": "uvicorn",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http,https",
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_CACHE_TTL": "1",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": _webhook_key(directory / "webhook.key"),
    }


def _webhook_key(path: Path) -> str:
    """The key under which the server stores webhook secrets; made once, else they were lost at each start."""
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)))
    return path.read_text(encoding="ascii")


def _listen(port: int, last: Path) -> socket.socket:
    """The given port, else the port of the last time, else a free one."""
    wanted = [port] if port else [*_last_port(last), 0]
    for number in wanted:
        listener = socket.socket(
            proto=socket.IPPROTO_TCP
        )  # asyncio sets TCP_NODELAY on such only: 40 ms each
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, number))
        except OSError:
            listener.close()
            if number == wanted[-1]:
                raise
        else:
            return listener
    raise AssertionError("unreachable: the last port either binds or raises")


def _last_port(last: Path) -> list[int]:
    with suppress(FileNotFoundError, ValueError):
        return [int(last.read_text(encoding="ascii"))]
    return []


def _end_with_parent() -> None:
    """Nothing is ever written to standard input: its end is the end of the process that holds the pipe."""
    sys.stdin.buffer.read()
    os._exit(0)


def serve(directory: Path, port: int) -> None:
    """Serve until a signal; SQLite survives a kill at any moment."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "_MLFLOW_"))]:
        del os.environ[name]
    os.environ.update(settings(directory))
    (directory / "address").unlink(missing_ok=True)
    listener = _listen(port, directory / "port")
    number = listener.getsockname()[1]
    (directory / "port").write_text(str(number), encoding="ascii")
    import uvicorn

    logging.captureWarnings(capture=True)
    config = uvicorn.Config(
        "mlflow.server.fastapi_app:app",
        log_level="warning",
        timeout_graceful_shutdown=2,
        host=HOST,
        port=number,
    )
    config.load()
    _write_address(directory / "address", f"http://{HOST}:{number}")
    uvicorn.Server(config).run(sockets=[listener])


def _write_address(path: Path, address: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(address, encoding="utf-8")
    draft.replace(path)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="portal.demo_mlflow")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args(arguments)
    directory = options.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    if options.until_stdin_closes:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    log = os.open(directory / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    serve(directory, options.port)


if __name__ == "__main__":
    main(sys.argv[1:])
