"""Data may be used for what it was allowed for: purposes flow downstream along lineage (catalog.md, "Entities")."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.catalog.actions.findings import close_findings, open_finding
from apps.catalog.models import DatasetDetails, Entity, Finding
from apps.catalog.queries import lineage
from apps.catalog.queries.lineage import DEEPEST
from apps.catalog.vocabulary import FindingKind
from apps.core.policies import SYSTEM

CAUSE = "purpose"


def check_purposes() -> int:
    """Opens a finding for each model whose purpose some dataset upstream does not allow; returns how many there are.

    A dataset without listed purposes allows any. The finding closes when its cause is gone. It never names the
    dataset: who sees the model does not always see its data.
    """
    offending = {}
    models = (
        Entity.objects.filter(kind="model", tombstoned_at=None).exclude(model=None).exclude(model__purpose="")
    )
    for entity in models.select_related("model", "owner"):
        count = _refusing_datasets(entity)
        if count:
            offending[f"{CAUSE}:{entity.pk}"] = (entity, count)
    _report(offending)
    return len(offending)


def _refusing_datasets(entity: Any) -> int:
    upstream = [node.entity.pk for node in lineage(SYSTEM, entity, "up", DEEPEST).nodes if node.distance]
    rows = DatasetDetails.objects.filter(entity__in=upstream).exclude(allowed_purposes=[])
    return rows.exclude(allowed_purposes__contains=[entity.model.purpose]).count()


@transaction.atomic
def _report(offending: dict[str, tuple[Any, int]]) -> None:
    open_now = Finding.objects.filter(fingerprint__startswith=f"{CAUSE}:", state__in=Finding.OPEN_STATES)
    gone = set(open_now.values_list("fingerprint", flat=True)) - set(offending)
    if gone:
        close_findings(actor=SYSTEM, fingerprints=gone, note="All data upstream allows the purpose now.")
    for fingerprint, (entity, count) in offending.items():
        datasets = "A dataset" if count == 1 else f"{count} datasets"
        open_finding(
            actor=SYSTEM,
            fingerprint=fingerprint,
            kind=FindingKind.OUTSIDE_PURPOSE,
            severity="high" if entity.stage == "production" else "medium",
            title=f"Used for “{entity.model.purpose}”, which its data does not allow"[:200],
            detail=f"{datasets} upstream in its lineage may not be used for this. Ask the owners of the data, or change "
            "what the model is trained on.",
            entity=entity,
            owner=entity.owner,
        )
