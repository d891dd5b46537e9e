"""Sources are configured by CoE leads and started by the center's engineers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.catalog.models import Source, SyncRun
from apps.catalog.source_config import checked_config, checked_secret_ref
from apps.core import jobs
from apps.core.checking import refuse_unknown
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Conflict, Invalid
from apps.core.events import record
from apps.core.policies import SYSTEM, System, require

# A running sync that gave no sign of life for this long is taken for dead.
SILENCE = timedelta(minutes=10)
DIED: dict[str, str] = {
    SyncRun.State.RUNNING: "The worker stopped in the middle; nothing was marked missing.",
    SyncRun.State.QUEUED: "Its job ended before it could begin; the worker's log says why.",
}
FIELDS = {
    "name", "kind", "enabled", "interval_minutes", "config", "secret_ref", "webhook_secret_ref",
    "default_owner", "default_unit", "default_visibility",
}  # fmt: skip


@transaction.atomic
def create_source(*, actor: Any, **fields: Any) -> Source:
    """A new place to read; its config is checked, its secrets are references only."""
    source = Source(**_cleaned(fields.get("kind", ""), fields))
    _validate(source)
    with refused_as(catalog_source_name_key="A source with this name exists."):
        source.save(force_insert=True)
    require(actor, "change", source)
    record("catalog.source.created", actor=actor, target=source)
    return source


@transaction.atomic
def update_source(
    *, actor: Any, source: Source, changes: Mapping[str, Any], expected_version: int | None = None
) -> Source:
    require(actor, "change", source)
    new = _cleaned(changes.get("kind", source.kind), changes)
    changed = sorted(name for name, value in new.items() if getattr(source, name) != value)
    if changed:
        for name in changed:
            setattr(source, name, new[name])
        _validate(source)
        forgotten = {"identity": ""} if "config" in changed else {}
        swap(source, expected_version, {name: new[name] for name in changed} | forgotten)
        record("catalog.source.changed", actor=actor, target=source, data={"fields": changed})
    return source


@transaction.atomic
def start_sync(*, actor: Any, source: Source) -> SyncRun:
    """Queues a sweep for the worker; see `queue_sync`."""
    run = queue_sync(actor=actor, source=source)
    jobs.defer("catalog.sync", lock=f"source:{source.pk}", run=run.pk)
    return run


@transaction.atomic
def queue_sync(*, actor: Any, source: Source, only: str = "") -> SyncRun:
    """A run that waits to be carried out. One runs at a time per source: a second start raises Conflict."""
    require(actor, "sync", source)
    if not source.enabled and not isinstance(actor, System):
        raise Conflict(f"The source {source} is switched off.", next_step="Switch it on in the admin first.")
    _bury_the_dead(source)
    with refused_as(sync_one_at_a_time=f"A sync of {source} is queued or running already."):
        expected = None if only else _rows_last_time(source)
        run = SyncRun.objects.create(source=source, started_by_id=actor.pk, expected=expected, only=only)
    record("catalog.sync.queued", actor=actor, target=run, subject=source)
    return run


def _bury_the_dead(source: Source) -> None:
    """A run whose worker died, or whose job ended before it began, is failed: it must not block the next for ever."""
    limit = timezone.now() - SILENCE
    open_runs = SyncRun.objects.select_for_update().filter(source=source, finished_at=None)
    for run in open_runs.filter(state__in=(SyncRun.State.QUEUED, SyncRun.State.RUNNING)):
        if (run.heartbeat_at or run.queued_at) < limit and not _still_waits(run):
            run.error = DIED[run.state]
            run.state, run.finished_at = SyncRun.State.FAILED, timezone.now()
            run.save(update_fields=["state", "finished_at", "error"])
            record("catalog.sync.failed", actor=SYSTEM, target=run, subject=source)


def _still_waits(run: SyncRun) -> bool:
    """A queued run waits as long as its job does, however long no worker comes."""
    return run.state == SyncRun.State.QUEUED and jobs.is_waiting("catalog.sync", run=run.pk)


def _rows_last_time(source: Source) -> int | None:
    last = (
        SyncRun.objects.filter(source=source, state=SyncRun.State.SUCCEEDED, only="").order_by("-id").first()
    )
    return last.read if last else None


def _cleaned(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    refuse_unknown(fields, FIELDS)
    cleaned = dict(fields)
    if "config" in cleaned:
        cleaned["config"] = checked_config(kind, cleaned["config"])
    for name in {"secret_ref", "webhook_secret_ref"} & set(cleaned):
        cleaned[name] = checked_secret_ref(name, cleaned[name])
    return cleaned


def _validate(source: Source) -> None:
    try:
        source.full_clean(validate_constraints=False, validate_unique=False)
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
