"""Background work of the catalog: find what is due, call an action."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Max, Q
from django.utils import timezone
from procrastinate import RetryStrategy

from apps.catalog.actions import start_sync
from apps.catalog.models import Source, SyncRun
from apps.core.errors import Conflict
from apps.core.jobs import periodic, task
from apps.core.policies import SYSTEM

log = structlog.get_logger(__name__)


@task(name="catalog.sync")
def sync(run: int) -> None:
    """Carries out one queued sweep."""
    from apps.catalog.actions.sync import run_sync

    run_sync(SyncRun.objects.select_related("source__default_owner", "source__default_unit").get(pk=run))


@task(name="catalog.refresh_model", retry=RetryStrategy(max_attempts=5, wait=20, retry_exceptions={Conflict}))
def refresh_model(source: int, name: str) -> None:
    """Re-reads one model of a registry, because a webhook hinted at it; waits while a sweep runs."""
    from apps.catalog.actions.sync import refresh_model as refresh

    refresh(Source.objects.select_related("default_owner", "default_unit").get(pk=source), name)


@periodic(cron="* * * * *")
@task(name="catalog.schedule_syncs", queueing_lock="catalog.schedule_syncs", pass_context=False)
def schedule_syncs(timestamp: int) -> None:
    """Starts a sweep of every enabled source whose interval has passed since its last one was queued."""
    for source in due_sources():
        try:
            start_sync(actor=SYSTEM, source=source)
        except Conflict as busy:
            log.info("sync not started", source=source.name, reason=busy.detail)


@periodic(cron="17 * * * *")
@task(name="catalog.check_purposes", queueing_lock="catalog.check_purposes", pass_context=False)
def check_purposes(timestamp: int) -> None:
    """Compares every model's purpose with what the data upstream allows."""
    from apps.catalog.actions.purposes import check_purposes as check

    log.info("purposes checked", outside=check())


def due_sources() -> list[Source]:
    """Enabled sources that were never swept, or whose last full sweep was queued an interval ago."""
    last = Max("runs__queued_at", filter=Q(runs__only=""))
    rows = Source.objects.filter(enabled=True).annotate(last_queued=last)
    return [row for row in rows if row.last_queued is None or row.last_queued <= _interval_ago(row)]


def _interval_ago(source: Source) -> datetime:
    return timezone.now() - timedelta(minutes=source.interval_minutes)
