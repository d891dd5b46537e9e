"""Keeps what the solver's library writes by itself off the standard output, which belongs to whoever started the process.

HiGHS, as scipy 1.17 brings it, prints a line of its own in C now and then, whatever its options say. It goes to the
standard error instead, where nothing of it, and nothing that another thread says meanwhile, is lost.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

OUT, ERROR = 1, 2


class _Output:
    """The process's standard output; the first thread that comes leads it away, the last that leaves leads it back."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.kept: int | None = None

    def enter(self) -> None:
        with self.lock:
            self.inside += 1
            if self.inside == 1:
                self.kept = _led_away()

    def leave(self) -> None:
        with self.lock:
            self.inside -= 1
            if self.inside == 0 and self.kept is not None:
                _flush()
                os.dup2(self.kept, OUT)
                os.close(self.kept)
                self.kept = None


_output = _Output()


@contextmanager
def output_kept_clean() -> Iterator[None]:
    """While any thread is inside, file descriptor 1 leads to 2. A process without a standard output stays without."""
    _output.enter()
    try:
        yield
    finally:
        _output.leave()


def _led_away() -> int | None:
    """A copy of the standard output, which leads to the standard error from now on; None where one of them is closed."""
    _flush()
    try:
        kept = os.dup(OUT)
    except OSError:
        return None
    try:
        os.dup2(ERROR, OUT)
    except OSError:
        os.close(kept)
        return None
    return kept


def _flush() -> None:
    """What stands in Python's and in C's buffers goes where it was written to."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
