"""Entities come and change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from apps.catalog import checking
from apps.catalog.models import DatasetDetails, Entity, ModelDetails, StageEvent
from apps.catalog.queries.search import refresh_search
from apps.catalog.vocabulary import Kind, Stage
from apps.core.checking import (
    LONGEST_DESCRIPTION,
    checked_fields,
    checked_links,
    checked_tags,
    checked_text,
    refuse,
    refuse_unknown,
)
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.models import Team, User, Visibility

DETAILS: dict[str, type[models.Model]] = {Kind.DATASET: DatasetDetails, Kind.MODEL: ModelDetails}
TAKEN = (
    "This kind, namespace and name exist already (capital letters make no difference). Choose another name."
)


def checked_person(value: User | None) -> User | None:
    if value is not None and (value.kind != User.Kind.PERSON or not value.is_active):
        raise refuse("accountable", "Choose an active person.")
    return value


CLEAN: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: checked_text("title", value, 200),
    "description": lambda value: checked_text("description", value, LONGEST_DESCRIPTION, lines=True),
    "tags": checked_tags,
    "links": checked_links,
    "tier": checking.checked_tier,
    "reusable": bool,
    "accountable": checked_person,
    "operated_by": lambda value: value,
}


@transaction.atomic
def create_entity(
    *,
    actor: Any,
    kind: str,
    name: str,
    owner: Team | None,
    namespace: str | None = None,
    details: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> Entity:
    """A new entity in the owner's namespace (or the one given); the actor must be able to change it afterwards.

    `fields` are those of `update_entity` besides `visibility` and `stage`. Raises Invalid for input of a wrong
    form, Conflict where the reference is taken, NotFound or Forbidden where the actor does not belong to the owner.
    """
    kind = checking.checked_kind(kind)
    stage = fields.pop("stage", Stage.IDEA)
    visibility = fields.pop("visibility", Visibility.COMPANY)
    if stage not in Stage.values or visibility not in Visibility.values:
        raise Invalid("Unknown stage or visibility.")
    moment = at or timezone.now()
    entity = Entity(
        kind=kind,
        name=checking.checked_name(name),
        namespace=checking.checked_namespace(namespace or (owner.namespace if owner else "coe")),
        owner=owner,
        stage=stage,
        visibility=visibility,
        created_at=moment,
        updated_at=moment,
        stage_since=moment,
        **cleaned(kind, fields),
    )
    _require_namespace(actor, entity)
    with refused_as(entity_reference_any_case=TAKEN):
        entity.save(force_insert=True)
    _write_details(entity, details or {})
    refresh_search(entity)
    require(actor, "change", entity)
    record("catalog.entity.created", actor=actor, target=entity, at=at)
    _write_first_stage(actor, entity, moment)
    return entity


@transaction.atomic
def update_entity(
    *,
    actor: Any,
    entity: Entity,
    changes: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Entity:
    """Changes curated fields; owner, visibility and stage have actions of their own.

    Raises Conflict where somebody changed it since `expected_version`; an update without difference is none.
    """
    require(actor, "change", entity)
    new = cleaned(entity.kind, changes)
    before = {name: _plain(getattr(entity, name)) for name in new}
    changed = {
        name: [before[name], _plain(value)] for name, value in new.items() if before[name] != _plain(value)
    }
    if not changed and not details:
        return entity
    swap(entity, expected_version, {name: new[name] for name in changed}, at=at)
    changed |= _write_details(entity, details or {})
    refresh_search(entity)
    require(actor, "change", entity)
    record("catalog.entity.changed", actor=actor, target=entity, data={"changes": _short(changed)}, at=at)
    return entity


def cleaned(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that people may write, each in its checked form; raises Invalid for any other."""
    checks = {**CLEAN, "curated": lambda value: checking.checked_curated(kind, value)}
    return checked_fields(fields, checks)


def _require_namespace(actor: Any, entity: Entity) -> None:
    """People write into their own unit's namespace, or `coe` for the center; imports may write anywhere."""
    expected = entity.owner.namespace if entity.owner else "coe"
    if not isinstance(actor, System) and entity.namespace != expected:
        raise refuse("namespace", f"Things of {entity.owner} live in the namespace {expected}.")


def _write_first_stage(actor: Any, entity: Entity, at: datetime) -> None:
    StageEvent.objects.create(entity=entity, to_stage=entity.stage, at=at, actor_id=actor.pk)


def _write_details(entity: Entity, details: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the kind's one-to-one row; returns what changed."""
    table = DETAILS.get(entity.kind)
    if table is None:
        if details:
            raise Invalid(errors={"details": [f"A {entity.get_kind_display().lower()} has no such fields."]})
        return {}
    names = {field.name for field in table._meta.concrete_fields} - {"entity"}
    refuse_unknown(details, names)
    details = {name: _plain_words(name, value) for name, value in details.items()}
    row: Any = table._base_manager.filter(pk=entity.pk).first() or table(entity=entity)
    changed = {
        name: [_plain(getattr(row, name)), value]
        for name, value in details.items()
        if getattr(row, name) != value
    }
    for name, value in details.items():
        setattr(row, name, value)
    try:
        row.clean_fields()
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
    row.save(force_insert=row._state.adding)
    return changed


def _plain_words(name: str, value: Any) -> Any:
    """Texts of details without control or invisible characters; other values as they are."""
    if isinstance(value, str):
        return checked_text(name, value, 500)
    return [_plain_words(name, item) for item in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def _short(changed: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Long texts stay out of the event; the feed says that they changed."""
    return {
        name: [None, None] if any(isinstance(value, str) and len(value) > 500 for value in values) else values
        for name, values in changed.items()
    }
