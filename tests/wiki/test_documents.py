"""What other apps leave in the wiki: one page per key, and never more readers than its subject has."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import resolve

from apps.catalog.actions import create_entity
from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.core.plugs import DocumentStore, registered
from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.documents import save_document
from apps.wiki.models import Link, Page, Revision
from tests.personas import NAMES, People


def an_entity(visibility: str, owner: str = "risk-ml") -> Entity:
    return create_entity(
        actor=SYSTEM,
        kind="model",
        name=f"score-{visibility}",
        title="Score",
        owner=Team.objects.get(slug=owner),
        visibility=visibility,
    )


def kept(subject: Any, actor: Any = SYSTEM, body: str = "Decided.\n", key: str = "decision:1") -> Page:
    address = save_document(actor=actor, key=key, title="Decision 1", body=body, subject=subject)
    return Page.objects.get(uid=resolve(address).kwargs["uid"])


def readers(people: People, row: Any) -> set[str]:
    return {name for name in NAMES if type(row).objects.visible_to(people[name]).filter(pk=row.pk).exists()}


@pytest.mark.parametrize("visibility", ["company", "unit", "restricted"])
def test_nobody_reads_more_than_the_subject_shows(people, visibility):
    entity = an_entity(visibility)
    page = kept(entity, people.ada)
    office = {"esther"}
    assert readers(people, page) <= readers(people, entity) | office
    assert {"ada", "ben"} <= readers(people, page)
    assert page.space.slug == "records" and page.owner.slug == "coe-office"
    assert Link.objects.get(source=page, kind="about").entity == entity


def test_other_apps_find_the_store(people):
    (store,) = registered(DocumentStore)
    address = store.save(
        actor=people.esther, key="minutes:1", title="Minutes", body="Agreed.\n", subject=None
    )
    assert Page.objects.get(document_key="minutes:1").get_permanent_url() == address


def test_the_second_save_is_a_revision_of_the_same_page(people):
    entity = an_entity("company")
    first, second = kept(entity, people.ada), kept(entity, people.ben, "Decided again.\n")
    assert first == second
    assert list(Revision.objects.filter(page=first).order_by("number").values_list("text", "summary")) == [
        ("Decided.\n", "Kept for Ada"), ("Decided again.\n", "Kept for Ben"),
    ]  # fmt: skip
    assert kept(entity, key="decision:2") != first


def test_a_subject_that_closes_and_moves_takes_its_readers_along(people):
    entity = an_entity("company")
    page = kept(entity)
    assert "chloe" in readers(people, page)
    Entity.objects.filter(pk=entity.pk).update(visibility="restricted")
    entity.refresh_from_db()
    assert {"ada", "ben"} <= readers(people, kept(entity)) and "chloe" not in readers(people, page)
    Entity.objects.filter(pk=entity.pk).update(owner=Team.objects.get(slug="claims-ai"))
    entity = Entity.objects.get(pk=entity.pk)
    kept(entity)
    assert "chloe" in readers(people, page) and not {"ada", "ben"} & readers(people, page)


def test_it_opens_to_nobody_again(people):
    entity = an_entity("restricted")
    kept(entity)
    Entity.objects.update(visibility="company")
    entity.refresh_from_db()
    assert "kim" not in readers(people, kept(entity))


def test_who_does_not_see_the_subject_writes_nothing_about_it(people):
    entity = an_entity("restricted")
    with pytest.raises(NotFound):
        kept(entity, people.kim)
    assert not Page.objects.exists()


def test_a_subject_that_tells_no_visibility_is_restricted(people):
    unit = people.unit("retail-banking")
    assert readers(people, kept(unit)) <= {"esther", "root", "ivan", "grace", "hana", "dmitri"}
    assert "kim" in readers(people, kept(None, key="minutes:1"))
