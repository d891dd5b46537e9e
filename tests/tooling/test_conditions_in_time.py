"""Conditions are asked of whoever is in the team now, and only while their exception holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.errors import Conflict, Invalid
from apps.people.models import Membership, User
from apps.tooling.actions.conditions import attach_condition
from apps.tooling.models import Condition, Grant
from apps.tooling.queries import clock
from apps.tooling.queries.requests import inbox
from tests.personas import People
from tests.tooling import making
from tests.tooling.deciding import a_condition, a_grant
from tests.traces import nothing_changes


@pytest.fixture
def grant(people: People) -> Grant:
    return a_grant(making.tool(people, "wandb"))


def ask(people: People, grant: Grant, owner: User) -> Condition:
    due = clock.now() + timedelta(days=3)
    return attach_condition(
        actor=people.esther, request=grant.request, text="Export the runs.", owner=owner, due=due
    )


def leaves(user: User, days: int) -> None:
    now = clock.now()
    Membership.objects.filter(user=user, ends=None).update(
        starts=now - timedelta(days=50), ends=now + timedelta(days=days)
    )


def test_whoever_leaves_later_is_still_in_the_team(people: People, grant: Grant) -> None:
    leaves(people.ben, days=5)
    assert ask(people, grant, people.ben).owner == people.ben


def test_whoever_has_left_or_is_still_to_come_is_not_asked(people: People, grant: Grant) -> None:
    leaves(people.ben, days=-1)
    Membership.objects.filter(user=people.ada).update(starts=clock.now() + timedelta(days=2))
    for owner in (people.ben, people.ada):
        with nothing_changes(), pytest.raises(Invalid):
            ask(people, grant, owner)


def test_an_exception_that_has_ended_takes_no_condition_and_waits_for_nobody(
    people: People, grant: Grant
) -> None:
    now = clock.now()
    over = a_grant(
        making.tool(people, "comet"), starts=now - timedelta(days=9), expires=now - timedelta(minutes=5)
    )
    a_condition(over, due=now + timedelta(days=1))
    open_ = a_condition(grant, due=now + timedelta(days=1))
    assert list(inbox(people.ben).prove) == [open_]
    with nothing_changes(), pytest.raises(Conflict):
        ask(people, over, people.ben)
