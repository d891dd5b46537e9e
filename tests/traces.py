"""Proof that a refused write left no trace: every row, every event, every job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connection

# What the tests' own clients leave behind when they make and use their tokens.
TOKENS = {"people.ApiToken"}
TOKEN_EVENTS = {"people.token.created"}


def snapshot() -> dict[str, Any]:
    """All rows of the house's tables, and the jobs."""
    tables = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    rows = {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in tables}
    rows["core.Event"] = [event for event in rows["core.Event"] if event["verb"] not in TOKEN_EVENTS]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name, status FROM procrastinate_jobs ORDER BY id")
        jobs = cursor.fetchall()
    return {label: found for label, found in rows.items() if label not in TOKENS} | {"jobs": jobs}


@contextmanager
def nothing_changes() -> Iterator[None]:
    """Fails when anything in the database differs afterwards."""
    before = snapshot()
    yield
    assert snapshot() == before
