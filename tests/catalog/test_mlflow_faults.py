"""An MLflow server that is down, locked, broken or something else: a clear sentence, never a credential."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from apps.catalog.sources.base import (
    EntityRecord,
    Record,
    ScopeDone,
    ScopeFailed,
    SourceFailed,
    VersionRecord,
)
from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource

SECRET = "s3cret-t0ken"
MODEL = {
    "name": "m",
    "creation_timestamp": 1_700_000_000_000,
    "aliases": [{"alias": "champion", "version": "1"}],
}
VERSION = MODEL | {"version": "1", "run_id": "r1", "source": "models:/m-1", "status": "READY"}
RUN = {"info": {"run_id": "r1"}, "data": {"metrics": [{"key": "auc", "value": 0.5}]}}
GOOD: dict[str, Any] = {
    "registered-models/search": {"registered_models": [MODEL]},
    "model-versions/search": {"model_versions": [VERSION]},
    "experiments/search": {"experiments": [{"experiment_id": "0", "creation_time": 1_700_000_000_000}]},
    "runs/search": {"runs": [RUN]},
    "logged-models/search": {"models": []},
}

Answer = Callable[[BaseHTTPRequestHandler], None]


def reply(status: int, body: bytes, content_type: str = "application/json", **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        sent = {"Content-Type": content_type, "Content-Length": str(len(body))}
        for name, value in (
            sent | {name.replace("_", "-"): value for name, value in headers.items()}
        ).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    return answer


def good(path: str) -> Answer:
    return reply(200, json.dumps(GOOD[path]).encode())


def in_turn(*answers: Answer) -> Answer:
    left = list(answers)

    def answer(request: BaseHTTPRequestHandler) -> None:
        left.pop(0)(request)

    return answer


def hang(request: BaseHTTPRequestHandler) -> None:
    time.sleep(2)


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def drip(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(30):
        request.wfile.write(b" ")
        request.wfile.flush()
        time.sleep(0.1)


def cut(request: BaseHTTPRequestHandler) -> None:
    reply(200, b'{"registered_models": [', Content_Length="5000")(request)
    request.close_connection = True


@contextmanager
def server(answers: dict[str, Answer]) -> Iterator[tuple[str, list[str]]]:
    """Answers well where `answers` (by the path's end) says nothing; the authorizations that it was sent."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append(self.headers.get("Authorization", ""))
            path = self.path.partition("?")[0].removeprefix("/api/2.0/mlflow/")
            try:
                (answers.get(path) or good(path))(self)
            except OSError:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 -- the name that http.server looks for

        def log_message(self, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}", seen
        finally:
            http.shutdown()
            thread.join()


def read(url: str, **options: Any) -> list[Record]:
    settings = {"token": SECRET, "timeout": 0.5, "retries": 0, "page_seconds": 1.0} | options
    return list(MlflowSource(MlflowConfig(tracking_uri=url, **settings)).sweep())


FAULTS = {
    "401": (reply(401, SECRET.encode()), "refused the credentials (401)"),
    "403": (reply(403, b"{}"), "may not read this (403)"),
    "404": (reply(404, b"<html>", "text/html"), "knows no such MLflow interface"),
    "429": (reply(429, b"slow down", "text/plain"), "too busy"),
    "500": (reply(500, SECRET.encode()), "failed (500)"),
    "503, come back tomorrow": (reply(503, b"", Retry_After="86400"), "failed (503)"),
    "redirect": (reply(302, b"", Location="http://127.0.0.1:1/login"), "redirects elsewhere (302)"),
    "login page": (reply(200, b"<!doctype html>", "text/html"), "web page instead of JSON"),
    "html as json": (reply(200, b"\n <html>"), "web page instead of JSON"),
    "truncated json": (reply(200, b'{"registered_models": ['), "not whole JSON"),
    "not utf-8": (reply(200, b'{"registered_models": "\xff"}'), "not whole JSON"),
    "a list": (reply(200, b"[]"), "not of MLflow's shape"),
    "another shape": (reply(200, b'{"registered_models": {}}'), "not an MLflow listing"),
    "endless": (reply(200, b'{"next_page_token": "again"}'), "repeats itself"),
    "hang": (hang, "did not answer within 0.5 s"),
    "hang up": (hang_up, "broke before it answered"),
    "drip": (drip, "not complete after 1 s"),
    "cut": (cut, "cut while an answer was read"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_place_that_cannot_be_read_says_why(fault: str) -> None:
    answer, reason = FAULTS[fault]
    with server({"registered-models/search": answer}) as (url, seen), pytest.raises(SourceFailed) as failed:
        read(url)
    assert reason in failed.value.reason
    assert SECRET not in repr(failed.getrepr(chain=True, style="long", showlocals=False))
    assert seen[0] == f"Bearer {SECRET}"


def test_a_server_that_is_down_says_so() -> None:
    with server({}) as (url, _):
        pass
    with pytest.raises(SourceFailed, match="Nothing answers"):
        read(url)
    with pytest.raises(SourceFailed, match="host name is not known"):
        read("http://mlflow.invalid", token="")


def test_a_busy_server_is_asked_again_but_not_for_long() -> None:
    models = good("registered-models/search")
    with server(
        {"registered-models/search": in_turn(reply(503, b"", Retry_After="600"), models, models)}
    ) as (url, _):
        start = time.monotonic()
        records = read(url, retries=2)
    assert time.monotonic() - start < 5
    assert ScopeDone("models", 1) in records


@pytest.mark.parametrize(("path", "scope"), [("model-versions/search", "versions"), ("runs/search", "runs")])
def test_a_part_that_fails_takes_nothing_else_with_it(path: str, scope: str) -> None:
    with server({path: reply(500, b"")}) as (url, _):
        records = read(url)
    assert ScopeDone("models", 1) in records
    assert [record.scope for record in records if isinstance(record, ScopeFailed)] == [scope]
    assert any(isinstance(record, EntityRecord) for record in records)


@pytest.mark.parametrize("path", ["runs/search", "experiments/search", "logged-models/search"])
def test_without_runs_the_versions_say_what_they_do_not_know(path: str) -> None:
    with server({path: reply(403, b"{}")}) as (url, _):
        records = read(url)
    (version,) = [record for record in records if isinstance(record, VersionRecord)]
    assert version.unknown == ("code_commit", "author", "metrics", "params", "datasets", "flavours")
    assert ScopeDone("versions", 1) in records


def test_an_older_server_without_logged_models_is_no_failure() -> None:
    with server({"logged-models/search": reply(404, b"<html>Not Found", "text/html")}) as (url, _):
        records = read(url)
    (version,) = [record for record in records if isinstance(record, VersionRecord)]
    assert (version.metrics, version.unknown) == ({"auc": 0.5}, ())
    assert ScopeDone("runs", 1) in records


def test_a_second_page_that_fails_leaves_the_first_and_ends_nothing() -> None:
    first = reply(200, json.dumps(GOOD["registered-models/search"] | {"next_page_token": "x"}).encode())
    with server({"registered-models/search": in_turn(first, hang_up)}) as (url, _):
        records = read(url)
    assert [type(record) for record in records[:2]] == [EntityRecord, ScopeFailed]


STRANGE = [
    None,
    7,
    "x",
    [],
    {},
    {"name": None},
    {"name": 7},
    {"name": ["m"]},
    {"name": "n", "tags": 7, "aliases": {}},
]


def test_rows_of_any_shape_never_break_the_rest() -> None:
    body = json.dumps(
        {"registered_models": [*STRANGE, MODEL], "model_versions": [*STRANGE, VERSION]}
    ).encode()
    odd_runs = {
        "runs": [*STRANGE, {"info": {"run_id": "r1"}, "data": 7, "inputs": {"dataset_inputs": [7, {}]}}]
    }
    answers = {
        "registered-models/search": reply(200, body),
        "model-versions/search": reply(200, body),
        "runs/search": reply(200, json.dumps(odd_runs).encode()),
    }
    with server(answers) as (url, _):
        records = read(url)
    assert [record.name for record in records if isinstance(record, EntityRecord)] == ["n", "m"]
    assert [record.entity_key for record in records if isinstance(record, VersionRecord)] == ["m"]


def test_other_calls_fail_as_clearly() -> None:
    with server({"experiments/search": hang_up, "registered-models/get": reply(500, b"")}) as (url, _):
        source = MlflowSource(MlflowConfig(tracking_uri=url, token=SECRET, timeout=0.5, retries=0))
        with pytest.raises(SourceFailed, match="experiments: The connection"):
            source.identity()
        with pytest.raises(SourceFailed, match=r"model: The MLflow server failed \(500\)"):
            source.read_one("m")


@pytest.mark.parametrize(
    "options",
    [
        {"tracking_uri": "ftp://host"},
        {"tracking_uri": "https://"},
        {"tracking_uri": "https://[half"},
        {"tracking_uri": f"https://user:{SECRET}@host"},
        {"tracking_uri": f"https://host?token={SECRET}"},
        {"tracking_uri": "http://mlflow.example.com", "token": SECRET},
        {"tracking_uri": "https://host", "token": f"{SECRET}\r\nX: y"},
        {"tracking_uri": "https://host", "token": f"{SECRET}é"},
        {"tracking_uri": "https://host", "token": SECRET, "username": "u", "password": "p"},
        {"tracking_uri": "https://host", "username": "u"},
        {"tracking_uri": "https://host", "username": "u:v", "password": SECRET},
        {"tracking_uri": "https://host", "timeout": 0.0},
        {"tracking_uri": "https://host", "model_page": 1},
    ],
)
def test_a_configuration_that_cannot_be_right_or_safe_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(SourceFailed) as failed:
        MlflowConfig(**options)
    assert SECRET not in str(failed.value)


def test_a_configuration_hides_its_secrets_and_heeds_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    config = MlflowConfig(tracking_uri="https://host/mlflow/", username="u", password=SECRET)
    assert SECRET not in repr(config)
    assert (config.address, config.wait, config.repeats) == ("https://host/mlflow", 10.0, 2)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "5")
    assert (config.wait, config.repeats) == (30.0, 5)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")
    with pytest.raises(SourceFailed, match="MLFLOW_HTTP_REQUEST_TIMEOUT is not a number"):
        _ = config.wait
