"""Background work by name, deferred inside the transaction of the action that wants it.

Procrastinate keeps its queue in the same PostgreSQL: a job exists exactly when the change that asked for it
was committed. Names are `<app>.<verb>`; anyone may start one without importing its app.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import procrastinate
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

task = app.task
periodic = app.periodic
SILENCE = timedelta(minutes=1)  # a worker renews its heartbeat every ten seconds


def defer(
    name: str, /, *, queueing_lock: str | None = None, lock: str | None = None, **arguments: Any
) -> int | None:
    """Queues the task `name`; returns the job's id, or None where one with the same queueing lock waits."""
    try:
        with transaction.atomic():  # a refused lock must not break the caller's transaction
            job: int = app.configure_task(name=name, queueing_lock=queueing_lock, lock=lock).defer(
                **arguments
            )
    except AlreadyEnqueued:
        return None
    return job


def is_waiting(name: str, **arguments: Any) -> bool:
    """Whether a job of this task with these arguments still waits for a worker, or runs on one that gives signs of life.

    A worker that died leaves its job as "doing" for ever.
    """
    runs = Q(status="doing", worker__last_heartbeat__gt=timezone.now() - SILENCE)
    rows = ProcrastinateJob.objects.filter(Q(status="todo") | runs, task_name=name)
    return bool(rows.filter(args__contains=arguments).exists())


def on_app_ready(app: procrastinate.App) -> None:
    """Tasks of every app are found by their `tasks.py`; nothing else is to be set up."""
