"""Finding entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone

from apps.catalog.models import Entity, Relation
from apps.catalog.models.entities import SORT_SHOWN
from apps.catalog.queries.search import matching
from apps.catalog.vocabulary import READINGS, REFERENCE
from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.core.pagination import Order
from apps.core.policies import PolicyQuerySet
from apps.people.queries.grants import grants_of
from apps.people.standing import standing_of

# How pages of entities are sorted; what is sorted is what is shown (decision 0009).
BY_SHOWN = Order("shown", SORT_SHOWN)
BY_SHOWN_DESCENDING = Order("-shown", SORT_SHOWN, descending=True)


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """What a list is narrowed to; empty fields do not narrow. Several values of one field mean any of them."""

    kind: tuple[str, ...] = ()
    namespace: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    visibility: tuple[str, ...] = ()
    q: str = ""
    mine: bool = False
    unowned: bool = False
    orphaned: bool = False
    reusable: bool = False
    gone: bool = False


def entities(user: Any) -> PolicyQuerySet[Entity]:
    """Everything that `user` may see, with the people and teams that lists show."""
    return Entity.objects.visible_to(user).select_related(
        "owner__business_unit", "operated_by", "accountable"
    )


def entity_by_parts(user: Any, kind: str, namespace: str, name: str) -> Entity:
    """One entity by its reference, capital letters ignored; NotFound where it is not there or not to be seen."""
    rows = entities(user).annotate(lower_namespace=Lower("namespace"), lower_name=Lower("name"))
    entity = rows.filter(kind=kind, lower_namespace=namespace.lower(), lower_name=name.lower()).first()
    if entity is None:
        raise NotFound(
            "There is no such entity, or it is not shown to you.", next_step="Search the catalog for it."
        )
    return entity


def entity_by_ref(user: Any, ref: str) -> Entity:
    match = REFERENCE.fullmatch(ref)
    if match is None:
        raise NotFound(
            "A reference has the form kind:namespace/name.", next_step="Search the catalog for it."
        )
    return entity_by_parts(user, **match.groupdict())


def entity_by_id(user: Any, pk: int) -> Entity:
    entity = row_of(entities(user), pk)
    if entity is None:
        raise NotFound("There is no such entity, or it is not shown to you.")
    return entity


def filter_entities(
    rows: PolicyQuerySet[Entity], wanted: EntityFilter, user: Any = None
) -> PolicyQuerySet[Entity]:
    """Narrows `rows`; unknown values simply match nothing. Things gone from their source are left out unless asked."""
    conditions = _membership(wanted) & _flags(wanted, user)
    if wanted.tag:
        conditions &= Q(tags__contains=list(wanted.tag))
    rows = rows.filter(conditions)
    return matching(rows, wanted.q) if wanted.q.strip() else rows


def _membership(wanted: EntityFilter) -> Q:
    condition = Q()
    columns = {
        "kind": wanted.kind,
        "stage": wanted.stage,
        "visibility": wanted.visibility,
        "namespace": wanted.namespace,
        "owner__slug": wanted.team,
        "owner__business_unit__slug": wanted.unit,
    }
    for column, values in columns.items():
        if values:
            condition &= Q(**{f"{column}__in": values})
    if wanted.tier:
        condition &= Q(tier__in=[int(value) for value in wanted.tier if value in {"1", "2", "3", "4"}])
    return condition


def _flags(wanted: EntityFilter, user: Any) -> Q:
    condition = Q() if wanted.gone else Q(tombstoned_at=None)
    if wanted.mine and user is not None:
        condition &= Q(owner__in=standing_of(user).teams) | Q(accountable=user.pk)
    if wanted.unowned:
        condition &= Q(owner=None)
    if wanted.orphaned:
        condition &= orphan()
    if wanted.reusable:
        condition &= Q(reusable=True)
    return condition


def orphan() -> Q:
    """Owned by a team that has ended, or with an accountable person who left."""
    return Q(owner__ends__lte=timezone.now()) | Q(accountable__is_active=False)


def relations_of(user: Any, entity: Entity) -> list[tuple[str, list[tuple[Relation, Entity]]]]:
    """The entity's living edges by how they read from here ("Trained on", "Feature of"), with the other end."""
    rows = (
        Relation.objects.visible_to(user)
        .filter(Q(source=entity) | Q(target=entity), ended_at=None)
        .select_related("source__owner", "target__owner")
        .annotate(outgoing=Case(When(source=entity, then=Value(1)), default=Value(0)))
        .order_by("type", "-outgoing", F("id"))
    )
    groups: dict[str, list[tuple[Relation, Entity]]] = {}
    for row in rows:
        leaves = row.source_id == entity.pk
        label = row.get_type_display() if leaves else READINGS[row.type].inverse
        groups.setdefault(label, []).append((row, row.target if leaves else row.source))
    return list(groups.items())


def grants(user: Any, entity: Entity) -> list[dict[str, Any]]:
    """Who was given what on an entity, for those who see it: `{"kind", "grantee", "permission"}`, teams first."""
    if not Entity.objects.visible_to(user).filter(pk=entity.pk).exists():
        raise NotFound
    return grants_of(entity)
