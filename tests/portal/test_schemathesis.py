"""Requests generated from the OpenAPI document: the surface answers as it says, and never with a 5xx.

What is checked, how often and from which seed stands in pyproject, `[tool.schemathesis]`. Each request runs
in a savepoint that is rolled back, so that no example depends on another and no token ends itself.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.management.color import no_style
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, transaction
from django.db.models import Model
from schemathesis.config import SchemathesisConfig

from apps.catalog.models import Deployment, Entity, Finding, ModelVersion, Relation, Source, SyncRun
from apps.core.policies import SYSTEM
from apps.people.actions import create_token
from apps.people.models import User
from apps.wiki.actions.comments import add_comment
from apps.wiki.models import Comment, Page
from portal.wsgi import application
from tests.factories import (
    DeploymentFactory,
    EntityFactory,
    FindingFactory,
    RelationFactory,
    SourceFactory,
    SyncRunFactory,
    VersionFactory,
)
from tests.personas import make_world
from tests.roadmap.first_rows import roadmap_with_first_ids
from tests.tooling.first_rows import tooling_with_first_ids
from tests.wiki.making import a_space

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"

SETTINGS = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["schemathesis"]
SETTINGS["phases"]["coverage"]["enabled"] |= "COE_RARE_TESTS" in os.environ

schema = schemathesis.openapi.from_wsgi(
    "/api/v1/schema/", application, config=SchemathesisConfig.from_dict(SETTINGS)
)


@pytest.fixture(scope="module")
def tokens(django_db_setup: None, django_db_blocker: Any) -> Iterator[Iterator[str]]:
    """One world for all operations, with a row behind every address; it goes when they are through.

    A server ends its connections between requests; here they all belong to one transaction.
    """
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock(), transaction.atomic():
        personas = make_world()
        model = EntityFactory(pk=1, name="fraud-score", visibility="unit")  # ids that generated requests hit
        RelationFactory(pk=1, source=model, target=EntityFactory(pk=2, kind="dataset"))
        VersionFactory(pk=1, entity=model)
        FindingFactory(pk=1, entity=model, deployment=DeploymentFactory(pk=1, entity=model))
        SyncRunFactory(pk=1, source=SourceFactory(pk=1, name="mlflow-prod"))
        continue_ids_after(Entity, Relation, ModelVersion, Deployment, Finding, Source, SyncRun)
        wiki_with_first_ids()
        tooling_with_first_ids()
        roadmap_with_first_ids()
        yield cycle([token_of(personas[name]) for name in ("ada", "esther")])
        transaction.set_rollback(True)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db  # pytest-django prepares databases for marked tests only
@schema.parametrize()
@hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
def test_the_surface_keeps_its_word(case: Any, tokens: Iterator[str]) -> None:
    """To a team's lead and to a CoE lead, who may do nearly everything, by turns."""
    with transaction.atomic():
        case.call_and_validate(headers={"Authorization": f"Bearer {next(tokens)}"})
        transaction.set_rollback(True)


def wiki_with_first_ids() -> None:
    """A space whose home page, its comment and its revision are the first of their kind."""
    with connection.cursor() as cursor:
        for model in (Page, Comment):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), 1, false)")
    add_comment(actor=SYSTEM, page=Page.objects.get(space=a_space(slug="guides")), text="A remark.")


def continue_ids_after(*models: type[Model]) -> None:
    """Rows made with chosen ids leave their sequences behind."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def token_of(user: User) -> str:
    return create_token(actor=SYSTEM, user=user, name="generated", scopes=["read", "write"])[1]
