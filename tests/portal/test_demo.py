"""`manage.py demo` as a person meets it: started, shared, interrupted, killed, refused.

One home serves all tests of this module, so that the first of them loads the demo world and the others find it.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from portal.demo_personas import PERSONAS
from portal.embedded import Cluster, Home
from portal.embedded_throwaway import throwaway
from tests.portal.living import PATIENCE_SECONDS, living, only, postmaster, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("demo")]
ROOT = Path(__file__).resolve().parents[2]


class Demo:
    """A running `manage.py demo`; `lines` is what it has written to standard output."""

    def __init__(self, home: Path, *arguments: str, shell: str = "", **environment: str) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "demo", *arguments]
        if shell:
            command = ["sh", "-c", shell, "sh", *command]
        self.process = subprocess.Popen(
            command,
            env=environment_of(home, **environment),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @property
    def url(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+", "".join(self.lines))
        assert found, self.lines
        return found[0]

    def until_ready(self) -> Demo:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if "Begin anew" in line:
                return self
        assert self.process.stderr is not None
        raise AssertionError(self.process.stderr.read())

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """Nothing of the test run's own settings."""
    return {"PATH": os.environ["PATH"], "HOME": str(home.parent), "COE_PORTAL_HOME": str(home), **more}


def demo_once(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    with Demo(home, *arguments, **environment) as demo:
        out, err = demo.process.communicate(timeout=PATIENCE_SECONDS)
        return subprocess.CompletedProcess(demo.process.args, demo.process.returncode, out, err)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="coe-demo test ü-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory) / "home"
        assert not living(directory)


def nothing_lives(home: Path) -> bool:
    return not living(home)


def test_an_interrupted_first_start_leaves_nothing_and_a_reset_begins_anew(home: Path) -> None:
    with Demo(home, "--port", "0") as demo:
        wait_until(lambda: living(home, "prepare_demo"), "the preparation runs")
        wait_until(lambda: holds(home, "django_migrations"), "the preparation is in the middle of its work")
        assert demo.end(signal.SIGTERM) == 0
    assert nothing_lives(home)
    with Cluster(home) as cluster, psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE scribble ()")
    with Demo(home, "--reset", "--yes", "--port", "0") as demo:
        demo.until_ready()
        assert holds(home, "coe_demo_mark")
        assert not holds(home, "scribble")
        assert demo.end(signal.SIGINT) == 0


def holds(home: Path, table: str) -> bool:
    with psycopg.connect(Home(home).url()) as connection:
        return connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)


def test_it_tells_the_address_and_the_sign_ins_and_keeps_its_key(home: Path) -> None:
    key = home / "secret-key"
    before = key.read_text()
    with Demo(home, "--port", "0") as demo:
        text = "".join(demo.until_ready().lines)
        assert demo.healthy()
        assert all(re.search(rf"^ +{name} ", text, re.MULTILINE) for name in PERSONAS)
        assert re.search(r"with the password demo-\w{10}", text)
        assert demo.end(signal.SIGTERM) == 0
    assert key.read_text() == before
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert nothing_lives(home)


def test_ignored_signals_end_it_all_the_same(home: Path) -> None:
    with Demo(home, "--port", "0", shell='trap "" INT TERM; exec "$@"') as demo:
        demo.until_ready()
        assert demo.end(signal.SIGINT) == 0
    assert nothing_lives(home)


def test_a_kill_leaves_nothing_running(home: Path) -> None:
    with Demo(home, "--port", "0") as demo:
        demo.until_ready()
        assert demo.end(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: nothing_lives(home), "the undertaker and the keeper have done their work")


def test_two_terminals_share_the_data_and_the_first_may_leave(home: Path) -> None:
    with Demo(home, "--port", "0") as first, Demo(home, "--port", "0") as second:
        first.until_ready()
        second.until_ready()
        assert first.url != second.url
        busy = first.url.rsplit(":", 1)[1]
        refused = demo_once(home, "--port", busy)
        assert refused.returncode == 1
        assert f"Port {busy} on 127.0.0.1 cannot be used (Address already in use)" in refused.stderr
        assert f"--port {int(busy) + 1}" in refused.stderr
        reset = demo_once(home, "--reset", "--yes", "--port", "0")
        assert reset.returncode == 1
        assert "another demo runs on the same data" in reset.stderr
        assert first.end(signal.SIGKILL) == -signal.SIGKILL
        assert second.healthy()
        assert second.end(signal.SIGINT) == 0
    wait_until(lambda: nothing_lives(home), "the undertaker of the killed one has done its work")


def test_it_outlives_kills_and_no_sweep_of_a_restart_comes_before_its_registry(home: Path) -> None:
    with Demo(home, "--port", "0") as demo:
        demo.until_ready()
        with psycopg.connect(Home(home).url(), autocommit=True) as connection:
            wait_until(lambda: runs(connection, "succeeded"), "the first sweep has succeeded")
        outlives_a_kill_of_its_database(demo, home)
        outlives_a_kill_of_its_children(demo, home)
        assert demo.end(signal.SIGINT) == 0
    assert nothing_lives(home)
    with Demo(home, "--port", "0") as demo:
        demo.until_ready()
        with psycopg.connect(Home(home).url(), autocommit=True) as connection:
            before = runs(connection, "succeeded")
            wait_until(lambda: runs(connection, "succeeded") > before, "another sweep has succeeded")
            assert runs(connection, "failed") == 0
            assert demo.end(signal.SIGINT) == 0


def outlives_a_kill_of_its_database(demo: Demo, home: Path) -> None:
    old = postmaster(home)
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: set(living(home, "listen_addresses=")) - {old}, "another postmaster runs")
    wait_until(demo.healthy, "the web server answers again")


def outlives_a_kill_of_its_children(demo: Demo, home: Path) -> None:
    wait_until(lambda: living(home, "procrastinate"), "the worker runs")
    worker = only(living(home, "procrastinate"))
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: set(living(home, "procrastinate")) - {worker}, "another worker runs")
    web = min(living(home, "gunicorn"))
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: web not in living(home, "gunicorn") and demo.healthy(), "another web server answers")


def runs(connection: psycopg.Connection[Any], state: str) -> int:
    row = connection.execute("SELECT count(*) FROM catalog_syncrun WHERE state = %s", [state]).fetchone()
    return int(row[0]) if row else 0


def test_tokens_are_new_each_time_and_the_only_output(home: Path) -> None:
    first, second = (demo_once(home, "--tokens") for _ in range(2))
    assert first.returncode == 0, first.stderr
    names, tokens = zip(*(line.split(" ") for line in first.stdout.splitlines()), strict=True)
    assert set(names) == {*PERSONAS, "ci-risk"}
    assert not set(tokens) & {line.split(" ")[1] for line in second.stdout.splitlines()}


def test_a_reset_asks_and_without_a_terminal_refuses(home: Path) -> None:
    refused = demo_once(home, "--reset", "--port", "0")
    assert refused.returncode == 1
    assert "add --yes" in refused.stderr


def test_another_database_must_be_empty(home: Path) -> None:
    with throwaway() as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE ledger AS SELECT 1 AS amount")
        refused = demo_once(home, "--port", "0", DATABASE_URL=url)
        assert refused.returncode == 1
        assert "holds 1 tables and was not made by the demo" in refused.stderr
        with psycopg.connect(url) as connection:
            assert connection.execute(
                "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchone() == (1,)


def test_a_port_must_be_a_port(home: Path) -> None:
    for port in ("70000", "-1"):
        refused = demo_once(home, "--port", port)
        assert refused.returncode == 1
        assert f"Port {port} on 127.0.0.1 cannot be used" in refused.stderr


def test_a_strangers_socket_is_left_alone(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        refused = demo_once(home, "--port", str(stranger.getsockname()[1]))
    assert refused.returncode == 1
    assert nothing_lives(home)
