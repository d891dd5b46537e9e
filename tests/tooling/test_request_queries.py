"""What is read of requests: the state at an instant, who sees what, what waits for whom, earlier answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity
from apps.tooling.actions.granting import revoke
from apps.tooling.actions.reviewing import ask_info, withdraw
from apps.tooling.models import ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.requests import (
    inbox,
    mine,
    precedents,
    register,
    requests,
    who_is_next,
    with_now,
)
from tests.personas import People
from tests.tooling.making import approve, draft, in_review, reject, sent, tool


def shown(request: ExceptionRequest, at: datetime | None = None) -> Any:
    return with_now(ExceptionRequest.objects.filter(pk=request.pk), at or clock.now()).get()


def decided(people: People, name: str = "comet") -> ExceptionRequest:
    """Approved by dmitri and farid, for production until 100 days from now."""
    return approve(people, in_review(people, tool(people, name)))


def test_a_granted_request_is_active_until_the_very_instant(people: People) -> None:
    request = decided(people)
    end = request.grants.get().expires
    assert shown(request).shown_state == "active"
    assert shown(request).ends == end
    assert shown(request, end - timedelta(microseconds=1)).shown_state == "active"
    assert shown(request, end).shown_state == "expired"


def test_a_noticed_revocation_shows_when_the_notice_ends(people: People) -> None:
    request = decided(people)
    revoke(actor=people.esther, request=request, reason="The vendor was breached.", notice_days=7)
    end = request.grants.get().ends
    assert shown(request).shown_state == "active"
    assert shown(request, end).shown_state == "revoked"


def test_it_is_overdue_from_its_due_instant_and_not_while_a_question_rests(people: People) -> None:
    request = sent(people, tool(people, "comet"), "staging")
    assert not shown(request).overdue
    assert shown(request, request.due_at).overdue
    ask_info(actor=people.dmitri, request=request, question="Which source?")
    assert not shown(request, request.due_at).overdue
    withdraw(actor=people.ben, request=request)
    assert not shown(request, request.due_at).overdue


def test_drafts_are_their_teams(people: People) -> None:
    written = draft(people, tool(people, "comet"))
    assert written in mine(people.ada)
    for name in ("chloe", "dmitri", "kim"):
        assert written not in requests(people[name])
    for name in ("ben", "esther", "root"):
        assert written not in register(people[name])


def test_each_inbox_holds_what_waits_for_that_person(people: People) -> None:
    waiting = sent(people, tool(people, "comet"), "staging")
    reviewed = in_review(people, tool(people, "other"))
    assert list(inbox(people.dmitri).triage) == [waiting]
    assert list(inbox(people.dmitri).decide) == [reviewed]
    assert list(inbox(people.farid).decide) == [reviewed]
    assert not inbox(people.farid).triage
    for name in ("jo", "ben", "kim"):
        assert not inbox(people[name]).decide
    ask_info(actor=people.dmitri, request=waiting, question="Which source?")
    assert list(inbox(people.ada).answer) == [waiting]
    assert not inbox(people.chloe).answer


def test_precedents_are_decided_requests_only(people: People) -> None:
    wanted = tool(people, "comet")
    old = in_review(people, wanted)
    reject(people, old, tool(people, "mlflow"))
    draft(people, wanted, objective="A secret merger beside the scoring runs")
    sent(people, tool(people, "open-one"), "staging")
    for name in ("ben", "chloe", "esther"):
        found = precedents(people[name], "see scoring runs side by side", wanted, at=clock.now())
        assert [each.request for each in found] == [old]
    assert not precedents(people.ben, "secret merger", None, at=clock.now())


def test_precedents_of_unseen_tools_stay_unseen(people: People) -> None:
    request = decided(people)
    assert precedents(people.chloe, "see scoring runs side by side", at=clock.now())
    Entity._base_manager.filter(pk=request.tool_id).update(owner=people.team("risk-ml"), visibility="team")
    asked = {"text": "see scoring runs side by side", "at": clock.now()}
    assert precedents(people.ben, **asked)
    assert not precedents(people.chloe, **asked)


@pytest.mark.parametrize(
    "text", ["", "   ", "' :* & | !", "\x00", "the of and", "x" * 5000, "ﬁ ½ ß", "(((", "-minus"]
)
def test_absurd_words_find_nothing_and_harm_nothing(people: People, text: str) -> None:
    assert precedents(people.ben, text, at=clock.now()) == []


def test_lists_cost_the_same_for_one_and_for_many(people: People) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            rows = list(with_now(register(people_ben), at))
            assert [str(who_is_next(row)) for row in rows]
            assert [str(row) for row in rows]
            precedents(people_ben, "scoring runs", at=at)
        return len(seen)

    people_ben, at = people.ben, clock.now()
    decided(people, "first")
    assert cost() > 0  # reads where ben stands, once
    few = cost()
    for name in ("second", "third", "fourth"):
        decided(people, name)
        in_review(people, tool(people, f"{name}-open"))
    assert cost() == few


def test_next_is_said_by_name(people: People) -> None:
    request = in_review(people, tool(people, "comet"))
    turn = who_is_next(shown(request))
    assert str(turn) == "the central platform team and Farid for Retail Banking decide"
    assert turn.by == request.due_at
    assert who_is_next(shown(decided(people, "done"))).what.startswith("leaves the tool")
