"""Versions, and the aliases that point at them; the source keeps no alias history, so we do."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.catalog.actions.findings import open_finding
from apps.catalog.actions.sync_state import Sweep
from apps.catalog.models import Alias, Entity, ModelVersion
from apps.catalog.sources.base import VersionRecord, content_hash
from apps.catalog.vocabulary import FindingKind
from apps.core.checking import plain_text
from apps.core.events import record as record_event


def take_version(sweep: Sweep, item: VersionRecord) -> None:
    """Applies one version; what the source could not read this time (`unknown`) keeps its last value."""
    sweep.counts["read"] += 1
    entity = next(
        (
            sweep.entities[kind, item.entity_key]
            for kind in ("model", "prompt")
            if (kind, item.entity_key) in sweep.entities
        ),
        None,
    )
    if entity is None:
        sweep.refuse(f"{item.entity_key}/{item.version}", "Its model was not read or was refused.")
        return
    digest = content_hash(item)
    pk = sweep.versions.get((entity, item.version))
    if pk is None:
        pk = _create(sweep, entity, item, digest)
    elif sweep.version_hashes[pk] != digest:
        ModelVersion._base_manager.filter(pk=pk).update(**_columns(item, digest))
        sweep.counts["changed"] += 1
    sweep.versions[entity, item.version] = pk
    sweep.version_hashes[pk] = digest
    sweep.seen_versions.add(pk)


def _create(sweep: Sweep, entity: int, item: VersionRecord, digest: str) -> int:
    number = int(item.version) if item.version.isdecimal() and len(item.version) < 10 else 0
    version = ModelVersion._base_manager.create(
        entity_id=entity, version=item.version, number=number, **_columns(item, digest)
    )
    sweep.counts["added"] += 1
    record_event(
        "catalog.version.registered",
        actor=sweep.actor,
        target=version,
        subject=Entity(pk=entity),
        data={"version": item.version},
        at=item.created_at if entity in sweep.new_entities else None,
    )
    return int(version.pk)


def _columns(item: VersionRecord, digest: str) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "description": plain_text(item.description),
        "status": item.status[:63],
        "run_id": item.run_id[:63],
        "model_id": item.model_id[:63],
        "artifact_uri": item.artifact_uri[:1000],
        "code_commit": item.code_commit[:64],
        "author": item.author[:150],
        "datasets": [dict(dataset) for dataset in item.datasets],
        "metrics": item.metrics,
        "params": item.params,
        "flavours": item.flavours,
        "source_tags": item.tags,
        "created_at": item.created_at,
        "source_hash": digest,
        "missing_since": None,
        "missed_sweeps": 0,
        "tombstoned_at": None,
    }
    return {name: value for name, value in columns.items() if name not in item.unknown}


def settle_aliases(sweep: Sweep) -> None:
    """Ends and begins alias periods by what each seen model said; versions that were not read keep their alias."""
    if "models" not in sweep.finished_scopes:
        return
    current: dict[int, dict[str, Alias]] = {}
    rows = Alias._base_manager.filter(entity__in=sweep.aliases, valid_to=None).select_related(
        "version", "entity"
    )
    for row in rows:
        current.setdefault(row.entity_id, {})[row.alias] = row
    for entity, wanted in sweep.aliases.items():
        held = current.get(entity, {})
        if wanted or held:
            _settle_entity(sweep, entity, wanted, held)


def _settle_entity(sweep: Sweep, entity: int, wanted: dict[str, str], held: dict[str, Alias]) -> None:
    for name in sorted({*wanted, *held}):
        before = held.get(name)
        version = sweep.versions.get((entity, wanted[name])) if name in wanted else None
        if name in wanted and version is None:
            sweep.refuse(f"alias {name}", f"It points at version {wanted[name]}, which was not read.")
        elif (before.version_id if before else None) != version:
            _move(sweep, entity, name, before, version)


def _move(sweep: Sweep, entity: int, name: str, before: Alias | None, version: int | None) -> None:
    now = timezone.now()
    if before is not None:
        Alias._base_manager.filter(pk=before.pk).update(valid_to=max(now, before.valid_from))
    if version is None:
        assert before is not None
        record_event(
            "catalog.alias.removed",
            actor=sweep.actor,
            target=before,
            subject=before.entity,
            data={"alias": name},
        )
        return
    alias = Alias._base_manager.create(entity_id=entity, alias=name, version_id=version, valid_from=now)
    data = {"alias": name, "version": alias.version.version}
    record_event("catalog.alias.moved", actor=sweep.actor, target=alias, subject=Entity(pk=entity), data=data)
    if entity not in sweep.new_entities and sweep.run.source.last_success_at is not None:
        _report_promotion(sweep, alias)


def _report_promotion(sweep: Sweep, alias: Alias) -> None:
    """No gate of the portal moved this alias. What stood when a source was first read is the baseline instead."""
    entity: Entity = alias.entity
    open_finding(
        actor=sweep.actor,
        fingerprint=f"promotion:{entity.pk}:{alias.alias}:{alias.version.version}",
        kind=FindingKind.UNGOVERNED_PROMOTION,
        severity="high" if entity.stage == "production" else "medium",
        title=f"Alias {alias.alias} moved to version {alias.version.version} without a gate"[:200],
        detail=f"Somebody set it directly in {sweep.source.name}. Confirm that the version may be used, or move it back.",
        entity=entity,
        source=sweep.source,
        owner=entity.owner,
    )
