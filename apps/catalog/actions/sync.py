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

from apps.catalog.actions.sources import queue_sync
from apps.catalog.actions.sync_deployments import take_deployment
from apps.catalog.actions.sync_entities import take_entity
from apps.catalog.actions.sync_findings import report_findings
from apps.catalog.actions.sync_missing import mark_missing
from apps.catalog.actions.sync_state import Sweep
from apps.catalog.actions.sync_versions import settle_aliases, take_version
from apps.catalog.models import Source, SyncRun
from apps.catalog.source_readers import open_mlflow, open_source
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
from apps.core.policies import System

BATCH = 200
WEBHOOK = System("MLflow webhook")
log = structlog.get_logger(__name__)
Progress = Callable[[SyncRun], None]


def run_sync(run: SyncRun, *, reader: Reader | None = None, progress: Progress = lambda run: None) -> SyncRun:
    """Carries out a queued run and returns it finished; a run that somebody else took is returned as it is.

    `reader` replaces the configured one in tests; `progress` is told after each batch.
    """

    def carry_out(sweep: Sweep) -> None:
        opened = reader or open_source(run.source)
        _confirm_identity(run.source, opened.identity())
        for batch in _batches(opened.sweep()):
            _take_batch(sweep, batch)
            progress(sweep.run)
        _settle(sweep)
        _write_ids_back(sweep, opened)

    return _carried_out(run, carry_out)


def refresh_model(source: Source, name: str, *, reader: Any = None) -> SyncRun:
    """Re-reads one model of an MLflow registry with its versions and aliases; nothing is marked missing.

    Raises Conflict while a sweep of the source runs.
    """

    def carry_out(sweep: Sweep) -> None:
        _take_batch(sweep, (reader or open_mlflow(source)).read_one(name))
        sweep.finished_scopes.append("models")
        with transaction.atomic():
            settle_aliases(sweep)

    return _carried_out(queue_sync(actor=WEBHOOK, source=source, only=name), carry_out)


def _carried_out(run: SyncRun, carry_out: Callable[[Sweep], None]) -> SyncRun:
    if not SyncRun.objects.filter(pk=run.pk, state=SyncRun.State.QUEUED).update(
        state=SyncRun.State.RUNNING, started_at=timezone.now(), heartbeat_at=timezone.now()
    ):
        run.refresh_from_db()
        return run
    run.refresh_from_db()
    sweep = Sweep(run)
    try:
        carry_out(sweep)
    except SourceFailed as failure:
        return _finish(sweep, SyncRun.State.FAILED, f"{failure.scope}: {failure.reason}")
    except Conflict as lost:
        return _finish(sweep, SyncRun.State.FAILED, lost.detail)
    except Exception as error:
        log.exception("sync crashed", source=run.source.name, run=run.pk)
        _finish(sweep, SyncRun.State.FAILED, f"An error in the portal stopped it ({type(error).__name__}).")
        raise
    return _finish(sweep, SyncRun.State.PARTIAL if sweep.failed_scopes else SyncRun.State.SUCCEEDED)


def _write_ids_back(sweep: Sweep, reader: Any) -> None:
    """Tags adopted models with our id, so that a rename is followed. A registry that refuses it is read all the same:
    the first refusal is listed and ends the attempt of this sweep."""
    adopt = getattr(reader, "adopt", None)
    if adopt is None:
        return
    for name, pk in sweep.to_adopt.items():
        try:
            adopt(name, pk)
        except SourceFailed as failure:
            sweep.refuse(name, f"Our id could not be written back: {failure.reason}")
            return


def _confirm_identity(source: Source, identity: str) -> None:
    """A place's identity outlives upgrades: another one behind the same address must not take over its rows.

    A change of the source's address by a CoE lead forgets it (`update_source`).
    """
    if not source.identity:
        Source.objects.filter(pk=source.pk).update(identity=identity[:200])
    elif source.identity != identity[:200]:
        raise SourceFailed(
            "identity",
            f"Another {source.get_kind_display()} answers here than before ({identity[:200]}, was {source.identity}). "
            "Correct the address, or enter the other one as a new source.",
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
        if state == SyncRun.State.SUCCEEDED and not run.only:
            Source.objects.filter(pk=run.source_id).update(last_success_at=run.finished_at)
        data = {"read": run.read, "added": run.added, "changed": run.changed, "missing": run.missing}
        record_event(f"catalog.sync.{state}", actor=sweep.actor, target=run, subject=run.source, data=data)
    run.refresh_from_db()
    log.info("sync finished", source=run.source.name, state=run.state, read=run.read, error=error)
    return run
