"""Fills an empty, migrated database with a large company's catalog.

    python -m tests.benchmarks.generate --entities 100000

starts a throw-away PostgreSQL, fills it, prints its address, and keeps it until it is interrupted.
"""

from __future__ import annotations

import argparse
import threading
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.benchmarks.database import catalog_of, portal_on_throwaway

VECTORS = """
UPDATE catalog_entity SET search_vector =
    setweight(to_tsvector('simple', {name}), 'A') || setweight(to_tsvector('simple', {place}), 'B')
    || setweight(to_tsvector('english', {text}), 'C') || setweight(to_tsvector('simple', {text}), 'D')
"""


def fill(entities: int) -> None:
    """Rows of every kind, their search vectors, and the planner's statistics, on the default connection."""
    from tests.benchmarks.world import World

    world = World(entities)
    groups = _organisation(world)
    _entities(world, groups)
    _search_vectors()
    _history(world)
    _statistics()


def _organisation(world: Any) -> int:
    """Units, people and teams; returns the id of the first team's group."""
    from django.contrib.auth.models import Group

    from apps.people.models import BusinessUnit, Membership, Team, User
    from tests.benchmarks import world as rows
    from tests.benchmarks.copying import copy_rows

    first = 1 + (Group.objects.order_by("-pk").values_list("pk", flat=True).first() or 0)
    copy_rows(User, rows.person_rows(world))
    copy_rows(BusinessUnit, rows.unit_rows(world))
    copy_rows(
        Group, ({"id": first + index, "name": f"team:team-{index + 1}"} for index in range(world.teams))
    )
    copy_rows(Team, rows.team_rows(world, first))
    copy_rows(Membership, rows.membership_rows(world))
    return first


def _entities(world: Any, groups: int) -> None:
    from apps.catalog.models import Entity, EntityGroupGrant, EntityUserGrant, Relation
    from tests.benchmarks import world as rows
    from tests.benchmarks.copying import copy_rows

    copy_rows(Entity, rows.entity_rows(world))
    copy_rows(Relation, rows.relation_rows(world))
    permissions = _permissions()
    copy_rows(EntityGroupGrant, rows.group_grant_rows(world, permissions, groups))
    copy_rows(EntityUserGrant, rows.user_grant_rows(world, permissions))


def _permissions() -> dict[str, int]:
    from django.contrib.auth.models import Permission

    found = Permission.objects.filter(content_type__app_label="catalog", content_type__model="entity")
    return {name.partition("_")[0]: pk for name, pk in found.values_list("codename", "pk")}


def _search_vectors() -> None:
    """The vectors that `refresh_search` writes, in one statement; the generated texts have no diacritics."""
    from django.db import connection

    folded = "translate(lower({}), '-_./', '    ')".format
    columns = {
        "name": folded("name || ' ' || title"),
        "place": folded("namespace || ' ' || array_to_string(tags, ' ')"),
        "text": folded("description"),
    }
    with connection.cursor() as cursor:
        cursor.execute(VECTORS.format(**columns))


def _history(world: Any) -> None:
    from apps.catalog.models import Entity, ModelVersion
    from apps.catalog.vocabulary import VERSIONED_KINDS
    from apps.core.models import Event
    from tests.benchmarks import world as rows
    from tests.benchmarks.copying import copy_rows

    models = list(Entity.objects.filter(kind__in=VERSIONED_KINDS).order_by("pk").values_list("pk", flat=True))
    versions = copy_rows(ModelVersion, rows.version_rows(world, models))
    copy_rows(Event, rows.event_rows(world, versions))


def _statistics() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=100_000)
    wanted = parser.parse_args().entities
    with portal_on_throwaway() as url:
        begin = time.perf_counter()
        name = catalog_of(wanted)
        print(f"{wanted:,} entities in {time.perf_counter() - begin:.0f} s; end with Ctrl-C")
        print(urlunsplit(urlsplit(url)._replace(path=f"/{name}")), flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
