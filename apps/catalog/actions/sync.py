"""One sweep of a source, from the queue to its end.

Every batch of records is one transaction. Nothing is marked missing before a scope was read to its end, so that
a source (or a worker) that dies in the middle changes nothing it did not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from apps.catalog.actions.sync_deployments import take_deployment
from apps.catalog.actions.sync_entities import take_entity
from apps.catalog.actions.sync_findings import report_findings
from apps.catalog.actions.sync_missing import mark_missing
from apps.catalog.actions.sync_state import Sweep
from apps.catalog.actions.sync_versions import settle_aliases, take_version
from apps.catalog.models import Source, SyncRun
from apps.catalog.source_readers import open_source
from apps.catalog.sources.base import (
    DeploymentRecord,
    EntityRecord,
    Record,
    Refusal,
    ScopeDone,
    ScopeFailed,
    SourceFailed,
    VersionRecord,
)
from apps.catalog.sources.base import Source as Reader
from apps.core.errors import Conflict
from apps.core.events import record as record_event

BATCH = 200
log = structlog.get_logger(__name__)
Progress = Callable[[SyncRun], None]


def run_sync(run: SyncRun, *, reader: Reader | None = None, progress: Progress = lambda run: None) -> SyncRun:
    """Carries out a queued run and returns it finished; a run that somebody else took is returned as it is.

    `reader` replaces the configured one in tests; `progress` is told after each batch.
    """
    if not SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.QUEUED).update(
        state=SyncRun.State.RUNNING, started_at=timezone.now(), heartbeat_at=timezone.now()
    ):
        run.refresh_from_db()
        return run
    run.refresh_from_db()
    sweep = Sweep(run)
    try:
        reader = reader or open_source(run.source)
        _confirm_identity(run.source, reader.identity())
        for batch in _batches(reader.sweep()):
            _take_batch(sweep, batch)
            progress(run)
        _settle(sweep)
    except SourceFailed as failure:
        return _finish(sweep, SyncRun.State.FAILED, f"{failure.scope}: {failure.reason}")
    except Conflict as lost:
        return _finish(sweep, SyncRun.State.FAILED, lost.detail)
    except Exception as error:
        log.exception("sync crashed", source=run.source.name, run=run.pk)
        _finish(sweep, SyncRun.State.FAILED, f"An error in the portal stopped it ({type(error).__name__}).")
        raise
    return _finish(sweep, SyncRun.State.PARTIAL if sweep.failed_scopes else SyncRun.State.SUCCEEDED)


def _confirm_identity(source: Source, identity: str) -> None:
    """A cluster's identity is its UID: another one behind the same address must not take over its rows."""
    if source.kind != Source.Kind.KUBERNETES:
        Source.objects.filter(pk=source.pk).update(identity=identity[:200])
        return
    if not source.identity:
        Source.objects.filter(pk=source.pk).update(identity=identity)
    elif source.identity != identity:
        raise SourceFailed(
            "identity", f"This is another cluster than before ({identity}, was {source.identity}). Make it a new source."
        )


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, BATCH)):
        yield batch


@transaction.atomic
def _take_batch(sweep: Sweep, batch: list[Record]) -> None:
    sweep.require_ours()
    for item in batch:
        _take(sweep, item)
    sweep.save_progress()


def _take(sweep: Sweep, item: Record) -> None:
    match item:
        case EntityRecord():
            take_entity(sweep, item)
        case VersionRecord():
            take_version(sweep, item)
        case DeploymentRecord():
            take_deployment(sweep, item)
        case Refusal():
            sweep.refuse(item.key, item.reason)
        case ScopeDone():
            sweep.scopes.append({"scope": item.scope, "rows": item.rows, "absent": item.absent, "failed": ""})
            if not item.absent:
                sweep.finished_scopes.append(item.scope)
        case ScopeFailed():
            sweep.scopes.append({"scope": item.scope, "rows": 0, "absent": "", "failed": item.reason})
            sweep.failed_scopes.append(item.scope)


@transaction.atomic
def _settle(sweep: Sweep) -> None:
    """After the last record: aliases (they need all versions), then what was missing from
    complete scopes, then what is wrong with what is there."""
    sweep.require_ours()
    settle_aliases(sweep)
    mark_missing(sweep)
    report_findings(sweep)
    sweep.save_progress()


@transaction.atomic
def _finish(sweep: Sweep, state: str, error: str = "") -> SyncRun:
    run = sweep.run
    changes: dict[str, Any] = {"state": state, "finished_at": timezone.now(), "error": error, "scope": ""}
    if SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.RUNNING).update(**changes):
        run.refresh_from_db()
        sweep.write_counts()
        if state == SyncRun.State.SUCCEEDED:
            Source.objects.filter(pk=run.source_id).update(last_success_at=run.finished_at)
        data = {"read": run.read, "added": run.added, "changed": run.changed, "missing": run.missing}
        record_event(f"catalog.sync.{state}", actor=sweep.actor, target=run, subject=run.source, data=data)
    run.refresh_from_db()
    log.info("sync finished", source=run.source.name, state=run.state, read=run.read, error=error)
    return run
