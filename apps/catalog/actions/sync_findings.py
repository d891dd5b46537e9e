"""What a sweep finds wrong with the workloads of its source: recomputed whole, so that a finding closes when its
cause is gone, whoever removed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from apps.catalog.actions.findings import close_findings, open_finding
from apps.catalog.actions.sync_state import Sweep
from apps.catalog.models import Alias, Deployment, Finding
from apps.catalog.vocabulary import DeploymentStatus, FindingKind, Stage

Describe = Callable[[Deployment], dict[str, Any]]


def report_findings(sweep: Sweep) -> None:
    """Opens what holds now and resolves this source's open findings of the same sort that no longer hold."""
    rows = Deployment._base_manager.filter(source=sweep.source, ended_at=None).select_related(
        "entity__owner", "model_version", "owner"
    )
    running = rows.filter(status__in=[DeploymentStatus.RUNNING, DeploymentStatus.DEGRADED])
    _report(sweep, "unowned:deployment", rows.filter(entity=None, owner=None), _unowned)
    _report(
        sweep, "drift:stage", running.filter(entity__stage__in=[Stage.RETIRED, Stage.STOPPED]), _after_its_end
    )
    _report(sweep, "drift:version", _beside_the_aliases(running), _unnamed_version)


def _report(sweep: Sweep, cause: str, rows: QuerySet[Deployment], describe: Describe) -> None:
    holding = {f"{cause}:{row.pk}": row for row in rows}
    open_now = Finding._base_manager.filter(
        source=sweep.source, fingerprint__startswith=f"{cause}:", state__in=Finding.OPEN_STATES
    )
    gone = set(open_now.values_list("fingerprint", flat=True)) - set(holding)
    if gone:
        close_findings(actor=sweep.actor, fingerprints=gone, note="The cause is gone.")
    for fingerprint, row in holding.items():
        open_finding(
            actor=sweep.actor, fingerprint=fingerprint, source=sweep.source, deployment=row, **describe(row)
        )


def _beside_the_aliases(rows: QuerySet[Deployment]) -> QuerySet[Deployment]:
    """In production with a version that no alias names, where the model uses aliases at all."""
    aliases = Alias._base_manager.filter(entity=OuterRef("entity"), valid_to=None)
    return rows.filter(
        Exists(aliases), ~Exists(aliases.filter(version=OuterRef("model_version"))),
        environment="production", model_version__isnull=False, model_version__entity=F("entity"),
    )  # fmt: skip


def _unowned(row: Deployment) -> dict[str, Any]:
    return {
        "kind": FindingKind.UNOWNED,
        "severity": "medium" if row.gpus else "low",
        "title": f"{row.workload_kind} {row.workload} has no owner"[:200],
        "detail": f"{row}: no owner rule named a team and no entity claims it. Label it, or link it to an entity.",
    }


def _after_its_end(row: Deployment) -> dict[str, Any]:
    assert row.entity is not None
    return {
        "kind": FindingKind.DRIFT,
        "severity": "high",
        "title": f"Still running although {row.entity.get_stage_display().lower()}",
        "detail": f"{row} runs, but the catalog says that its life has ended. Stop it, or correct the stage.",
        "entity": row.entity,
        "owner": row.entity.owner,
    }


def _unnamed_version(row: Deployment) -> dict[str, Any]:
    assert row.entity is not None and row.model_version is not None
    return {
        "kind": FindingKind.DRIFT,
        "severity": "medium",
        "title": f"Version {row.model_version.version} runs in production and no alias names it"[:200],
        "detail": f"{row} and the registry disagree. Roll out what an alias names, or set the alias on what runs.",
        "entity": row.entity,
        "owner": row.entity.owner,
    }
