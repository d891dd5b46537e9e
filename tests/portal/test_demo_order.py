"""The demo's worker starts when the registry that it sweeps can be read, and never waits for ever."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

import pytest

from portal import demo
from portal.embedded import Home
from portal.supervisor import Child, Supervisor


class Recorder:
    """Stands in for the supervisor: notes what it was told to start."""

    def __init__(self) -> None:
        self.started: list[Child] = []

    def start(self, child: Child) -> None:
        self.started.append(child)

    def watch(self) -> None:
        pass


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setattr(demo, "has_mlflow_server", lambda: True)
    return Recorder()


def supervisor(recorder: Recorder) -> Supervisor:
    return cast(Supervisor, recorder)


def test_the_worker_waits_for_the_registrys_word(recorder: Recorder, tmp_path: Path) -> None:
    with demo.registry(supervisor(recorder), Home(tmp_path)) as answers:
        (child,) = recorder.started
        (writer,) = child.pass_fds
        assert child.command[-2:] == ["--ready-fd", str(writer)]
        assert not answers()
        os.write(writer, b"+")
        assert answers()
        assert answers(), "it stays so"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(writer, b"+")


def test_a_registry_that_never_answers_stops_nothing(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "REGISTRY_SECONDS", 0.0)
    with demo.registry(supervisor(recorder), Home(tmp_path)) as answers:
        assert answers()


def test_without_mlflow_nothing_is_waited_for(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "has_mlflow_server", lambda: False)
    with demo.registry(supervisor(recorder), Home(tmp_path)) as answers:
        assert answers()
    assert recorder.started == []


def test_it_keeps_watch_until_then(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.time, "sleep", lambda seconds: None)
    said = iter([False, False, True])
    watched: list[int] = []
    monkeypatch.setattr(recorder, "watch", lambda: watched.append(1))
    demo.keep(supervisor(recorder), None, until=lambda: next(said))
    assert len(watched) == 2
