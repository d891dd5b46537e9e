"""Workloads of a cluster: linked to entities, owned by the rule that matched, with their history."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.catalog.actions.sync_state import Sweep
from apps.catalog.models import Deployment, DeploymentRevision, Entity, ModelVersion
from apps.catalog.models.entities import named
from apps.catalog.sources.base import DeploymentRecord, content_hash
from apps.catalog.vocabulary import Kind
from apps.core.events import record as record_event

# Which kind a workload most likely is, where several entities share the name.
RUNNABLE = (
    Kind.SERVICE,
    Kind.MODEL,
    Kind.AGENT,
    Kind.APPLICATION,
    Kind.API,
    Kind.PIPELINE,
    Kind.DASHBOARD,
    Kind.TOOL,
)
REVISED = ("status", "replicas", "gpus", "image_digest", "model_version_id")


def take_deployment(sweep: Sweep, item: DeploymentRecord) -> None:
    """Applies one workload; fields that the sweep could not learn (`unknown`) keep their last value."""
    sweep.counts["read"] += 1
    digest = content_hash(item)
    pk = sweep.deployments.get(item.key)
    known = sweep.deployment_hashes.get(pk or 0, "")
    if known == digest and pk not in sweep.unclaimed:
        sweep.seen_deployments.add(sweep.deployments[item.key])
        return
    deployment = Deployment._base_manager.get(pk=pk) if pk else _blank(sweep, item)
    before = None if pk is None or deployment.ended_at else [getattr(deployment, name) for name in REVISED]
    _apply(sweep, deployment, item, digest)
    sweep.deployments[item.key], sweep.deployment_hashes[deployment.pk] = deployment.pk, digest
    sweep.seen_deployments.add(deployment.pk)
    after = [getattr(deployment, name) for name in REVISED]
    if pk is None or known != digest:
        sweep.counts["added" if pk is None else "changed"] += 1
    if before != after:
        _remember(sweep, deployment, is_new=pk is None)


def _blank(sweep: Sweep, item: DeploymentRecord) -> Deployment:
    cluster = sweep.source.config.get("cluster", sweep.source.name)
    return Deployment(
        source=sweep.source,
        source_key=item.key,
        cluster=cluster,
        status=item.status,
        since=item.since or sweep.started,
    )


def _apply(sweep: Sweep, deployment: Deployment, item: DeploymentRecord, digest: str) -> None:
    columns: dict[str, Any] = {
        "namespace": item.namespace,
        "workload_kind": item.workload_kind,
        "workload": item.name,
        "environment": item.environment[:63],
        "status": item.status,
        "replicas": item.replicas,
        "ready": item.ready,
        "gpus": item.gpus,
        "images": [image[:500] for image in item.images],
        "image_digest": item.image_digest[:100],
        "labels": item.labels,
    }
    for name in columns.keys() - set(item.unknown):
        setattr(deployment, name, columns[name])
    if "owner" not in item.unknown:
        deployment.owner = sweep.teams.get(item.owner.team.strip().lower()) if item.owner else None
        deployment.owner_rule = item.owner.rule[:100] if item.owner else ""
    if item.since:
        deployment.since = item.since
    if not deployment.linked_by_hand:
        deployment.entity = _entity(deployment, item)
    deployment.model_version = _version(deployment, item)
    deployment.source_hash, deployment.last_seen = digest, sweep.started
    deployment.ended_at, deployment.missed_sweeps = None, 0
    deployment.save()


def _entity(deployment: Deployment, item: DeploymentRecord) -> Entity | None:
    """The entity that the best candidate name points at: the only one, or the owner team's one, or the first runnable
    kind's only one. A name that stays ambiguous claims nothing."""
    for name in item.candidates:
        rows = list(Entity._base_manager.filter(named(name), kind__in=RUNNABLE, tombstoned_at=None)[:20])
        if deployment.owner_id:
            rows = [row for row in rows if row.owner_id == deployment.owner_id] or rows
        for kind in RUNNABLE:
            of_kind = [row for row in rows if row.kind == kind]
            if len(of_kind) == 1:
                return of_kind[0]
            if of_kind:
                break
    return None


def _version(deployment: Deployment, item: DeploymentRecord) -> ModelVersion | None:
    if deployment.entity_id is None or not item.model_version:
        return None
    version = item.model_version.removeprefix("v")
    return ModelVersion._base_manager.filter(entity=deployment.entity_id, version=version).first()


def _remember(sweep: Sweep, deployment: Deployment, *, is_new: bool) -> None:
    DeploymentRevision._base_manager.create(
        deployment=deployment,
        at=deployment.since if is_new else timezone.now(),
        status=deployment.status,
        model_version=deployment.model_version,
        image_digest=deployment.image_digest,
        replicas=deployment.replicas,
        gpus=deployment.gpus,
    )
    verb = "catalog.deployment.appeared" if is_new else "catalog.deployment.changed"
    data = {"status": deployment.status, "replicas": deployment.replicas}
    record_event(
        verb, actor=sweep.actor, target=deployment, subject=deployment.entity or deployment, data=data
    )
