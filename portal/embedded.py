# ruff: noqa: S603 -- the only program started here is this interpreter
"""PostgreSQL without an installation: a private cluster for as long as somebody uses it.

Whoever uses a cluster holds a shared lock on a file beside it; the kernel takes the lock back when its
holder dies, however it dies. A keeper process (`portal.embedded_keeper`) waits for the lock to be free of
users, then stops the server. So nothing here trusts a process number, and a killed user leaves nothing
running. Needs no Django.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg

DATABASE = ROLE = "coe"
PORT = 5432  # names the socket file only: the server listens on no network address
START_SECONDS = 120.0  # a first start on a slow disk copies the binaries and creates the cluster
STOP_SECONDS = 60.0


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the message says why and what to do."""


def default_data_dir() -> Path:
    """`COE_PORTAL_HOME`, else `coe-portal` in the user's data directory (XDG base directories)."""
    if own := os.environ.get("COE_PORTAL_HOME"):
        return Path(own).expanduser().absolute()
    xdg = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (xdg if xdg.is_absolute() else _user_home() / ".local" / "share") / "coe-portal"


def _user_home() -> Path:
    """`HOME`, unless it is somebody else's, as it is under `sudo` on many systems."""
    home = Path.home()
    if home.exists() and home.stat().st_uid == os.geteuid():
        return home
    try:
        return Path(pwd.getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        return home


class Home:
    """The directory of one cluster, its locks and secrets, and where each file of it stands."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.in_use = self.path / "in-use.lock"  # shared: its users; exclusive: the keeper, stopping
        self.serving = self.path / "server.lock"  # exclusive: the keeper and every process of the server
        self.address = self.path / "address"  # the socket directory of the server that was started last
        self.cluster = self.path / "postgres"
        self.log = self.path / "server.log"

    def create(self) -> None:
        """Make the directory, for its owner only; nothing that exists already changes its mode."""
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                self.path.chmod(home_mode())
            owner = self.path.stat().st_uid
            if owner == os.geteuid():
                for lock in (self.in_use, self.serving):
                    lock.touch(mode=0o600)
        except OSError as error:
            raise EmbeddedError(
                f"The data directory {self.path} cannot be used: {error.strerror}. "
                "Set COE_PORTAL_HOME to a directory that you may write."
            ) from error
        if owner != os.geteuid():
            raise EmbeddedError(
                f"The data directory {self.path} belongs to another user (uid {owner}). "
                "Set COE_PORTAL_HOME to a directory of your own."
            )

    def url(self) -> str:
        """The address of the database, for psycopg and for `DATABASE_URL`."""
        return self.url_as(ROLE, DATABASE)

    def url_as(self, role: str, database: str) -> str:
        directory = quote(self.address.read_text(encoding="utf-8"), safe="/")
        return f"postgresql://{role}@/{database}?host={directory}&port={PORT}"

    def answers(self) -> bool:
        """Whether the server answers a query: the only proof that it is ready."""
        try:
            with psycopg.connect(self.url(), connect_timeout=5) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except (FileNotFoundError, psycopg.OperationalError):
            return False

    def has_server(self) -> bool:
        """Whether a keeper or any process of a server lives."""
        try:
            lock = try_lock(self.serving, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False
        if lock is None:
            return True
        os.close(lock)
        return False


def home_mode() -> int:
    """As root the server's user has to pass through the directory; it still cannot list or read it."""
    return 0o711 if os.geteuid() == 0 else 0o700


def try_lock(path: Path, kind: int) -> int | None:
    """A descriptor that holds the lock (closing it lets go), or None when others hold a conflicting one."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class Cluster:
    """A use of the cluster in `home`: started on entry unless it runs, stopped on exit unless others use it.

    A throw-away cluster does not survive a power cut (fsync is off) and is removed with its home at the end.
    """

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = Home(home)
        self._throwaway = throwaway
        self._use: int | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.home.url()

    def __enter__(self) -> Cluster:
        self.home.create()
        self._use = self._begin_use()
        try:
            self.keep_running()
        except BaseException:
            self._end_use()
            self._wait_for_stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_use()
        self._wait_for_stop()

    def keep_running(self) -> bool:
        """Start the server if none runs (the first time, or after it was killed); True when it did.

        Raises EmbeddedError with the end of the server's log when it does not come up.
        """
        if self.home.has_server() and self.home.answers():
            return False
        deadline = time.monotonic() + START_SECONDS
        while not self.home.answers():
            self._ensure_keeper()
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL did not answer within {START_SECONDS:.0f} s.{self._log_end()}"
                )
            time.sleep(0.03)
        return True

    def _begin_use(self) -> int:
        """Take the shared lock; a keeper that is stopping the server is waited for."""
        deadline = time.monotonic() + STOP_SECONDS
        while (lock := try_lock(self.home.in_use, fcntl.LOCK_SH)) is None:
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another process keeps {self.home.path} to itself; end it, then start again."
                )
            time.sleep(0.03)
        return lock

    def _end_use(self) -> None:
        if self._use is not None:
            os.close(self._use)
            self._use = None

    def _ensure_keeper(self) -> None:
        """One that ended well or was killed is followed by another; one that failed would fail again."""
        if self._keeper is not None and (status := self._keeper.poll()) is not None:
            self._keeper = None
            if status > 0:
                raise EmbeddedError(f"PostgreSQL could not start.{self._log_end()}")
        if self._keeper is None and not self.home.has_server():
            self._keeper = start_keeper(self.home, throwaway=self._throwaway)

    def _wait_for_stop(self) -> None:
        """Return when the server is gone, or at once when others use it."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.home.has_server() and not self._used_by_others():
            if time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL did not stop within {STOP_SECONDS:.0f} s.{self._log_end()}")
            time.sleep(0.03)
        if self._keeper is not None and not self.home.path.exists():
            self._keeper.wait()

    def _used_by_others(self) -> bool:
        """Shared locks of users refuse an exclusive one only; a stopping keeper refuses both kinds."""
        try:
            alone = try_lock(self.home.in_use, fcntl.LOCK_EX)
            shared = alone if alone is not None else try_lock(self.home.in_use, fcntl.LOCK_SH)
        except FileNotFoundError:  # the keeper of a throw-away cluster has just removed it
            return False
        if shared is not None:
            os.close(shared)
        return alone is None and shared is not None

    def _log_end(self) -> str:
        if not self.home.log.exists():
            return ""
        lines = self.home.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        return "\n".join(["", f"The end of {self.home.log}:", *lines])


def start_keeper(home: Home, *, throwaway: bool) -> subprocess.Popen[bytes]:
    """Start the keeper in a session of its own, so that no signal of a terminal reaches it."""
    if home.log.exists():
        home.log.replace(home.log.with_suffix(".log.1"))
    kind = ["--throwaway"] if throwaway else []
    with home.log.open("ab") as log:
        home.log.chmod(0o600)
        return subprocess.Popen(
            [sys.executable, "-m", "portal.embedded_keeper", str(home.path), *kind],
            cwd="/",
            env=_keeper_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _keeper_environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parent.parent)
    path = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return without_libpq(dict(os.environ)) | {"PYTHONPATH": os.pathsep.join(path)}


def without_libpq(environment: dict[str, str]) -> dict[str, str]:
    """The environment without libpq's variables (PGHOSTADDR, PGSERVICE ...), which redirect connections."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")}


def remove_home(home: Home) -> None:
    """Delete a cluster with its home and what it links to; renamed first, so nobody sees half of it."""
    gone = Home(home.path.rename(home.path.with_name(home.path.name + ".removed")))
    if gone.cluster.is_symlink():
        shutil.rmtree(gone.cluster.resolve())
    if gone.address.exists():
        remove_socket_directory(Path(gone.address.read_text(encoding="utf-8")))
    shutil.rmtree(gone.path)


def remove_socket_directory(directory: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(directory)


def unblock_signals() -> None:
    """Processes of a shell's background inherit INT and TERM ignored, some supervisors leave them blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
