"""A source's entity becomes one of ours: found again, adopted, or new."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.catalog import checking
from apps.catalog.actions.entities import create_entity
from apps.catalog.actions.findings import open_finding
from apps.catalog.actions.sync_state import Sweep
from apps.catalog.models import Entity
from apps.catalog.models.entities import named
from apps.catalog.sources.base import EntityRecord, content_hash
from apps.catalog.vocabulary import FindingKind, Stage
from apps.core.checking import MOST_TAGS, plain_line, plain_text, tag_or_none
from apps.core.errors import PortalError
from apps.core.events import record as record_event
from apps.core.ids import LARGEST_ID
from apps.people.models import Team


def take_entity(sweep: Sweep, item: EntityRecord) -> None:
    """Applies one record. What people curated stays (law 8); only `synced`, the link and the first seed are written."""
    sweep.counts["read"] += 1
    digest = content_hash(replace(item, adopted_id=None))
    pk = sweep.entities.get((item.kind, item.key)) or _followed(sweep, item)
    if pk is not None and sweep.entity_hashes.get(pk) == digest:
        _saw(sweep, item, pk)
        return
    entity = _found(pk) or _adopted(sweep, item)
    try:
        entity = entity or _new(sweep, item)
    except PortalError as refusal:
        sweep.refuse(item.key, refusal.detail)
        return
    _write(sweep, entity, item, digest)
    _saw(sweep, item, entity.pk)


def _saw(sweep: Sweep, item: EntityRecord, pk: int) -> None:
    sweep.seen_entities.add(pk)
    sweep.entities[item.kind, item.key] = pk
    sweep.aliases[pk] = item.aliases
    if item.adopted_id is None:
        sweep.to_adopt[item.key] = pk


def _followed(sweep: Sweep, item: EntityRecord) -> int | None:
    """The entity whose id the source carries, where it is this source's and of this kind: a rename."""
    if item.adopted_id is None or not 0 < item.adopted_id <= LARGEST_ID:
        return None
    row = Entity._base_manager.filter(pk=item.adopted_id, source=sweep.source, kind=item.kind).first()
    if row is None or row.pk in sweep.seen_entities:
        return None
    sweep.entities.pop((row.kind, row.source_key), None)
    data = {"from": row.source_key, "to": item.key}
    record_event("catalog.entity.renamed_at_source", actor=sweep.actor, target=row, data=data)
    return int(row.pk)


def _found(pk: int | None) -> Entity | None:
    return None if pk is None else Entity._base_manager.get(pk=pk)


def _adopted(sweep: Sweep, item: EntityRecord) -> Entity | None:
    """An entity that people entered before the source told of it: the only unlinked one of this kind and name
    (in the hinted team's hands, where a team is hinted)."""
    name, _ = checking.slug_for(item.name)
    rows = Entity._base_manager.filter(named(name), kind=item.kind, source=None, tombstoned_at=None)
    team = _team(sweep, item)
    if team is not None:
        rows = rows.filter(Q(owner=team) | Q(owner=None))
    found = list(rows[:2])
    if len(found) != 1:
        return None
    record_event(
        "catalog.entity.adopted", actor=sweep.actor, target=found[0], data={"source": sweep.source.pk}
    )
    sweep.know_versions(found[0].versions.all())
    return found[0]


def _new(sweep: Sweep, item: EntityRecord) -> Entity:
    owner = _team(sweep, item) or sweep.source.default_owner
    name, original = checking.slug_for(item.name)
    unit = sweep.source.default_unit
    namespace = owner.namespace if owner else unit.slug if unit else "coe"
    if Entity._base_manager.filter(named(name), kind=item.kind, namespace=namespace).exists():
        digest = hashlib.sha256(f"{sweep.source.name}/{item.key}".encode()).hexdigest()[:8]
        name, original = f"{name[:54]}-{digest}", original or item.name
    entity = create_entity(
        actor=sweep.actor,
        kind=item.kind,
        name=name,
        owner=owner,
        namespace=namespace,
        title=plain_line(original),
        description=plain_text(item.description),
        tags=[tag for tag in map(tag_or_none, item.tags) if tag][:MOST_TAGS],
        visibility=sweep.source.default_visibility,
        stage=Stage.EXPERIMENT,
    )
    sweep.new_entities.add(entity.pk)
    sweep.counts["added"] += 1
    if owner is None:
        _report_unowned(sweep, entity, item)
    return entity


def _team(sweep: Sweep, item: EntityRecord) -> Team | None:
    return sweep.teams.get(item.owner.team.strip().lower()) if item.owner else None


def _write(sweep: Sweep, entity: Entity, item: EntityRecord, digest: str) -> None:
    linked = entity.source_id == sweep.source.pk
    if linked and entity.pk not in sweep.new_entities:
        sweep.counts["changed"] += 1
        _note_change(sweep, entity, item)
    changes: dict[str, Any] = {
        "source": sweep.source,
        "source_key": item.key,
        "source_hash": digest,
        "source_url": item.url[:1000],
        "synced": item.facts,
        "missing_since": None,
        "missed_sweeps": 0,
        "tombstoned_at": None,
    }
    Entity._base_manager.filter(pk=entity.pk).update(**changes, updated_at=timezone.now())
    sweep.entity_hashes[entity.pk] = digest


def _note_change(sweep: Sweep, entity: Entity, item: EntityRecord) -> None:
    if entity.tombstoned_at or entity.missing_since:
        record_event("catalog.entity.returned", actor=sweep.actor, target=entity)
    keys = sorted(
        key for key in {*entity.synced, *item.facts} if entity.synced.get(key) != item.facts.get(key)
    )
    if keys:
        record_event("catalog.entity.synced", actor=sweep.actor, target=entity, data={"fields": keys[:50]})


def _report_unowned(sweep: Sweep, entity: Entity, item: EntityRecord) -> None:
    claimed = (
        f" The source names “{item.owner.team}” ({item.owner.rule}), which is no team here."
        if item.owner
        else ""
    )
    open_finding(
        actor=sweep.actor,
        fingerprint=f"unowned:entity:{entity.pk}",
        kind=FindingKind.UNOWNED,
        severity="medium",
        title=f"{entity.get_kind_display()} without an owner"[:200],
        detail=f"Found in {sweep.source.name}; no rule named a team for it.{claimed} Give it an owner team.",
        entity=entity,
        source=sweep.source,
    )
