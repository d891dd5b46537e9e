"""The worker, for tests that want what it really does: jobs are fetched, carried out and marked, with its own
connections. Nothing runs that is only due by the clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from procrastinate.contrib.django import DjangoApp, app
from procrastinate.contrib.django.models import ProcrastinateJob


def forget_jobs() -> None:
    """What other tests left in the queue, which no flush empties: their rows are gone."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


def work() -> None:
    """Does all that waits, as `manage.py procrastinate worker --one-shot` does; a job that failed fails the test.

    In a thread of its own: the browser's loop may run in the one that asks.
    """
    worker = DjangoApp(connector=app.connector.get_worker_connector())  # type: ignore[attr-defined]
    worker.tasks = app.tasks
    with ThreadPoolExecutor(1) as thread:
        thread.submit(
            worker.run_worker, wait=False, listen_notify=False, install_signal_handlers=False
        ).result()
    undone = ProcrastinateJob.objects.exclude(status="succeeded").values_list("task_name", "status")
    assert list(undone) == []
