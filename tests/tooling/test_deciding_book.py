"""What a process keeps of the book is never stale: each change reaches the next answer, a rollback leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.core.policies import SYSTEM
from apps.people.actions import create_team, create_token, start_membership
from apps.people.models import Team, User
from apps.tooling.models import DecisionCount, Environment, Grant, Package
from apps.tooling.queries import book as kept
from tests.personas import make_world
from tests.tooling import making
from tests.tooling.asking import DECIDE, Given, Use, by_rest
from tests.tooling.deciding import World, a_condition, a_grant, now

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return World.of(make_world())


@pytest.fixture
def ask(world: World) -> Callable[[], Given]:
    script = script_of(world.people["ci-risk"])
    return lambda: by_rest(script, Use("wandb"))


def script_of(user: User) -> Client:
    _, secret = create_token(actor=SYSTEM, user=user, name="test", scopes=["tooling:decide"])
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_each_kind_of_change_reaches_the_next_answer(world: World, ask: Callable[[], Given]) -> None:
    reads: list[int] = []
    read_book = kept.read_book

    def counted() -> Any:
        reads.append(1)
        return read_book()

    kept.read_book = counted
    try:
        assert ask().reason == "hold" and ask().reason == "hold" and len(reads) <= 1
        grant = a_grant(world.tools["wandb"])
        assert ask().reason == "excepted"
        condition = a_condition(grant, due=now() - timedelta(seconds=1))
        assert ask().reason == "condition_overdue"
        type(condition)._base_manager.filter(pk=condition.pk).update(met_at=now() - timedelta(seconds=1))
        assert ask().reason == "excepted"
        Grant._base_manager.filter(pk=grant.pk).update(revoked_at=now())
        assert ask().reason == "grant_revoked"
        where = making.capability(world.people, "tracking-2")
        making.standard(world.people, where, (world.tools["wandb"], "banned"))
        assert ask().reason == "banned"
        Environment.objects.filter(slug="production").update(other_names=["prod"])
        before = len(reads)
        assert ask().reason == "banned" and len(reads) == before + 1
        assert ask().reason == "banned" and len(reads) == before + 1
    finally:
        kept.read_book = read_book


def test_a_grant_that_is_rolled_back_never_allows(world: World, ask: Callable[[], Given]) -> None:
    """Also not where the process answered within the transaction that was undone."""
    assert ask().reason == "hold"
    with transaction.atomic():
        a_grant(world.tools["wandb"])
        assert ask().reason == "excepted"
        transaction.set_rollback(True)
    assert ask().reason == "hold"


def test_a_grant_of_an_open_transaction_elsewhere_does_not_count(
    world: World, ask: Callable[[], Given]
) -> None:
    assert ask().reason == "hold"
    seen: list[Given] = []

    def other() -> None:
        try:
            seen.append(ask())
        finally:
            connection.close()

    with transaction.atomic():
        a_grant(world.tools["wandb"])
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert seen[0].reason == "hold"
    assert ask().reason == "excepted"


def test_a_renamed_tool_keeps_its_standard(world: World, ask: Callable[[], Given]) -> None:
    tool = world.tools["wandb"]
    type(tool)._base_manager.filter(pk=tool.pk).update(name="weights")
    assert ask().reason == "hold"


def test_names_are_never_stale_either(world: World, ask: Callable[[], Given]) -> None:
    """Packages, what everybody may see, environments and teams are kept beside the book."""
    tool, other = world.tools["wandb"], world.tools["mlflow"]
    assert ask().reason == "hold"
    package = Package._base_manager.get(ecosystem="pypi", name="wandb")
    Package._base_manager.filter(pk=package.pk).update(tool=other)
    assert ask().reason == "recommended"
    Package._base_manager.filter(pk=package.pk).update(tool=tool)
    assert ask().reason == "hold"
    type(tool)._base_manager.filter(pk=tool.pk).update(visibility="restricted")
    assert ask().reason == "hold"
    type(tool)._base_manager.filter(pk=tool.pk).update(visibility="company")
    assert ask().reason == "hold"
    package.delete()
    assert ask().reason == "hold"  # by its own name
    Team._base_manager.filter(slug="risk-ml").update(slug="risk-two")
    a_grant(tool, team="risk-two")
    assert ask().reason == "excepted"


def test_a_new_team_and_a_new_tool_are_known_at_once(world: World) -> None:
    script = script_of(world.people.chloe)
    assert by_rest(script, Use("wandb")).reason == "hold"
    team = create_team(actor=SYSTEM, slug="claims-two", name="Two", kind="central")
    start_membership(actor=SYSTEM, user=world.people.kim, team=team)
    assert by_rest(script_of(world.people.kim), Use("wandb")).reason == "hold"
    assert by_rest(script, Use("feast")).reason == "unknown_tool"
    making.tool(world.people, "feast")
    answer = script.post(DECIDE, Use("feast").as_json(), "application/json").json()
    assert answer["tool"] == "tool:coe/feast"


def test_many_answers_at_once_are_all_counted(world: World, ask: Callable[[], Given]) -> None:
    def some() -> None:
        try:
            for _ in range(5):
                assert ask().reason == "hold"
        finally:
            connection.close()

    threads = [Thread(target=some) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert DecisionCount._base_manager.get().count == 30
