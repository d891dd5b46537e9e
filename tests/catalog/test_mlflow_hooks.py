"""Webhook deliveries at the portal's door: what is taken, what is refused, what follows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.catalog.actions.sources import queue_sync
from apps.catalog.actions.sync import refresh_model, run_sync
from apps.catalog.models import Alias, Entity, Source, SyncRun, WebhookDelivery
from apps.catalog.sources.base import EntityRecord, Record, ScopeDone, VersionRecord
from apps.core.errors import Conflict
from apps.core.policies import SYSTEM
from tests.factories import SourceFactory
from tests.personas import People

SECRET = "a-shared-secret"
BODY = json.dumps(
    {
        "entity": "model_version_alias",
        "action": "created",
        "data": {"name": "fraud-score", "alias": "champion", "version": "2"},
    }
).encode()


@pytest.fixture
def registry(people: People, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("TEST_HOOK_SECRET", SECRET)
    return SourceFactory(name="mlflow-main", webhook_secret_ref="env:TEST_HOOK_SECRET")


def deliver(
    body: bytes = BODY,
    *,
    key: str = SECRET,
    age: float = 0,
    number: str = "d-1",
    path: str = "mlflow-main",
    **headers: str,
) -> Any:
    stamp = str(int(time.time() - age))
    signed = hmac.new(key.encode(), f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    given = {
        "X-MLflow-Delivery-Id": number,
        "X-MLflow-Timestamp": stamp,
        "X-MLflow-Signature": f"v1,{base64.b64encode(signed).decode()}",
    } | headers
    sent = {name: value for name, value in given.items() if value}
    return Client(enforce_csrf_checks=True).post(
        f"/hooks/mlflow/{path}", body, content_type="application/json", headers=sent
    )


def jobs() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'catalog.refresh_model'")
        return [json.loads(row[0]) for row in cursor.fetchall()]


def test_a_true_delivery_queues_one_reading(registry: Source) -> None:
    assert deliver().status_code == 202
    assert jobs() == [{"source": registry.pk, "name": "fraud-score"}]


def test_a_repeated_delivery_does_nothing(registry: Source) -> None:
    deliver()
    assert deliver().status_code == 200
    assert (len(jobs()), WebhookDelivery.objects.count()) == (1, 1)


def test_many_hints_about_one_model_wait_as_one_job(registry: Source) -> None:
    assert [deliver(number=f"d-{n}").status_code for n in range(3)] == [202, 202, 202]
    assert len(jobs()) == 1


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"key": "another"}, 401),
        ({"age": 3600}, 401),
        ({"age": -3600}, 401),
        ({"X-MLflow-Signature": ""}, 401),
        ({"X-MLflow-Signature": "v1,zzz"}, 401),
        ({"X-MLflow-Timestamp": "soon"}, 401),
        ({"path": "unknown"}, 404),
        ({"body": b"\xff\xfe"}, 400),
        ({"body": b"[" * 100_000}, 400),
        ({"body": b"x" * 6_000_000}, 413),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(
    registry: Source, how: dict[str, Any], status: int
) -> None:
    answer = deliver(**how)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert SECRET not in answer.content.decode()
    assert jobs() == []
    assert not WebhookDelivery.objects.exists()


class OneModel:
    """A registry that is asked for one model."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)

    def read_one(self, name: str) -> list[Record]:
        return self.records


def test_a_refresh_reads_the_model_and_marks_nothing_missing(registry: Source) -> None:
    model = EntityRecord(key="fraud-score", kind="model", name="fraud-score", aliases={"champion": "1"})
    version = VersionRecord(entity_key="fraud-score", version="1", created_at=timezone.now())
    run = refresh_model(registry, "fraud-score", reader=OneModel(model, version))
    assert (run.state, run.only, run.missing) == ("succeeded", "fraud-score", 0)
    assert Alias.objects.get().version.version == "1"
    registry.refresh_from_db()
    assert registry.last_success_at is None, "one model is no full sweep"


def test_a_refresh_waits_for_a_running_sweep(registry: Source) -> None:
    queue_sync(actor=SYSTEM, source=registry)
    with pytest.raises(Conflict):
        refresh_model(registry, "fraud-score", reader=OneModel())


class Tagging:
    """A registry that takes our ids, or refuses them."""

    def __init__(self, *records: Record) -> None:
        self.records, self.tags = records, {}

    def identity(self) -> str:
        return "3.17"

    def sweep(self) -> Any:
        yield from self.records

    def adopt(self, name: str, entity_id: int) -> None:
        self.tags[name] = entity_id


def test_new_models_are_tagged_with_our_id_once(registry: Source) -> None:
    done = (ScopeDone("models", 1), ScopeDone("versions", 0))
    model = EntityRecord(key="fraud-score", kind="model", name="fraud-score")
    first = Tagging(model, *done)
    run_sync(queue_sync(actor=SYSTEM, source=registry), reader=first)
    entity = Entity.objects.get()
    assert first.tags == {"fraud-score": entity.pk}
    second = Tagging(
        EntityRecord(key="fraud-score", kind="model", name="fraud-score", adopted_id=entity.pk), *done
    )
    run = run_sync(queue_sync(actor=SYSTEM, source=registry), reader=second)
    assert (second.tags, run.changed) == ({}, 0)
    assert SyncRun.objects.filter(state="succeeded").count() == 2
