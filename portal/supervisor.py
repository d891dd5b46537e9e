# ruff: noqa: S603, PLW1509 -- the programs are ours; the supervisor has no threads
"""Runs a few processes as one: restarts what dies, ends all of them together, also when it is killed itself.

Every child leads a process group of its own, so that its own children end with it. Needs no Django.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

from portal import undertaker

RESTARTS = 3
RESTART_WINDOW_SECONDS = 60.0


class SupervisorError(RuntimeError):
    """A child does not stay alive; the message names it."""


class StopRequested(BaseException):
    """A signal asked for the end; like KeyboardInterrupt no `except Exception` may catch it."""


@dataclass(frozen=True, eq=False)
class Child:
    """One process to keep running: how to start it, and what it needs beside the common environment."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()


class Supervisor:
    """Starts children on demand; leaving the context ends them all."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self._environment = dict(environment)
        self._directory = directory
        self._running: dict[Child, subprocess.Popen[bytes]] = {}
        self._ends: dict[Child, list[float]] = {}

    def __enter__(self) -> Supervisor:
        self._start_undertaker()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_all()
        os.close(self._pipe)
        self._undertaker.wait()

    def start(self, child: Child) -> None:
        self._running[child] = self._spawn(child)

    def run(self, child: Child, *, capture: bool = False) -> tuple[int, str]:
        """Run a child to its end; its exit status and, if captured, its standard output."""
        process = self._spawn(child, stdout=subprocess.PIPE if capture else None)
        self._running[child] = process
        output, _ = process.communicate()
        self._forget(child)
        return process.returncode, (output or b"").decode()

    def watch(self) -> None:
        """Start again what has ended; SupervisorError when a child ends too often."""
        if self._undertaker.poll() is not None:
            self._replace_undertaker()
        for child, process in list(self._running.items()):
            if process.poll() is not None:
                self._forget(child)
                self._note_end(child, process.returncode)
                self.start(child)

    def _note_end(self, child: Child, status: int) -> None:
        now = time.monotonic()
        ends = [end for end in self._ends.get(child, []) if now - end < RESTART_WINDOW_SECONDS]
        self._ends[child] = [*ends, now]
        if len(ends) >= RESTARTS:
            raise SupervisorError(
                f"The {child.name} ended again and again, the last time with status {status}."
            )

    def _spawn(self, child: Child, stdout: int | None = None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            child.command,
            env=self._environment | dict(child.environment),
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            pass_fds=child.pass_fds,
            start_new_session=True,
            preexec_fn=self._announcer(),
        )

    def _announcer(self) -> Callable[[], None]:
        """For a child before its program: no moment in which a killed supervisor would leave it behind."""
        pipe = self._pipe

        def announce() -> None:
            os.write(pipe, b"+%d\n" % os.getpid())

        return announce

    def _forget(self, child: Child) -> None:
        """End what a dead child left of its group, before its number can be anybody else's."""
        group = self._running.pop(child).pid
        undertaker.end_groups({group}, grace=1.0)
        os.write(self._pipe, b"-%d\n" % group)

    def _end_all(self) -> None:
        for process in self._running.values():
            undertaker.signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + undertaker.GRACE_SECONDS
        while (
            any(process.poll() is None for process in self._running.values()) and time.monotonic() < deadline
        ):
            time.sleep(0.03)
        for child, process in list(self._running.items()):
            if process.poll() is None:
                undertaker.signal_group(process.pid, signal.SIGKILL)
                process.wait()
            self._forget(child)

    def _start_undertaker(self) -> None:
        read, self._pipe = os.pipe()
        command = [sys.executable, "-I", "-S", undertaker.__file__]
        self._undertaker = subprocess.Popen(command, stdin=read, cwd="/", start_new_session=True)
        os.close(read)

    def _replace_undertaker(self) -> None:
        os.close(self._pipe)
        self._start_undertaker()
        for process in self._running.values():
            os.write(self._pipe, b"+%d\n" % process.pid)


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """INT, TERM and HUP raise StopRequested, once: a second one does not cut the clean-up short.

    Set here, because both INT and TERM may arrive ignored (a job in a shell's background) or blocked. A HUP
    that arrives ignored stays ignored, as `nohup` wants it.
    """
    asked = False

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise StopRequested(signal.Signals(number).name)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    former = {number: signal.signal(number, stop) for number in numbers}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
