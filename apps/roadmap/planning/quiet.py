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

_lock = Lock()
_solving = 0
_kept: int | None = None


@contextmanager
def output_kept_clean() -> Iterator[None]:
    """While any thread is inside, file descriptor 1 leads to 2. A process without a standard output stays without."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _solving, _kept
    with _lock:
        _solving += 1
        if _solving == 1:
            _kept = _redirected()


def _leave() -> None:
    global _solving, _kept
    with _lock:
        _solving -= 1
        if _solving == 0 and _kept is not None:
            _flush()
            os.dup2(_kept, OUT)
            os.close(_kept)
            _kept = None


def _redirected() -> int | None:
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
