"""A database for one test run: quick, because a power cut may lose it, and gone afterwards."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from portal.embedded import Cluster, Home, home_mode, remove_home, try_lock


@contextmanager
def throwaway() -> Iterator[str]:
    """The address of an empty database for tests; its cluster and directory are gone afterwards."""
    with Cluster(_new_home(), throwaway=True) as cluster:
        yield cluster.url


_until_exit: list[Cluster] = []


def throwaway_until_exit() -> str:
    """As `throwaway`, for the life of this process: its end, even by kill -9, is the end of the cluster.

    For the settings of a test run, before Django reads them; processes that pytest-xdist starts inherit the
    address and start nothing:

        if "DATABASE_URL" not in os.environ:
            os.environ["DATABASE_URL"] = throwaway_until_exit()
    """
    _until_exit.append(Cluster(_new_home(), throwaway=True).__enter__())
    return _until_exit[-1].url


def _new_home() -> Path:
    sweep()
    home = Path(tempfile.mkdtemp(prefix=_prefix()))
    home.chmod(home_mode())
    return home


def _prefix() -> str:
    return f"coe-portal-throwaway-{os.geteuid()}-"


def sweep(*, older_than: float = 60.0) -> None:
    """Remove what runs left behind whose keeper was killed too: directories of ours that nobody locks."""
    for home in Path(tempfile.gettempdir()).glob(f"{_prefix()}*"):
        with suppress(FileNotFoundError):  # another sweeper was quicker
            if time.time() - home.stat().st_mtime > older_than and home.stat().st_uid == os.geteuid():
                _remove_unless_used(Home(home))


def _remove_unless_used(home: Home) -> None:
    with ExitStack() as held:
        for path in filter(Path.exists, (home.in_use, home.serving)):
            lock = try_lock(path, fcntl.LOCK_EX)
            if lock is None:
                return
            held.callback(os.close, lock)
        remove_home(home)
