"""An entity moves from stage to stage; each move stays on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.catalog.models import Entity, StageEvent
from apps.catalog.vocabulary import MOVES, Stage
from apps.core.checking import checked_choice, checked_text
from apps.core.concurrency import swap
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require

# Retiring is the owner team's lead's decision (people.md, "Rights").
LEADS_DECIDE = frozenset({Stage.RETIRED})


@transaction.atomic
def change_stage(
    *,
    actor: Any,
    entity: Entity,
    to: str,
    note: str = "",
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Entity:
    """Moves the entity to the stage `to`; raises Conflict with the possible stages where no such move exists."""
    require(actor, "administer" if to in LEADS_DECIDE else "change", entity)
    checked_choice("stage", to, Stage.values)
    before = entity.stage
    possible = [str(stage) for stage in MOVES[before]]
    if to not in possible:
        ways = ", ".join(possible) or "none: this stage is an end"
        raise Conflict(f"From {before} an entity cannot move to {to}. Possible: {ways}.", possible=possible)
    moment = at or timezone.now()
    swap(entity, expected_version, {"stage": to, "stage_since": moment}, at=at)
    text = checked_text("note", note, 5_000, lines=True)
    StageEvent.objects.create(
        entity=entity, from_stage=before, to_stage=to, at=moment, actor_id=actor.pk, note=text
    )
    record("catalog.entity.stage_changed", actor=actor, target=entity, data={"from": before, "to": to}, at=at)
    return entity
