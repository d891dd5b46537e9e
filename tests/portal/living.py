"""Which processes live on account of a directory, and waiting for what processes do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 180.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS:.0f} s until {what}"
        time.sleep(0.03)


def living(mark: Path | str, program: str = "") -> dict[int, str]:
    """Number and command line of each process that names `mark` in its arguments or its environment."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            command, environment = _read(entry / "cmdline"), _read(entry / "environ")
            if str(mark) in command + environment and program in command:
                found[int(entry.name)] = command.replace("\0", " ")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # it has just ended, or is not ours
        return ""


def only(processes: dict[int, str]) -> int:
    """The number of the one process."""
    assert len(processes) == 1, processes
    return next(iter(processes))


def postmaster(home: Path) -> int:
    return only(living(home, "listen_addresses="))


def keeper(home: Path) -> int:
    return only(living(home, "portal.embedded_keeper"))
