"""What a large company's catalog looks like, as rows: the same for the same seed and size.

The proportions: 1,000 teams in a tree of about 100 units, people in 1 to 5 teams, 20% restricted, 15% of the
unit only, three relations an entity. Names are drawn at random, so that no list's order is that of the ids.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.catalog.vocabulary import Kind, RelationType, Stage

Row = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
THEMES = """
    fraud churn claims pricing credit demand routing energy quality returns loyalty payroll invoice sentiment
    vision speech forecast anomaly segment uplift lead warranty inventory supplier delivery retention outage
""".split()  # noqa: SIM905 -- twenty words a line
THINGS = """
    score ranker detector index table stream report planner matcher classifier embedding monitor gate
""".split()  # noqa: SIM905 -- twenty words a line
WORDS = """
    the of and for with daily weekly customer account region branch order contract device signal history
    label threshold reviewed measured trained served owned by team after before each new old large
    small stable public internal risk cost margin service request answer window month quarter sample feature
    batch online
""".split()  # noqa: SIM905 -- twenty words a line
RARE = 500  # distinct words of which each description has one: `topic0001` stands in 1 of 500 entities
TAGS = [f"{theme}:{size}" for theme in THEMES for size in ("core", "lab")]
KINDS = [
    kind
    for kind, weight in zip(Kind.values, (30, 25, 8, 8, 8, 4, 4, 2, 2, 3, 4, 2), strict=True)
    for _ in range(weight)
]
STAGES = [
    stage
    for stage, weight in zip(Stage.values, (10, 30, 15, 30, 5, 5, 3, 2), strict=True)
    for _ in range(weight)
]
EDGES = [
    RelationType.TRAINED_ON, RelationType.DEPENDS_ON, RelationType.PRODUCES, RelationType.CONSUMES,
    RelationType.USES_FEATURE, RelationType.DERIVED_FROM, RelationType.PART_OF, RelationType.DOCUMENTED_BY,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    """Sizes of a catalog; everything that is not given follows from the number of entities."""

    entities: int
    teams: int = 1_000
    units: int = 100
    people: int = 3_000
    relations_each: int = 3
    events_each: int = 10
    seed: int = 7

    @property
    def relations(self) -> int:
        return self.entities * self.relations_each

    @property
    def events(self) -> int:
        return self.entities * self.events_each

    def dice(self, subject: str) -> random.Random:
        return random.Random(f"{self.seed}:{subject}")


def unit_rows(world: World) -> Iterator[Row]:
    """A tree: one at the top, nine below it, the rest below those."""
    for pk in range(1, world.units + 1):
        parent = None if pk == 1 else 1 if pk <= 10 else 2 + pk % 9
        yield {"id": pk, "slug": f"unit-{pk}", "name": f"Unit {pk}", "parent_id": parent}


def team_rows(world: World, first_group: int) -> Iterator[Row]:
    """Embedded teams in turn over all units; team 1 is the CoE office."""
    for pk in range(1, world.teams + 1):
        central = pk == 1
        yield {
            "id": pk, "slug": f"team-{pk}", "name": f"Team {pk}",
            "kind": "central" if central else "embedded",
            "business_unit_id": None if central else unit_of(world, pk),
            "coe_office": central, "group_id": first_group + pk - 1,
        }  # fmt: skip


def unit_of(world: World, team: int) -> int:
    return 1 + team % world.units


def person_rows(world: World) -> Iterator[Row]:
    for pk in range(1, world.people + 1):
        yield {"id": pk, "username": f"person-{pk}", "name": f"Person {pk}", "password": "!"}


def teams_of(world: World, person: int) -> list[int]:
    """Person 1 is a CoE lead, 2 to 6 are in one to five embedded teams in turn, the rest in one to five."""
    if person == 1:
        return [1]
    count = person - 1 if person <= 6 else 1 + person % 5
    return world.dice(f"person {person}").sample(range(2, world.teams + 1), count)


def membership_rows(world: World) -> Iterator[Row]:
    pairs = [(person, team) for person in range(1, world.people + 1) for team in teams_of(world, person)]
    for pk, (person, team) in enumerate(pairs, 1):
        yield {"id": pk, "user_id": person, "team_id": team, "starts": NOW}


def entity_rows(world: World) -> Iterator[Row]:
    dice = world.dice("entities")
    for pk in range(1, world.entities + 1):
        team = dice.randrange(2, world.teams + 1)
        name = f"{dice.choice(THEMES)}-{dice.choice(THINGS)}-{pk:x}"
        moment = NOW + timedelta(seconds=dice.randrange(300 * 86_400))
        yield {
            "id": pk, "kind": dice.choice(KINDS), "namespace": f"unit-{unit_of(world, team)}", "name": name,
            "title": name.replace("-", " ").capitalize(), "description": description(dice), "owner_id": team,
            "visibility": visibility(dice), "stage": dice.choice(STAGES),
            "tier": dice.choice((None, 1, 2, 3, 4)), "tags": dice.sample(TAGS, dice.randrange(5)),
            "reusable": dice.random() < 0.1,
            "accountable_id": dice.randrange(1, world.people + 1) if dice.random() < 0.5 else None,
            "operated_by_id": dice.randrange(2, world.teams + 1) if dice.random() < 0.1 else None,
            "created_at": moment, "updated_at": moment, "stage_since": moment,
        }  # fmt: skip


def visibility(dice: random.Random) -> str:
    drawn = dice.random()
    return "restricted" if drawn < 0.20 else "unit" if drawn < 0.35 else "company"


def description(dice: random.Random) -> str:
    words = [*dice.choices(WORDS, k=dice.randrange(15, 60)), f"topic{dice.randrange(RARE):04}"]
    return " ".join(words).capitalize() + "."


def relation_rows(world: World) -> Iterator[Row]:
    """Edges mostly between neighbours, as in a project, one in ten across the company; no pair twice."""
    dice, pk = world.dice("relations"), 0
    seen: set[tuple[int, int]] = set()
    while pk < world.relations:
        source = dice.randrange(1, world.entities + 1)
        far = dice.random() < 0.1
        target = (
            dice.randrange(1, world.entities + 1)
            if far
            else 1 + (source + dice.randrange(1, 60)) % world.entities
        )
        if source != target and (source, target) not in seen:
            seen.add((source, target))
            pk += 1
            yield {"id": pk, "source_id": source, "target_id": target, "type": dice.choice(EDGES)}


def version_rows(world: World, models: list[int]) -> Iterator[Row]:
    """Two versions for every model and prompt."""
    dice = world.dice("versions")
    for index, entity in enumerate(models):
        for number in (1, 2):
            yield {
                "id": 2 * index + number, "entity_id": entity, "version": str(number), "number": number,
                "metrics": {"auc": round(dice.uniform(0.6, 0.99), 4)}, "created_at": NOW,
            }  # fmt: skip


def group_grant_rows(world: World, permissions: dict[str, int], first_group: int) -> Iterator[Row]:
    """One entity in twenty is shown to another team, one grant in four lets it change it."""
    dice = world.dice("group grants")
    for pk, entity in enumerate(range(1, world.entities + 1, 20), 1):
        action = "change" if pk % 4 == 0 else "view"
        yield {
            "id": pk,
            "content_object_id": entity,
            "permission_id": permissions[action],
            "group_id": first_group + dice.randrange(world.teams),
        }


def user_grant_rows(world: World, permissions: dict[str, int]) -> Iterator[Row]:
    """One entity in two hundred is shown to a single person."""
    dice = world.dice("user grants")
    for pk, entity in enumerate(range(1, world.entities + 1, 200), 1):
        yield {
            "id": pk,
            "content_object_id": entity,
            "permission_id": permissions["view"],
            "user_id": dice.randrange(1, world.people + 1),
        }


def event_rows(world: World, versions: int) -> Iterator[Row]:
    """Of ten events seven are about entities, two about versions, one about relations; newest last."""
    dice = world.dice("events")
    step = timedelta(seconds=300 * 86_400 / max(1, world.events))
    for pk in range(1, world.events + 1):
        entity = dice.randrange(1, world.entities + 1)
        kind, target = "catalog.entity", entity
        if pk % 10 == 9:
            kind, target = "catalog.relation", dice.randrange(1, world.relations + 1)
        elif pk % 10 > 6 and versions:
            kind, target = "catalog.modelversion", dice.randrange(1, versions + 1)
        yield {
            "id": pk,
            "at": NOW + step * pk,
            "verb": f"{kind}.changed",
            "actor_id": dice.randrange(1, world.people + 1),
            "target_type": kind,
            "target_id": target,
            "subject_type": "catalog.entity",
            "subject_id": entity,
        }
