"""The record of what happened: the database itself refuses to rewrite it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.events import record
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions import update_team
from tests.personas import People

pytestmark = pytest.mark.django_db
COLUMNS = {field.column for field in Event._meta.concrete_fields}
REDACTABLE = {"data", "actor_name"}


def refused(sql: str, *values: object) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, values)


def test_events_are_neither_deleted_nor_updated(people: People) -> None:
    before = list(Event.objects.order_by("pk").values())
    refused("DELETE FROM core_event")
    refused("DELETE FROM core_event WHERE id = %s", before[0]["id"])
    refused("UPDATE core_event SET verb = 'people.team.changed'")
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.all().delete()
    assert list(Event.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("column", sorted(COLUMNS - REDACTABLE))
def test_no_other_column_can_be_changed(people: People, column: str) -> None:
    other = {
        "at": "at + interval '1 second'",
        "actor_id": f"{people.kim.pk}",
        "id": "id + 100000",
        "target_id": "target_id + 1",
        "subject_id": "subject_id + 1",
    }
    refused(f"UPDATE core_event SET {column} = {other.get(column, repr('other'))}")
    refused(f"UPDATE core_event SET {column} = {other.get(column, repr('other'))}, data = '{{}}'")


def test_what_must_be_forgotten_can_be_redacted(people: People) -> None:
    event = update_and_find(people)
    Event.objects.filter(pk=event.pk).update(data={"redacted": True}, actor_name="somebody")
    event.refresh_from_db()
    assert (event.data, event.actor_name) == ({"redacted": True}, "somebody")


def test_an_event_is_part_of_its_actions_transaction(people: People) -> None:
    count = Event.objects.count()
    with transaction.atomic():
        update_and_find(people)
        transaction.set_rollback(True)
    assert Event.objects.count() == count


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_nothing_is_recorded(people: People) -> None:
    count = Event.objects.count()
    with pytest.raises(RuntimeError, match="transaction"):
        record("people.team.changed", actor=SYSTEM, target=people.team("risk-ml"))
    assert Event.objects.count() == count


def test_an_event_says_who_did_what_to_what(people: People) -> None:
    event = update_and_find(people)
    team = people.team("risk-ml")
    assert (event.actor, event.actor_name) == (people.esther, "")
    assert (event.target_type, event.target_id) == ("people.team", team.pk)
    assert event.data == {"changes": {"name": ["Risk ML", "Risk and Fraud ML"]}}


def test_an_event_is_as_visible_as_its_target(people: People) -> None:
    """Everybody sees what happens to teams; what happens to a token, its keepers."""
    from apps.people.actions import create_token

    update_and_find(people)
    create_token(actor=people.ada, user=people.ada, name="mine", scopes=["read"])
    seen = {
        name: set(Event.objects.visible_to(people[name]).values_list("verb", flat=True)) for name in people
    }
    assert all("people.team.changed" in verbs for verbs in seen.values())
    assert {name for name, verbs in seen.items() if "people.token.created" in verbs} == {
        "ada",
        "esther",
        "root",
    }


def update_and_find(people: People) -> Event:
    update_team(actor=people.esther, team=people.team("risk-ml"), changes={"name": "Risk and Fraud ML"})
    return Event.objects.get(verb="people.team.changed")
