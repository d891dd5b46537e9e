"""Out and in again: the same bytes; an import is idempotent, all or nothing, and nobody's way around rights."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.attachments import attach
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.importing import Report, import_bundle
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Attachment, Page, Revision, Space
from apps.wiki.queries.transfers import export_space
from apps.wiki.text.bundle_reading import read_zip
from tests.personas import People
from tests.wiki.text.bundles import as_zip


@pytest.fixture
def space(people: People) -> Space:
    """Three pages and a file, of risk-ml."""
    space = create_space(
        actor=SYSTEM, slug="risk", title="Risk", owner=Team.objects.get(slug="risk-ml"), home_text="Start.\n"
    )
    guide = create_page(actor=SYSTEM, space=space, title="Guide", text="See [[Run it]].\n", tags=["runbook"])
    run = create_page(actor=SYSTEM, space=space, title="Run it", text="![p](p.txt)\n", parent=guide)
    attach(actor=SYSTEM, page=run, name="p.txt", data=b"bytes")
    update_page(actor=SYSTEM, page=guide, changes={"verify_every_days": 90, "template": "runbook"})
    return space


def imported(data: bytes, actor: Any = SYSTEM, **options: Any) -> Report:
    return import_bundle(actor=actor, bundle=read_zip(io.BytesIO(data)), **options)


def exported(space: Space, user: Any = SYSTEM) -> bytes:
    return as_zip(export_space(user, space))


def empty_the_wiki() -> None:
    """As no action could: what a new installation looks like."""
    tables = [model._meta.db_table for model in apps.get_app_config("wiki").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {', '.join(tables)} CASCADE")


def state() -> tuple[int, int, int, int]:
    return Page.objects.count(), Revision.objects.count(), Event.objects.count(), Attachment.objects.count()


def test_export_import_export_gives_the_same_bytes(space):
    first = exported(space)
    empty_the_wiki()
    report = imported(first, owner=Team.objects.get(slug="risk-ml"))
    assert not report.problems and not report.warnings
    assert report.counts == {"created": 3, "updated": 0, "moved": 0, "unchanged": 0, "attachments": 1}
    assert exported(Space.objects.get(slug="risk")) == first


def test_importing_what_is_there_changes_nothing(space):
    before = state()
    report = imported(exported(space))
    assert report.counts == {"created": 0, "updated": 0, "moved": 0, "unchanged": 3, "attachments": 0}
    assert state() == before
