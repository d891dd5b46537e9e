"""The worker, for tests that want what it really does: jobs are fetched, carried out and marked, with its own
connections. Nothing runs that is only due by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection, connections
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.contrib.django.models import ProcrastinateJob


def forget_jobs() -> None:
    """What other tests left in the queue, which no flush empties."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def work() -> None:
    """Does all that waits, as `manage.py procrastinate worker --one-shot` does; a job that failed fails the test.

    In a thread of its own: the browser's loop may run in the one that asks.
    """
    worker = DjangoApp(connector=app.connector.get_worker_connector())  # type: ignore[attr-defined]
    worker.tasks = app.tasks
    with _short_connections(), ThreadPoolExecutor(1) as thread:
        thread.submit(
            worker.run_worker, wait=False, listen_notify=False, install_signal_handlers=False
        ).result()
    undone = ProcrastinateJob.objects.exclude(status="succeeded").values_list("task_name", "status")
    assert list(undone) == []


@contextmanager
def _short_connections() -> Iterator[None]:
    """A task's connection ends with it: one that waited for the next task would keep the database from being dropped."""
    given = connections.settings["default"]
    before, given["CONN_MAX_AGE"] = given["CONN_MAX_AGE"], 0
    try:
        yield
    finally:
        given["CONN_MAX_AGE"] = before
