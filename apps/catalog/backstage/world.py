"""What the file is made of, read in six statements by somebody without team, role or grant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apps.catalog.models import Entity, Relation
from apps.people.models import BusinessUnit, Membership, Team, User, Visibility
from apps.people.queries import running
from apps.people.standing import Standing


class Everybody:
    """A person of the company without team, role and grant: what they see, everybody sees. Asks the same
    policies as anybody; the id 0 belongs to no row (None would match every empty foreign key)."""

    pk: ClassVar[int] = 0
    is_active: ClassVar[bool] = True
    is_authenticated: ClassVar[bool] = True

    def __init__(self) -> None:
        self._standing = Standing()


@dataclass(frozen=True, slots=True)
class World:
    """Everything public, each list in a fixed order; `memberships` are (team id, person id), `edges` are
    (source id, relation type, target id)."""

    units: list[BusinessUnit]
    teams: list[Team]
    people: list[User]
    memberships: list[tuple[int, int]]
    entities: list[Entity]
    edges: list[tuple[int, str, int]]


def public_world() -> World:
    reader = Everybody()
    teams = list(Team.objects.visible_to(reader).order_by("slug"))
    return World(
        units=list(BusinessUnit.objects.visible_to(reader).order_by("slug")),
        teams=teams,
        people=list(
            User.objects.visible_to(reader).filter(kind=User.Kind.PERSON, is_active=True).order_by("username")
        ),
        memberships=_memberships(reader),
        entities=_entities(reader, {team.pk: team for team in teams}),
        edges=list(
            Relation.objects.visible_to(reader)
            .filter(ended_at=None)
            .order_by("source", "type", "target")
            .values_list("source", "type", "target")
            .distinct()
        ),
    )


def _memberships(reader: Everybody) -> list[tuple[int, int]]:
    """Those that hold now; as everywhere, memberships of ended teams count for nothing."""
    rows = Membership.objects.visible_to(reader).filter(running(), running("team__"))
    return list(rows.order_by("team", "user").values_list("team", "user").distinct())


def _entities(reader: Everybody, teams: dict[int, Team]) -> list[Entity]:
    """Living entities that the policy shows to everybody and that are marked for the company."""
    rows = Entity.objects.visible_to(reader).filter(visibility=Visibility.COMPANY, tombstoned_at=None)
    entities = list(
        rows.select_related("source").defer("synced", "search_vector", "source__config").order_by("pk")
    )
    for entity in entities:
        entity.owner = teams[entity.owner_id] if entity.owner_id else None
    return entities
