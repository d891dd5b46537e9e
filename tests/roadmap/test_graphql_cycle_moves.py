"""A cycle is moved on, and back, through GraphQL by whoever runs cycles, with the rules of every other surface."""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.models import Event
from apps.roadmap.actions import planning
from apps.roadmap.models import Cycle, PlanRun
from tests.personas import People
from tests.portal.graphql_client import ask, code
from tests.roadmap import making
from tests.traces import nothing_changes


def mutation(name: str, more: str = "") -> str:
    return f'mutation {{ {name}(input: {{slug: "q1"{more}}}) {{ cycle {{ state version }} }} }}'


OPEN, FREEZE = mutation("openPlanningVote"), mutation("freezePlanningCycle")
WHY = ', reason: "The platform team shrinks."'
PREPARE, REOPEN = mutation("preparePlanningCycleAgain", WHY), mutation("reopenPlanningVote", WHY)


def moved(client: Any, query: str) -> str:
    [answer] = ask(client, query).values()
    return str(answer["cycle"]["state"])


def test_a_vote_is_opened_broken_off_frozen_and_opened_again(people: People, bearer: Any) -> None:
    making.policy(people)
    making.cycle(people, making.ready(people))
    client = bearer("esther")
    assert [moved(client, each) for each in (OPEN, PREPARE, OPEN, FREEZE, REOPEN)] == [
        "VOTING", "PREPARING", "VOTING", "FROZEN", "VOTING",
    ]  # fmt: skip
    for verb in ("preparing_again", "reopened"):
        event = Event.objects.get(verb=f"roadmap.cycle.{verb}")
        assert event.actor == people.esther and event.data["reason"] == "The platform team shrinks."


@pytest.mark.parametrize("name", ["ada", "dmitri", "farid", "hana", "kim", "root", "ci-risk"])
def test_nobody_else_moves_it(people: People, bearer: Any, name: str) -> None:
    making.policy(people)
    making.voting_cycle(people, making.ready(people))
    client = bearer(name)
    with nothing_changes():
        for query in (OPEN, PREPARE, FREEZE, REOPEN):
            assert code(client, query) == "forbidden"


def test_what_is_not_possible_is_a_conflict_and_a_reason_is_asked_for(people: People, bearer: Any) -> None:
    making.policy(people)
    row = making.voting_cycle(people, making.ready(people))
    client = bearer("esther")
    with nothing_changes():
        assert code(client, OPEN) == "conflict"
        assert code(client, REOPEN) == "conflict"
        assert code(client, mutation("preparePlanningCycleAgain", ', reason: " "')) == "invalid"
        assert code(client, mutation("freezePlanningCycle", f", version: {row.version + 1}")) == "conflict"
        assert code(client, FREEZE.replace("q1", "nothing")) == "not_found"
    planning.freeze(actor=people.esther, cycle=row)
    planning.carry_out(PlanRun.objects.get())
    with nothing_changes():
        assert code(client, PREPARE) == "conflict"
    assert Cycle.objects.get().state == "proposed"
