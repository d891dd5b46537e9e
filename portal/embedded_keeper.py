# ruff: noqa: S603, PLW1509 -- the program is the wheel's; no thread runs yet when it is started
"""The keeper of one embedded cluster: creates it, runs its server, stops it when its last user has gone.

A process of its own (`python -m portal.embedded_keeper HOME`), because whoever started the server may be
killed while others still use it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from portal.embedded import (
    DATABASE,
    PORT,
    ROLE,
    START_SECONDS,
    Home,
    remove_home,
    remove_socket_directory,
    try_lock,
    unblock_signals,
)
from portal.embedded_cluster import SUPERUSER, Server, prepare

SOCKET_PATH_BYTES = 90  # the kernel's limit is 104 on macOS and 108 on Linux
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "io_method": "sync",
}


def die_with_parent(parent: int) -> Callable[[], None]:
    """For a child between fork and exec: on Linux its parent's death sends it INT, a fast shutdown.

    It must come after the change of user, which clears it (prctl(2)); `subprocess` calls it there.
    """
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def ask() -> None:
        if prctl is not None:
            prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG
            if os.getppid() != parent:
                os._exit(1)

    return ask


def start_server(server: Server, sockets: Path, lock: int, *, throwaway: bool) -> subprocess.Popen[bytes]:
    """Start the postmaster; it and its children inherit our lock, which is free only when all are gone.

    As the lock is ours, no process of an older server lives: a pid file is stale, whoever bears its number.
    """
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    settings = (
        SETTINGS | (THROWAWAY_SETTINGS if throwaway else {}) | {"unix_socket_directories": f'"{sockets}"'}
    )
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        server.command("postgres", "-D", str(server.data), *arguments),
        pass_fds=[lock],
        preexec_fn=die_with_parent(os.getpid()),
        start_new_session=True,
        **server.as_account(),
    )


def socket_directory(home: Home, account: pwd.struct_passwd) -> Path:
    """A private directory with a short name; kept after a crash, so that clients find the next server."""
    directory = _former_socket_directory(home, account)
    if directory is None:
        directory = Path(tempfile.mkdtemp(prefix="coe-", dir=_short_temporary_directory()))
        os.chown(directory, account.pw_uid, account.pw_gid)
        draft = home.address.with_suffix(".draft")
        draft.write_text(str(directory), encoding="utf-8")
        draft.replace(home.address)
    for stale in directory.glob(".s.PGSQL.*"):
        stale.unlink()
    return directory


def _former_socket_directory(home: Home, account: pwd.struct_passwd) -> Path | None:
    """The directory of the server before, unless somebody else has taken its name since."""
    if not home.address.exists():
        return None
    directory = Path(home.address.read_text(encoding="utf-8"))
    try:
        found = directory.lstat()
    except FileNotFoundError:
        return None
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    return directory if private and found.st_uid == account.pw_uid else None


def _short_temporary_directory() -> str:
    """The temporary directory, or /tmp where that is too long for a socket or, as root, perhaps private."""
    longest = len(os.fsencode(tempfile.gettempdir())) + len("/coe-01234567/.s.PGSQL.5432.lock")
    return tempfile.gettempdir() if os.geteuid() != 0 and longest <= SOCKET_PATH_BYTES else "/tmp"  # noqa: S108


def create_database(home: Home, server: subprocess.Popen[bytes]) -> None:
    """Once the server answers: the portal's role, no superuser, and its database."""
    connection = _first_connection(home, server)
    with connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {0} OWNER {1}").format(
                    sql.Identifier(DATABASE), sql.Identifier(ROLE)
                )
            )


def _first_connection(home: Home, server: subprocess.Popen[bytes]) -> psycopg.Connection[Any]:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return psycopg.connect(home.url_as(SUPERUSER, "postgres"), autocommit=True)
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not start: {error}") from error
            time.sleep(0.02)


def wait_for_turn(home: Home) -> int | None:
    """The server's lock, or None when another keeper has a server that answers."""
    while (lock := try_lock(home.serving, fcntl.LOCK_EX)) is None:
        if home.answers():
            return None
        time.sleep(0.05)
    return lock


class Keeper:
    """Runs one server until nobody uses it, or until a signal asks it to stop."""

    def __init__(self, home: Home, *, throwaway: bool) -> None:
        self.home = home
        self.throwaway = throwaway
        self.unused = False
        self.server: subprocess.Popen[bytes] | None = None

    def run(self, lock: int) -> int:
        server = prepare(self.home)
        sockets = socket_directory(self.home, server.account)
        self.server = start_server(server, sockets, lock, throwaway=self.throwaway)
        threading.Thread(target=self._wait_until_unused, daemon=True).start()
        try:
            create_database(self.home, self.server)
        except (psycopg.Error, SystemExit):
            if not self.unused:
                raise
        status = self.server.wait()
        if self.unused:
            remove_socket_directory(sockets)
        if self.unused and self.throwaway:
            remove_home(self.home)
        return 0 if self.unused or status < 0 else status

    def _wait_until_unused(self) -> None:
        """The exclusive lock stays ours until this process ends: new users wait for the end of the stop."""
        descriptor = os.open(self.home.in_use, os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        self.unused = True
        self.stop()

    def stop(self, *_: object) -> None:
        """A fast shutdown: clients are disconnected, nothing committed is lost."""
        if self.server is None:
            raise SystemExit(0)
        self.server.send_signal(signal.SIGINT)


def main(arguments: list[str]) -> int:
    home = Home(Path(arguments[0]))
    keeper = Keeper(home, throwaway="--throwaway" in arguments)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, keeper.stop)
    signal.signal(signal.SIGTERM, keeper.stop)
    unblock_signals()
    lock = wait_for_turn(home)
    return 0 if lock is None else keeper.run(lock)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
