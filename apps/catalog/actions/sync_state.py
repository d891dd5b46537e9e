"""What one sweep remembers while it runs: what it saw, what it counted, what it could not read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.catalog.models import Deployment, Entity, ModelVersion, SyncRun
from apps.core.errors import Conflict
from apps.core.policies import System
from apps.people.models import Team

REFUSALS_KEPT = 200


class Sweep:
    """The state of a run. Keys and hashes of the source's rows are read once, so that an unchanged record costs
    no statement."""

    def __init__(self, run: SyncRun) -> None:
        self.run = run
        self.source = run.source
        self.actor = System(f"sync of {run.source.name}")
        self.started = timezone.now()
        self.finished_scopes: list[str] = []
        self.failed_scopes: list[str] = []
        self.scopes: list[dict[str, Any]] = []
        self.refusals: list[dict[str, str]] = []
        self.counts = dict.fromkeys(("read", "added", "changed", "missing", "refused"), 0)
        self.teams = {team.slug: team for team in Team.objects.select_related("business_unit", "group")}
        self.entities: dict[tuple[str, str], int] = {}
        self.versions: dict[tuple[int, str], int] = {}
        self.deployments: dict[str, int] = {}
        self.aliases: dict[int, dict[str, str]] = {}
        self.new_entities: set[int] = set()
        self.to_adopt: dict[str, int] = {}
        self._known_entities()
        self._known_versions()
        self._known_deployments()

    def refuse(self, key: str, reason: str) -> None:
        """Counts and keeps what could not be read; a known row behind it was seen all the same, so it is not missing."""
        self.counts["refused"] += 1
        self.seen_deployments |= {self.deployments[key]} if key in self.deployments else set()
        self.seen_entities |= {
            self.entities[kind, key] for kind in ("model", "prompt") if (kind, key) in self.entities
        }
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append({"key": key[:500], "reason": reason[:500]})

    def require_ours(self) -> None:
        """Stops a run that was declared dead meanwhile, before it writes beside its successor."""
        if not SyncRun.objects.filter(pk=self.run.pk, state=SyncRun.State.RUNNING).exists():
            raise Conflict("Another run took over, because this one gave no sign of life.")

    def save_progress(self) -> None:
        scope = str(self.scopes[-1]["scope"]) if self.scopes else ""
        SyncRun.objects.filter(pk=self.run.pk).update(heartbeat_at=timezone.now(), scope=scope[:200])
        self.write_counts()

    def write_counts(self) -> None:
        SyncRun.objects.filter(pk=self.run.pk).update(
            **self.counts, refusals=self.refusals, scopes=self.scopes
        )
        for name, value in self.counts.items():
            setattr(self.run, name, value)

    def _known_entities(self) -> None:
        rows = Entity._base_manager.filter(source=self.source)
        columns = ("kind", "source_key", "pk", "source_hash", "missing_since")
        self.entity_hashes: dict[int, str] = {}
        for kind, key, pk, known, missing in rows.values_list(*columns):
            self.entities[kind, key] = pk
            self.entity_hashes[pk] = "" if missing else known

    def _known_versions(self) -> None:
        self.version_hashes: dict[int, str] = {}
        self.know_versions(ModelVersion._base_manager.filter(entity__source=self.source))

    def know_versions(self, rows: QuerySet[ModelVersion]) -> None:
        """Versions that stand in the catalog already, also those that people entered before the source told of them."""
        for entity, version, pk, known, missing in rows.values_list(
            "entity", "version", "pk", "source_hash", "missing_since"
        ):
            self.versions[entity, version] = pk
            self.version_hashes[pk] = "" if missing else known

    def _known_deployments(self) -> None:
        rows = Deployment._base_manager.filter(source=self.source)
        self.deployment_hashes: dict[int, str] = {}
        self.unclaimed: set[int] = set(rows.filter(entity=None).values_list("pk", flat=True))
        for key, pk, known, ended, missed in rows.values_list(
            "source_key", "pk", "source_hash", "ended_at", "missed_sweeps"
        ):
            self.deployments[key] = pk
            self.deployment_hashes[pk] = "" if ended or missed else known
        self.seen_entities: set[int] = set()
        self.seen_versions: set[int] = set()
        self.seen_deployments: set[int] = set()
