"""What the center watches: findings, things without owner, sources and their runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When

from apps.catalog.models import Deployment, Entity, Finding, Source, SyncRun
from apps.catalog.queries.entities import entities, orphan
from apps.catalog.vocabulary import Severity
from apps.core.policies import PolicyQuerySet

SEVERITY_RANK = Case(
    *(When(severity=value, then=Value(rank)) for rank, value in enumerate(reversed(Severity.values))),
    output_field=IntegerField(),
)


def findings(user: Any, *, is_open: bool | None = None) -> PolicyQuerySet[Finding]:
    """Findings, the gravest first; `is_open` narrows to open or to closed ones."""
    rows = Finding.objects.visible_to(user).select_related(
        "entity__owner", "deployment", "owner", "handled_by"
    )
    if is_open is not None:
        states = Finding.OPEN_STATES
        rows = rows.filter(state__in=states) if is_open else rows.exclude(state__in=states)
    return rows.annotate(severity_rank=SEVERITY_RANK).order_by("severity_rank", "-opened_at", "-id")


def unowned(user: Any) -> tuple[PolicyQuerySet[Entity], PolicyQuerySet[Deployment]]:
    """Entities without owner team, and workloads that no entity claims."""
    workloads = (
        Deployment.objects.visible_to(user)
        .filter(entity=None, ended_at=None)
        .select_related("owner", "source")
    )
    return entities(user).filter(owner=None, tombstoned_at=None), workloads


def orphaned(user: Any) -> PolicyQuerySet[Entity]:
    """Entities whose owner team has ended or whose accountable person has left."""
    return entities(user).filter(orphan(), tombstoned_at=None)


def sync_runs(user: Any) -> PolicyQuerySet[SyncRun]:
    return SyncRun.objects.visible_to(user).select_related("source", "started_by")


@dataclass(frozen=True, slots=True)
class Health:
    """A source and how it last went."""

    source: Source
    last_state: str
    last_success_at: datetime | None


def with_last_state(sources: QuerySet[Source], user: Any) -> QuerySet[Any]:
    """Each source with `last_state`, the state of its latest run; None where it never ran."""
    runs = SyncRun.objects.visible_to(user).filter(source=OuterRef("pk")).order_by("-id")
    return sources.annotate(last_state=Subquery(runs.values("state")[:1]))


def source_health(user: Any) -> list[Health]:
    rows = with_last_state(Source.objects.visible_to(user), user).order_by("name")
    return [Health(row, row.last_state or "never", row.last_success_at) for row in rows]
