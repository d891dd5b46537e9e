"""Entities come in from a `catalog-info.yaml`, with the rights of the person who brings it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models.functions import Lower

from apps.catalog.actions.entities import create_entity, update_entity
from apps.catalog.actions.relations import relate
from apps.catalog.exchange import DEPENDENCIES, KINDS_OF, Described, Refused, read
from apps.catalog.exchange.reading import Pointer
from apps.catalog.models import Entity, Relation
from apps.catalog.vocabulary import Stage, reference
from apps.core.errors import Forbidden, Invalid, PortalError
from apps.people.models import Team


@dataclass(slots=True)
class Outcome:
    """What becomes of one document: `change` is create, update, same or refused; `details` says more."""

    number: int
    line: int
    label: str
    change: str
    details: list[str] = field(default_factory=list)
    entity: Entity | None = None


@transaction.atomic
def import_catalog_info(*, actor: Any, text: str, owner: Team, skip_refused: bool = False) -> list[Entity]:
    """Creates and changes what the file describes; things whose owner the file does not name get `owner`.

    All or nothing: raises Invalid naming each refused document, unless `skip_refused` leaves those out.
    """
    outcomes = _Import(actor, owner, read(text)).outcomes()
    refused = [
        f"Line {one.line}, {one.label}: {' '.join(one.details)}"
        for one in outcomes
        if one.change == "refused"
    ]
    if refused and not skip_refused:
        raise Invalid(errors={"text": refused})
    return [one.entity for one in outcomes if one.entity is not None]


@transaction.atomic
def preview_import(*, actor: Any, text: str, owner: Team) -> list[Outcome]:
    """What the import would do, found out by doing it and taking it back; new entities in it do not exist."""
    outcomes = _Import(actor, owner, read(text)).outcomes()
    transaction.set_rollback(True)
    return outcomes


class _Import:
    """One file being taken in. What it may touch is read in two statements beforehand, so that a large file
    does not ask for each name."""

    def __init__(self, actor: Any, owner: Team, described: Sequence[Described | Refused]) -> None:
        self.actor = actor
        self.owner = owner
        self.described = described
        self.teams = {
            team.slug: team
            for team in Team.objects.visible_to(actor).select_related("business_unit", "group")
        }
        self.by_name: dict[str, list[Entity]] = defaultdict(list)
        wanted = [one for one in described if isinstance(one, Described)]
        names = {one.name.lower() for one in wanted} | {
            to.name.lower() for one in wanted for to in one.pointers
        }
        rows = (
            Entity.objects.visible_to(actor)
            .select_related("owner__business_unit")
            .annotate(lower_name=Lower("name"))
        )
        for row in rows.filter(lower_name__in={name for name in names if "\x00" not in name}):
            self.by_name[row.name.lower()].append(row)
        known = [row.pk for found in self.by_name.values() for row in found]
        edges = Relation.objects.filter(source__in=known, ended_at=None).values_list(
            "source", "target", "type"
        )
        self.edges = set(edges)

    def outcomes(self) -> list[Outcome]:
        outcomes = [self._take(one) for one in self.described]
        for one, outcome in zip(self.described, outcomes, strict=True):
            if isinstance(one, Described) and outcome.entity is not None:
                self._relate_all(one, outcome, outcome.entity)
        return outcomes

    def _take(self, one: Described | Refused) -> Outcome:
        if isinstance(one, Refused):
            return Outcome(one.number, one.line, one.label, "refused", [one.reason])
        outcome = Outcome(one.number, one.line, one.label, "same", list(one.remarks))
        team = self.teams.get(one.owner, self.owner)
        if one.owner and one.owner not in self.teams:
            outcome.details.append(f"There is no team “{one.owner[:63]}”; {team} becomes the owner.")
        try:
            with transaction.atomic():
                self._write(one, team, outcome)
        except PortalError as refusal:
            outcome.change, outcome.details, outcome.entity = "refused", [_sentence(refusal)], None
        return outcome

    def _write(self, one: Described, team: Team, outcome: Outcome) -> None:
        namespace = one.namespace or team.namespace
        outcome.label = reference(one.kind, namespace, one.name)
        known = self._known(one, namespace)
        if known is None:
            self._create(one, team, namespace, outcome)
        else:
            self._update(one, known, outcome)
            outcome.details += _left_alone(one, known, team)

    def _known(self, one: Described, namespace: str) -> Entity | None:
        found = (row for row in self.by_name[one.name.lower()] if row.kind == one.kind)
        return next((row for row in found if row.namespace.lower() == namespace.lower()), None)

    def _create(self, one: Described, team: Team, namespace: str, outcome: Outcome) -> None:
        stage = one.stage or Stage.IDEA
        try:
            entity = create_entity(
                actor=self.actor,
                kind=one.kind,
                name=one.name,
                owner=team,
                namespace=namespace,
                stage=stage,
                **_fields(one, None),
            )
        except Forbidden as refusal:
            raise Forbidden(f"You may not create things for {team}.") from refusal
        self.by_name[one.name.lower()].append(entity)
        outcome.entity, outcome.change = entity, "create"
        outcome.details.insert(0, f"New {entity.get_kind_display().lower()} of {team}, stage {stage}.")

    def _update(self, one: Described, known: Entity, outcome: Outcome) -> None:
        fields = _fields(one, known)
        before = {name: getattr(known, name) for name in fields}
        outcome.entity = update_entity(actor=self.actor, entity=known, changes=fields)
        changed = [name for name in fields if getattr(outcome.entity, name) != before[name]]
        if changed:
            outcome.change = "update"
            outcome.details.insert(0, f"Changes {', '.join(changed)}.")

    def _relate_all(self, one: Described, outcome: Outcome, source: Entity) -> None:
        for pointer in dict.fromkeys(one.pointers):
            try:
                added = self._relate(source, pointer)
            except PortalError as refusal:
                outcome.details.append(f"No relation to {pointer}: {refusal.detail}")
                continue
            if added:
                outcome.change = "update" if outcome.change == "same" else outcome.change
                outcome.details.append(f"Relates it to {pointer}.")

    def _relate(self, source: Entity, pointer: Pointer) -> bool:
        target = self._target(source, pointer)
        family = DEPENDENCIES if pointer.type in DEPENDENCIES else {pointer.type}
        if any((source.pk, target.pk, type_) in self.edges for type_ in family):
            return False
        with transaction.atomic():
            relate(actor=self.actor, source=source, target=target, type=pointer.type)
        self.edges.add((source.pk, target.pk, pointer.type))
        return True

    def _target(self, source: Entity, pointer: Pointer) -> Entity:
        """The one visible entity that the file means; without a namespace it is looked for beside the source
        first."""
        kinds = (
            KINDS_OF[pointer.form]
            if pointer.form
            else [kind for kinds in KINDS_OF.values() for kind in kinds]
        )
        named = [
            row
            for row in self.by_name[pointer.name.lower()]
            if row.kind in kinds and row.tombstoned_at is None
        ]
        wanted = (pointer.namespace or source.namespace).lower()
        found = [row for row in named if row.namespace.lower() == wanted]
        if not found and not pointer.namespace:
            found = named
        if len(found) != 1:
            raise Invalid("several entities have this name; say kind and namespace." if found else _NOWHERE)
        return found[0]


_NOWHERE = "there is no such entity, or it is not shown to you."


def _fields(one: Described, known: Entity | None) -> dict[str, Any]:
    """What may be written; an API's definition stands among its free fields."""
    facts = {key: one.fields[key] for key in ("definition", "definition_type") if key in one.fields}
    fields = {key: value for key, value in one.fields.items() if key not in facts}
    return fields | ({"curated": {**(known.curated if known else {}), **facts}} if facts else {})


def _left_alone(one: Described, known: Entity, team: Team) -> list[str]:
    """Owner and stage have decisions of their own; a file does not move them."""
    remarks = []
    if one.owner and known.owner_id != team.pk:
        remarks.append(f"The owner stays {known.owner or 'nobody'}; transfer it on its page.")
    if one.stage and one.stage != known.stage:
        remarks.append(f"The stage stays {known.stage}; change it on its page.")
    return remarks


def _sentence(refusal: PortalError) -> str:
    errors = getattr(refusal, "errors", {})
    named = [f"{name}: {sentence}" for name, sentences in errors.items() for sentence in sentences]
    return " ".join(named) or f"{refusal.detail} {refusal.next_step}".strip()
