"""The feed says who did what to which object, and never a name that its reader may not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.catalog import actions
from apps.catalog.models import Relation
from apps.core.events import record
from apps.core.feed import HIDDEN, VANISHED, Entry, by_time, entries, feed
from apps.core.models import Event
from apps.core.plugs import FeedVerb, registered
from apps.core.policies import SYSTEM, System
from apps.people.actions import create_token
from tests.factories import EntityFactory, SourceFactory, SyncRunFactory
from tests.personas import People

pytestmark = pytest.mark.django_db


def newest(user: Any) -> Entry:
    return entries(user, Event.objects.order_by("-id")[:1])[0]


def test_a_membership_names_who_was_added(people: People) -> None:
    event = Event.objects.filter(verb="people.membership.started").latest("id")
    (line,) = entries(people.kim, [event])
    member = event.data["user"]
    names = {person.pk: str(person) for person in type(people.kim).objects.all()}
    assert f" added {names[member]} to " in line.sentence


def test_a_token_is_somebodys_and_not_the_somebody(people: People) -> None:
    create_token(actor=people.ada, user=people.ada, name="ci", scopes=["read"])
    assert newest(people.ada).sentence == f"{people.ada} created a token for {people.ada}"


def test_a_relation_names_and_links_both_ends(people: People) -> None:
    model, data = EntityFactory(name="fraud"), EntityFactory(name="cards", kind="dataset")
    actions.relate(actor=people.ada, source=model, target=data, type="trained_on")
    line = newest(people.ben)
    assert (line.sentence, line.remark) == (f"{people.ada} related {model} to {data}", "Trained on")
    assert [word.url for word in line.words if word.url] == [
        model.get_absolute_url(),
        data.get_absolute_url(),
    ]
    assert [word.text for word in line.words if word.is_subject] == [str(model)]


def test_the_end_that_somebody_may_not_see_is_never_named(people: People) -> None:
    model, secret = (
        EntityFactory(name="open-model"),
        EntityFactory(name="secret-data", visibility="restricted"),
    )
    relation = actions.relate(actor=people.ada, source=model, target=secret, type="trained_on")
    actions.unrelate(actor=people.ada, relation=relation)
    mine = Event.objects.filter(target_type=Relation._meta.label_lower, target_id=relation.pk)
    name = str(secret)
    assert all(name not in line.sentence for line in feed(people.chloe))
    for line in entries(people.chloe, mine):
        assert name not in repr(line.words)
        assert HIDDEN in line.sentence
    assert all(name in line.sentence for line in entries(people.ben, mine))


def test_a_hidden_subject_is_never_named(people: People) -> None:
    secret = EntityFactory(name="secret-model", visibility="restricted")
    event = record("catalog.entity.created", actor=people.ada, target=secret)
    assert entries(people.chloe, [event])[0].sentence == f"{people.ada} added {HIDDEN}"


def test_what_is_gone_is_called_gone_only_to_those_who_see_all(people: People) -> None:
    lost = EntityFactory()
    event = record("catalog.entity.created", actor=SYSTEM, target=lost)
    type(lost)._base_manager.filter(pk=lost.pk).delete()
    assert entries(people.esther, [event])[0].sentence == f"The portal added {VANISHED}"


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("catalog.sync.succeeded", "The sync of registry finished"),
        ("catalog.sync.partial", "The sync of registry read only a part"),
        ("catalog.sync.failed", "The sync of registry failed"),
    ],
)
def test_the_end_of_a_sync_names_its_source_once(people: People, verb: str, sentence: str) -> None:
    source = SourceFactory(name="registry")
    run = SyncRunFactory(source=source)
    event = record(verb, actor=System("sync of registry"), target=run, subject=source)
    assert entries(people.esther, [event])[0].sentence == sentence


def test_a_verb_without_a_plug_still_reads(people: People) -> None:
    entity = EntityFactory()
    event = record("catalog.entity.looked_at", actor=people.ada, target=entity)
    assert entries(people.ben, [event])[0].sentence == f"{people.ada} looked at {entity}"


def test_every_name_in_a_phrase_is_a_foreign_key_of_a_target() -> None:
    """A misspelt placeholder would silently read as hidden."""
    from apps.core.feed import _placeholders

    known = {"subject", "user", "target"}
    assert {name for verb in registered(FeedVerb) for name in _placeholders(verb)} <= known


def test_statements_do_not_grow_with_the_lines(
    people: People, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    model = EntityFactory()
    for _ in range(3):
        actions.relate(actor=people.ada, source=model, target=EntityFactory(), type="depends_on")
    rows = list(Event.objects.filter(verb="catalog.relation.added").select_related("actor"))
    with django_assert_max_num_queries(5) as few:
        entries(people.ben, rows[:1])
    with django_assert_max_num_queries(len(few)):
        entries(people.ben, rows)


def test_a_page_stands_in_the_order_of_time(people: People) -> None:
    lines = by_time(feed(people.esther))
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_the_audit_log_reads_like_the_feed(people: People, signed_in: Callable[[str], Client]) -> None:
    model, data = EntityFactory(name="fraud"), EntityFactory(name="cards")
    actions.relate(actor=people.ada, source=model, target=data, type="depends_on")
    page = signed_in("esther").get("/admin/core/event/").content.decode()
    assert (
        f'<strong>{people.ada}</strong> related <a class="underline" href="{model.get_absolute_url()}">'
        in page
    )
    assert "catalog.relation.added" not in page


def test_home_shows_what_people_did_beside_a_sync_that_found_much(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    found = EntityFactory.create_batch(9, title="Found by the sync")
    with transaction.atomic():
        record("catalog.entity.changed", actor=people.ada, target=EntityFactory(title="Written by a person"))
        for entity in found:
            record("catalog.entity.changed", actor=System("sync of mlflow-main"), target=entity)
    page = signed_in("ben").get("/").text
    assert page.partition('id="changed"')[2].count("Found by the sync") == 3
    assert "Written by a person" in page
    assert "Sync of mlflow-main did 6 more." in page
