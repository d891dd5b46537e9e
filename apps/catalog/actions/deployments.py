"""Deployments are claimed for entities; their facts come from clusters."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.catalog.actions.findings import close_findings
from apps.catalog.models import Deployment, Entity
from apps.core.events import record
from apps.core.policies import require


@transaction.atomic
def link_deployment(*, actor: Any, deployment: Deployment, entity: Entity | None) -> Deployment:
    """Says which entity a workload runs (or none); a sync keeps what a person said."""
    require(actor, "change", deployment)
    if entity is not None:
        require(actor, "change", entity)
    if deployment.entity_id == (entity.pk if entity else None):
        return deployment
    before = deployment.entity
    Deployment.objects.filter(pk=deployment.pk).update(
        entity=entity, model_version=None, linked_by_hand=entity is not None
    )
    deployment.refresh_from_db()
    record(
        "catalog.deployment.linked", actor=actor, target=deployment, subject=entity or before or deployment
    )
    if entity is not None:
        close_findings(
            actor=actor, fingerprints={unowned_fingerprint(deployment)}, note="It belongs to an entity now."
        )
    return deployment


def unowned_fingerprint(deployment: Deployment) -> str:
    return f"unowned:deployment:{deployment.pk}"
