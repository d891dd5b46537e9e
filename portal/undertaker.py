"""Ends the processes of a supervisor that was killed: reads their groups from a pipe that breaks with it.

Lines are `+GROUP` when a child begins (the child itself writes it, before it becomes its program) and
`-GROUP` when it has ended. At the end of the pipe every group left gets TERM, and KILL when it takes too
long. It runs as a file of its own with the standard library only: it starts in milliseconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 10.0


def signal_group(group: int, number: int) -> bool:
    """Signal every process of the group; False when none is left."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def end_groups(groups: set[int], grace: float = GRACE_SECONDS) -> None:
    """TERM now, KILL after `grace` seconds to those left (or dead, and not yet collected by their parent)."""
    left = {group for group in groups if signal_group(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = {group for group in left if signal_group(group, 0)}
    for group in left:
        signal_group(group, signal.SIGKILL)


def groups_left(lines: Iterable[str]) -> set[int]:
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        groups.add(group) if line.startswith("+") else groups.discard(group)
    return groups


if __name__ == "__main__":
    end_groups(groups_left(sys.stdin))
