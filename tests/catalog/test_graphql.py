"""The catalog through GraphQL: pages, filters, lineage and changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity, Relation
from apps.core.models import Event
from tests.factories import (
    DeploymentFactory,
    EntityFactory,
    FindingFactory,
    RelationFactory,
    VersionFactory,
)
from tests.personas import People
from tests.portal.graphql_client import ask, code, nodes, post, refusal

Bearer = Callable[..., Client]

PAGE = """
query ($first: Int!) {
  entities(first: $first) { edges { node {
    ref tags abilities { change administer } owner { slug name }
    outgoing { edges { node { type target { ref } } } }
    incoming { edges { node { type source { ref } } } }
  } } pageInfo { hasNextPage } }
}
"""


def grow(rows: int) -> None:
    for _ in range(rows):
        entity = EntityFactory(tags=["fraud"])
        RelationFactory(source=entity)
        RelationFactory(target=entity, type="depends_on")


def statements(client: Client, query: str, **variables: Any) -> int:
    ask(client, query, **variables)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        ask(client, query, **variables)
    return len(captured)


def test_page_takes_eight_statements_whatever_its_size(people: People, bearer: Bearer) -> None:
    """Token, standing, entities, owners, outgoing, targets, incoming, sources."""
    client = bearer("ada")
    grow(2)
    few = statements(client, PAGE, first=100)
    grow(40)
    assert statements(client, PAGE, first=100) == few == 8
