"""Decisions at 1,000 standards and 10,000 grants: in process, over HTTP at 8 clients, and a file of 2,000 packages.

    python -m tests.benchmarks --only tooling_http

The server is gunicorn with two workers beside the clients and the database, on the same cores. Half of the questions
are denied, which costs two statements more: the alternatives that the asker sees, and the count.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.benchmarks.figures import Figure, median_ms, seconds

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, REQUESTS, WORKERS, THREADS = 8, 250, 2, 4
P95_MS = 20.0
WANTED = 10_000
PACKAGES = 2_000


def figures(url: str, database: str) -> list[Figure]:
    """On a database that `tooling_of` filled."""
    environment = os.environ | {
        "DATABASE_URL": url.replace("/coe?", f"/{database}?", 1),
        "COE_REST_REQUESTS_PER_MINUTE": "1000000",
    }
    return [*_in_process(), *_over_http(environment), _command(environment)]


def _in_process() -> list[Figure]:
    from apps.tooling.decide import decide
    from apps.tooling.queries.book import read_book, snapshot
    from apps.tooling.vocabulary import DataClass

    now = snapshot()
    dice = random.Random("questions")
    asked = [(f"team-{dice.randrange(1, 1001)}", f"tool:coe/{_tool(dice)}") for _ in range(20_000)]
    internal = DataClass.INTERNAL

    def all_of_them() -> None:
        for team, tool in asked:
            decide(now.book, team, tool, "1.0", "production", internal, now.at)

    milliseconds = median_ms(all_of_them, 5)
    rate = len(asked) / milliseconds * 1000
    return [
        Figure(
            "decisions in process, 10,000",
            10_000 / rate,
            "s",
            10_000 / WANTED,
            f"{rate:,.0f}/s of a kept book",
        ),
        Figure("book of 10,000 rules and grants read anew", median_ms(read_book, 3), "ms"),
        Figure("book asked for, unchanged", median_ms(snapshot, 50), "ms"),
    ]


def _tool(dice: random.Random) -> str:
    """Half of the tools asked about are recommended."""
    return f"tool-{dice.randrange(1_000) * 5 + dice.choice((0, 1, 3, 4))}"


def _over_http(environment: dict[str, str]) -> Iterator[Figure]:
    token = _token()
    with _server(environment) as port:
        _asked(port, token, 25)  # both workers read the book
        begin = time.perf_counter()
        times = sorted(_asked(port, token, REQUESTS))
        rate = len(times) / (time.perf_counter() - begin)
    p50, p95 = statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000
    remark = f"{rate:,.0f} requests/s, {WORKERS} workers of {THREADS} threads, {CLIENTS} clients"
    yield Figure("decide over HTTP, p50", p50, "ms", None, remark)
    yield Figure("decide over HTTP, p95", p95, "ms", P95_MS, f"longest {times[-1] * 1000:.0f} ms")


def _token() -> str:
    from apps.core.policies import SYSTEM
    from apps.people.actions import create_token
    from apps.people.models import Membership, User

    user = User.objects.get(username="person-6")
    Membership._base_manager.filter(user=user).exclude(
        pk=Membership._base_manager.filter(user=user).values("pk")[:1]
    ).delete()
    return create_token(actor=SYSTEM, user=user, name="benchmark", scopes=["tooling:decide"])[1]


@contextmanager
def _server(environment: dict[str, str]) -> Iterator[int]:
    """gunicorn as the README starts it, with two workers."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    options = ["--workers", str(WORKERS), "--worker-class", "gthread", "--threads", str(THREADS)]
    options += ["--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", *options, "--log-level", "error"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def _asked(port: int, token: str, each: int) -> list[float]:
    """The seconds of every answer; clients ask one question after the other, each over its own connection."""
    times: list[float] = []
    clients = [
        threading.Thread(target=_client, args=(port, token, number, each, times)) for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if len(times) != CLIENTS * each:
        raise RuntimeError("A client failed.")
    return times


def _client(port: int, token: str, number: int, each: int, times: list[float]) -> None:
    """Written by hand, because a library's client costs as much processor time as the server."""
    dice = random.Random(number)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(each):
            said = {
                "tool": _tool(dice),
                "version": "1.0",
                "environment": "production",
                "data_class": "internal",
            }
            message = _message(token, json.dumps(said).encode())
            times.append(seconds(lambda sent=message: _exchange(connection, sent)))  # type: ignore[misc]


def _message(token: str, body: bytes) -> bytes:
    head = (
        "POST /api/v1/tooling/decide HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _exchange(connection: socket.socket, message: bytes) -> None:
    connection.sendall(message)
    answer = connection.recv(65_536)
    head, end, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65_536)
    if not answer.startswith(b"HTTP/1.1 200") or not end:
        raise RuntimeError(answer[:300].decode())


def _command(environment: dict[str, str]) -> Figure:
    """The whole command, with the start of Python and Django."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(f"tool-{number * 2}==1.{number}.0\n" for number in range(PACKAGES)))
        command = [sys.executable, "manage.py", "check_tools", str(file), "--team", "team-1"]
        command += ["--environment", "production", "--format", "sarif"]

        def run() -> None:
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
            if done.returncode != 1:
                raise RuntimeError(done.stderr.decode()[-500:])

        return Figure(f"check_tools, {PACKAGES:,} packages, as SARIF", median_ms(run, 3), "ms")
