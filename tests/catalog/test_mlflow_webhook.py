"""Deliveries of a real MLflow server are believed; whatever differs from them in a letter is not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from mlflow import MlflowClient

from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource
from apps.catalog.sources.mlflow_webhook import (
    ID_HEADER,
    MOST_BYTES,
    SIGNATURE_HEADER,
    TIME_HEADER,
    TOLERANCE,
    Delivery,
    DeliveryError,
    verified,
)
from portal.demo_mlflow import MlflowServer

SECRET = "wh-säcret"
NOW = datetime(2026, 5, 3, 10, tzinfo=UTC)
BODY = json.dumps(
    {
        "entity": "model_version_alias",
        "action": "created",
        "timestamp": "2026-05-03T10:00:00+00:00",
        "data": {"name": "fraud-score", "alias": "champion", "version": "7"},
    }
).encode()


def signed(body: bytes = BODY, *, secret: str = SECRET, id: str = "d-1", time: str = "") -> dict[str, str]:  # noqa: A002
    """The headers, by the description in MLflow's documentation."""
    time = time or str(int(NOW.timestamp()))
    digest = hmac.new(secret.encode(), f"{id}.{time}.".encode() + body, hashlib.sha256).digest()
    return {ID_HEADER: id, TIME_HEADER: time, SIGNATURE_HEADER: f"v1,{base64.b64encode(digest).decode()}"}


def refused(
    headers: dict[str, str], body: bytes = BODY, *, secret: str = SECRET, now: datetime = NOW
) -> DeliveryError:
    with pytest.raises(DeliveryError) as error:
        verified(secret, headers, body, now=now)
    assert SECRET not in error.value.reason
    return error.value


def test_a_true_delivery_names_the_model_to_read_again() -> None:
    delivery = verified(SECRET, signed(), BODY, now=NOW)
    assert delivery == Delivery("d-1", "model_version_alias.created", NOW, "fraud-score")
    shouted = {name.upper(): value for name, value in signed().items()}
    assert verified(SECRET, shouted, BODY, now=NOW) == delivery


@pytest.mark.parametrize("seconds", [-600, -599, 0, 599, 600])
def test_up_to_ten_minutes_apart_is_in_time(seconds: int) -> None:
    assert verified(SECRET, signed(), BODY, now=NOW + timedelta(seconds=seconds)).sent_at == NOW


@pytest.mark.parametrize("seconds", [-601, 601, -(10**9), 10**9])
def test_older_and_newer_deliveries_are_refused(seconds: int) -> None:
    error = refused(signed(), now=NOW + timedelta(seconds=seconds))
    assert "10 minutes" in error.reason
    assert TOLERANCE.total_seconds() == 600


@pytest.mark.parametrize("name", [ID_HEADER, TIME_HEADER, SIGNATURE_HEADER])
@pytest.mark.parametrize(
    "value",
    ["", " ", "é", "\x00", "１７００", "v1", "v1,", "v2,AAAA", "-1", "1e9", "9" * 400, "v1,====", "\ud800"],
)
def test_missing_and_malformed_headers_are_refused(name: str, value: str) -> None:
    assert refused(signed() | {name: value}).status == 401
    without = {key: text for key, text in signed().items() if key != name}
    assert "missing" in refused(without).reason


def test_what_differs_from_what_was_signed_is_refused() -> None:
    good = signed()
    signature = good[SIGNATURE_HEADER]
    raw = base64.b64decode(signature[3:])
    others = {
        "another secret": signed(secret="other"),
        "no secret": signed(secret=""),
        "another body": signed(BODY + b" "),
        "another id": good | {ID_HEADER: "d-2"},
        "another time": good | {TIME_HEADER: str(int(NOW.timestamp()) + 1)},
        "another version": good | {SIGNATURE_HEADER: signature.replace("v1", "v2")},
        "hexadecimal": good | {SIGNATURE_HEADER: f"v1,{raw.hex()}"},
        "urlsafe": good | {SIGNATURE_HEADER: "v1," + base64.urlsafe_b64encode(b"\xff" * 32).decode()},
        "without padding": good | {SIGNATURE_HEADER: signature.rstrip("=")},
        "with a space": good | {SIGNATURE_HEADER: signature + " "},
        "shorter": good | {SIGNATURE_HEADER: "v1," + base64.b64encode(raw[:31]).decode()},
    }
    for name, headers in others.items():
        assert refused(headers).status == 401, name


def test_a_dot_cannot_move_between_id_and_time() -> None:
    assert "malformed" in refused(signed(id="d-1.1")).reason


def test_without_a_secret_of_ours_nothing_is_believed() -> None:
    assert "No webhook secret" in refused(signed(secret=""), secret="").reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"{" * 2000,
        b'{"entity": 1, "action": "set", "data": {}}',
        b'{"entity": "model_version", "action": "created"}',
        b'{"entity": "model_version", "action": "created", "data": []}',
        b'{"entity": "model_version", "action": "created", "data": {}}',
        b'{"entity": "model_version", "action": "created", "data": {"name": 7}}',
        b'{"entity": "model_version", "action": "created", "data": {"name": "a\\u0000b"}}',
        b'{"entity": "<script>", "action": "created", "data": {"name": "m"}}',
    ],
)
def test_a_signed_body_that_makes_no_sense_is_a_bad_request(body: bytes) -> None:
    assert refused(signed(body), body).status == 400


def test_a_giant_body_is_not_even_hashed() -> None:
    assert refused(signed(), b" " * (MOST_BYTES + 1)).status == 413


def test_events_about_other_things_name_no_model() -> None:
    body = b'{"entity": "budget_policy", "action": "exceeded", "data": {"name": "m"}}'
    assert verified(SECRET, signed(body), body, now=NOW).model == ""


# -- against the server itself ------------------------------------------------------------------------------


class Listener(ThreadingHTTPServer):
    """Keeps what is delivered, headers and raw body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.deliveries: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Listener)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.deliveries.put((dict(self.headers.items()), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def subscribe(client: MlflowClient, listener: Listener, events: list[Any]) -> None:
    url = f"http://127.0.0.1:{listener.server_address[1]}/hook"
    client.create_webhook(name="portal", url=url, events=events, secret=SECRET)
    time.sleep(1.5)  # the server keeps its list of webhooks for a second (MLFLOW_WEBHOOK_CACHE_TTL)


@pytest.mark.mlflow
def test_what_a_real_server_delivers_is_verified_and_read_again(
    mlflow_registry: MlflowServer, listener: Listener
) -> None:
    client = MlflowClient(mlflow_registry.url, mlflow_registry.url)
    events = [
        "registered_model.created",
        "model_version.created",
        "model_version_alias.created",
        "prompt.created",
    ]
    subscribe(client, listener, events)
    client.create_registered_model("fräud score")
    client.create_model_version("fräud score", "s3://bucket/m", await_creation_for=0)
    client.set_registered_model_alias("fräud score", "champion", "1")
    client.register_prompt("letter", "Dear {{name}}")
    received = [listener.deliveries.get(timeout=30) for _ in events]
    deliveries = [verified(SECRET, headers, body, now=datetime.now(UTC)) for headers, body in received]
    assert {delivery.event: (delivery.model, delivery.is_prompt) for delivery in deliveries} == {
        "registered_model.created": ("fräud score", False),
        "model_version.created": ("fräud score", False),
        "model_version_alias.created": ("fräud score", False),
        "prompt.created": ("letter", True),
    }
    assert len({delivery.delivery_id for delivery in deliveries}) == len(events)
    source = MlflowSource(MlflowConfig(tracking_uri=mlflow_registry.url))
    for delivery in deliveries:
        assert len(source.read_one(delivery.model)) >= 2
    headers, body = received[0]
    refused(headers, body + b" ", now=datetime.now(UTC))
    refused(headers, body, secret="another", now=datetime.now(UTC))


@pytest.mark.mlflow
def test_the_servers_own_test_delivery_is_verified(mlflow_registry: MlflowServer, listener: Listener) -> None:
    client = MlflowClient(mlflow_registry.url, mlflow_registry.url)
    subscribe(client, listener, ["model_version_tag.set"])
    (webhook,) = client.list_webhooks()
    assert client.test_webhook(webhook.webhook_id).success
    headers, body = listener.deliveries.get(timeout=30)
    assert verified(SECRET, headers, body, now=datetime.now(UTC)).event == "model_version_tag.set"
