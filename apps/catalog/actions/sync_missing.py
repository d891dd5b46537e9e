"""What a complete scope no longer holds: marked at once, gone for good after two full sweeps (law 10)."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from apps.catalog.actions.sync_state import Sweep
from apps.catalog.models import Alias, Deployment, DeploymentRevision, Entity, ModelVersion
from apps.catalog.vocabulary import DeploymentStatus
from apps.core.events import record as record_event

SWEEPS_UNTIL_GONE = 2


def mark_missing(sweep: Sweep) -> None:
    """Goes by scope: rows of a scope that failed, was absent or was not read to its end stay as they are."""
    if "models" in sweep.finished_scopes:
        _mark_entities(sweep)
    if {"models", "versions"} <= set(sweep.finished_scopes):
        _mark_versions(sweep)
    Deployment._base_manager.filter(pk__in=sweep.seen_deployments).update(last_seen=sweep.started)
    for scope in sweep.finished_scopes:
        _mark_deployments(sweep, scope)


def _mark_entities(sweep: Sweep) -> None:
    rows = Entity._base_manager.filter(source=sweep.source, tombstoned_at=None).exclude(
        pk__in=sweep.seen_entities
    )
    for entity in rows.select_for_update(no_key=True):
        if _count(sweep, entity):
            record_event("catalog.entity.gone_at_source", actor=sweep.actor, target=entity)


def _mark_versions(sweep: Sweep) -> None:
    """Versions that this source never told of are people's own and are not its to miss."""
    rows = ModelVersion._base_manager.filter(entity__source=sweep.source, tombstoned_at=None).exclude(
        source_hash=""
    )
    for version in rows.exclude(pk__in=sweep.seen_versions).select_for_update(no_key=True):
        if _count(sweep, version):
            Alias._base_manager.filter(version=version, valid_to=None).update(valid_to=timezone.now())
            record_event(
                "catalog.version.gone_at_source", actor=sweep.actor, target=version, subject=version.entity
            )


def _count(sweep: Sweep, row: Any) -> bool:
    """Counts one sweep in which the row was missing; True where that made it gone."""
    sweep.counts["missing"] += 1
    gone = row.missed_sweeps + 1 >= SWEEPS_UNTIL_GONE
    now = timezone.now()
    type(row)._base_manager.filter(pk=row.pk).update(
        missed_sweeps=F("missed_sweeps") + 1,
        missing_since=row.missing_since or now,
        tombstoned_at=now if gone else None,
    )
    return gone


def _mark_deployments(sweep: Sweep, scope: str) -> None:
    """Keys of workloads begin with their scope (`deployments/…`)."""
    rows = Deployment._base_manager.filter(
        Q(source=sweep.source, source_key__startswith=f"{scope}/", ended_at=None)
    ).exclude(pk__in=sweep.seen_deployments)
    for deployment in rows.select_for_update(no_key=True):
        sweep.counts["missing"] += 1
        gone = deployment.missed_sweeps + 1 >= SWEEPS_UNTIL_GONE
        Deployment._base_manager.filter(pk=deployment.pk).update(missed_sweeps=F("missed_sweeps") + 1)
        if gone:
            _end(sweep, deployment)


def _end(sweep: Sweep, deployment: Deployment) -> None:
    now = timezone.now()
    Deployment._base_manager.filter(pk=deployment.pk).update(
        ended_at=now, status=DeploymentStatus.STOPPED, replicas=0, ready=0
    )
    DeploymentRevision._base_manager.create(
        deployment=deployment,
        at=now,
        status=DeploymentStatus.STOPPED,
        model_version=deployment.model_version,
        image_digest=deployment.image_digest,
    )
    record_event(
        "catalog.deployment.gone",
        actor=sweep.actor,
        target=deployment,
        subject=deployment.entity or deployment,
    )
