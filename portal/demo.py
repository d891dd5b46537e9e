"""The whole portal in one terminal: database, worker and web server, started and stopped as one.

This process needs no Django settings, because it makes their environment: the children get it. The address
is taken before anything starts, so that a busy port costs nothing, and the web server gets an open socket.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psycopg

from portal.demo_personas import PERSONAS
from portal.embedded import Cluster, Home, default_data_dir, without_libpq
from portal.supervisor import Child, Supervisor

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"  # never another one: the demo's cookies and passwords are for this machine
READY_SECONDS = 90.0
REGISTRY_SECONDS = 150.0  # the MLflow server itself gives up after 120


class DemoError(RuntimeError):
    """The demo cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class Options:
    port: int = 8000
    reset: bool = False


def say(line: str) -> None:
    """Progress; standard output is for what was asked for: the greeting, or tokens."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def listen(port: int) -> socket.socket:
    """The web server's socket, open at once; port 0 takes a free one."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or "not a port"
        other = port + 1 if 0 < port < 65535 else 8001
        raise DemoError(
            f"Port {port} on {HOST} cannot be used ({reason}). Perhaps another program, or another demo, "
            f"uses it. Take another one: python manage.py demo --port {other}"
        ) from error
    return listener


def secret_key(home: Home) -> str:
    """Made once, kept for this user only; complete or absent, also when two demos make it at once."""
    path = home.path / "secret-key"
    if not path.exists():
        draft = home.path / f"secret-key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        _link_first(draft, path)
    return path.read_text(encoding="ascii").strip()


def _link_first(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return  # the other demo's key is the key
    finally:
        draft.unlink()


@contextmanager
def database(home: Home) -> Iterator[Cluster | None]:
    """The embedded cluster, or None where DATABASE_URL names a server."""
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    say(f"PostgreSQL: {home.path}")
    with Cluster(home.path) as cluster:
        yield cluster


def child_environment(home: Home, cluster: Cluster | None, port: int) -> dict[str, str]:
    """The settings of every child: the demo's own, unless this environment sets them."""
    environment = dict(os.environ) if cluster is None else without_libpq(dict(os.environ))
    environment.setdefault("SECRET_KEY", secret_key(home))
    environment.setdefault("COE_FILES", str(home.path / "files"))
    environment.setdefault("COE_LOG_LEVEL", "WARNING")
    environment.setdefault("PYTHONWARNINGS", "ignore")
    environment.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if cluster is not None:
        environment["DATABASE_URL"] = cluster.url
    own = {"COE_DEMO": "1", "COE_BASE_URL": f"http://{HOST}:{port}", "PYTHONUNBUFFERED": "1"}
    return environment | own


def manage(name: str, *arguments: str) -> Child:
    return Child(name, [sys.executable, str(ROOT / "manage.py"), *arguments])


def web_server(listener: socket.socket) -> Child:
    options = ["--workers", "1", "--threads", "8", "--graceful-timeout", "5", "--log-level", "warning"]
    options += ["--limit-request-line", "8190"]  # a search with many filters is a long address
    bind = ["--bind", f"fd://{listener.fileno()}"]
    command = [sys.executable, "-m", "gunicorn", *bind, *options, "portal.wsgi:application"]
    return Child("web server", command, pass_fds=(listener.fileno(),))


def worker() -> Child:
    options = ["--concurrency", "2", "--shutdown-graceful-timeout", "5"]
    return manage("worker", "procrastinate", "--skip-checks", "worker", *options)


@contextmanager
def registry(supervisor: Supervisor, home: Home) -> Iterator[Callable[[], bool]]:
    """Start the MLflow server, where there is one; yields whether what reads it may start.

    That is when it answers and its source has its address. A server that never answers stops nothing: after
    REGISTRY_SECONDS the sweeps begin, fail, and say why.
    """
    if not has_mlflow_server():
        yield lambda: True
        return
    reader, writer = os.pipe()
    deadline = time.monotonic() + REGISTRY_SECONDS
    options = ["--directory", str(home.path / "mlflow"), "--ready-fd", str(writer)]
    supervisor.start(replace(manage("MLflow", "demo_registry", *options), pass_fds=(writer,)))
    try:
        yield lambda: bool(select.select([reader], [], [], 0)[0]) or time.monotonic() > deadline
    finally:
        os.close(reader)
        os.close(writer)


def has_mlflow_server() -> bool:
    """Whether the full MLflow is installed (the dev extra), beside the slim client of every installation."""
    try:
        return bool(version("mlflow"))
    except PackageNotFoundError:
        return False


def prepare(supervisor: Supervisor, *arguments: str) -> dict[str, object]:
    """Claim, migrate and load in a child with Django's settings; what it reports."""
    say("Demo world: preparing (the first time takes a moment)")
    status, output = supervisor.run(manage("preparation", "prepare_demo", *arguments), capture=True)
    if status != 0:
        raise DemoError("The demo's database could not be made ready; the reason stands above.")
    report: dict[str, object] = json.loads(output.splitlines()[-1])
    return report


def wait_until_ready(supervisor: Supervisor, port: int) -> None:
    """Return when `/healthz` answers 200."""
    deadline = time.monotonic() + READY_SECONDS
    while not _healthy(port):
        supervisor.watch()
        if time.monotonic() > deadline:
            raise DemoError(f"/healthz was not well within {READY_SECONDS:.0f} s; the reason stands above.")
        time.sleep(0.3)


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greet(port: int, report: dict[str, object]) -> None:
    lines = [
        "",
        f"  The CoE Portal runs at http://{HOST}:{port}/",
        "",
        f"  Sign in as one of these, each with the password {report['password']}",
        *(f"    {name:8} {who}" for name, who in PERSONAS.items()),
        "",
        "  Tokens for the APIs: python manage.py demo --tokens (in another terminal)",
        "  Stop with Ctrl-C; the data stays. Begin anew: python manage.py demo --reset",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()


def run(options: Options) -> None:
    """Run the demo until a signal ends it (StopRequested)."""
    home = Home(default_data_dir())
    with listen(options.port) as listener:
        port: int = listener.getsockname()[1]
        home.create()
        with ExitStack() as held:
            cluster = held.enter_context(database(home))
            environment = child_environment(home, cluster, port)
            supervisor = held.enter_context(Supervisor(environment, ROOT))
            report = prepare(supervisor, *(["--reset"] if options.reset else []))
            supervisor.start(web_server(listener))
            with in_use(environment), registry(supervisor, home) as answers:
                wait_until_ready(supervisor, port)
                greet(port, report)
                keep(supervisor, cluster, until=answers)
                supervisor.start(worker())  # its first sweep would find no registry before
                keep(supervisor, cluster)


def in_use(environment: Mapping[str, str]) -> AbstractContextManager[Any]:
    """One session on the database for as long as the demo runs: by it another demo's `--reset` sees that it does,
    also while the worker has not begun and no page is open."""
    return closing(psycopg.connect(environment["DATABASE_URL"], autocommit=True))


def keep(
    supervisor: Supervisor, cluster: Cluster | None, *, until: Callable[[], bool] = lambda: False
) -> None:
    """Watch over the children and the database; without `until` for ever."""
    while not until():
        time.sleep(0.5)
        if cluster is not None and not cluster.home.has_server():
            say("PostgreSQL ended; starting it again")
            cluster.keep_running()
        supervisor.watch()


def write_tokens() -> None:
    """A line `name token` per persona on standard output, and nothing else there."""
    home = Home(default_data_dir())
    home.create()
    with database(home) as cluster, Supervisor(child_environment(home, cluster, 8000), ROOT) as supervisor:
        status, _ = supervisor.run(manage("preparation", "prepare_demo", "--tokens"))
    if status != 0:
        raise DemoError("No tokens were made; the reason stands above.")
