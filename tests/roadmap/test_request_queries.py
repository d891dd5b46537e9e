"""What is read of requests: who sees what, what waits for whom, who acts next, what is alike; statements do not grow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Entity
from apps.roadmap.actions import intake, triage
from apps.roadmap.models import Request
from apps.roadmap.queries.requests import (
    RequestFilter,
    mine,
    pace,
    register,
    requests,
    reusable,
    similar,
    who_is_next,
)
from tests.personas import People
from tests.roadmap.making import cycle, draft, give_score, ready, scored, submitted, voting_cycle


def read(people: People, request: Request, name: str = "esther") -> Any:
    return requests(people[name]).get(pk=request.pk)


def entity(people: People, name: str, **fields: Any) -> Entity:
    from apps.catalog.actions.entities import create_entity

    given = {
        "kind": "model",
        "namespace": "retail-banking",
        "name": name,
        "owner": people.team("risk-ml"),
        **fields,
    }
    return create_entity(actor=people.ada, **given)


def test_the_register_holds_what_was_sent_and_mine_also_drafts(people: People) -> None:
    begun, sent = draft(people, "Read the letters"), submitted(people, "Sort the alerts")
    assert list(register(people.kim)) == [sent]
    assert set(mine(people.ada)) == {begun, sent}
    assert list(mine(people.chloe)) == []


def test_a_restricted_request_is_for_its_own_side_and_the_leads(people: People) -> None:
    request = submitted(people, visibility="restricted")
    assert list(register(people.ben)) == [request]
    assert list(register(people.esther)) == [request]
    assert list(register(people.kim)) == []


def test_filters_narrow_by_state_type_unit_words_and_number(people: People) -> None:
    first = submitted(people, "Sort the alerts")
    other = submitted(people, "A feature store", by="chloe", type="platform")
    given = [
        ({"type": ("platform",)}, [other]),
        ({"unit": ("retail-banking",)}, [first]),
        ({"state": ("submitted",)}, [other, first]),
        ({"state": ("nonsense",)}, []),
        ({"q": "alert"}, [other, first]),
        ({"q": "feature stores"}, [other]),
        ({"q": str(first.pk)}, [first]),
        ({"q": "\u2026"}, []),
        ({"mine": True}, [first]),
    ]
    for wanted, found in given:
        assert list(register(people.ben, RequestFilter(**wanted)).order_by("-pk")) == found, wanted


def waits(people: People, name: str) -> set[Request]:
    return set(register(people[name], RequestFilter(waiting=True)))


def test_what_waits_for_whom_moves_with_the_request(people: People) -> None:
    request = submitted(people)
    assert waits(people, "dmitri") == {request} == waits(people, "farid")
    assert waits(people, "ben") == waits(people, "kim") == set()
    triage.ask_info(actor=people.dmitri, request=request, question="How many?")
    assert waits(people, "ben") == {request}
    assert waits(people, "dmitri") == set()
    intake.answer_info(actor=people.ben, request=request, answer="Forty.")
    triage.accept(actor=people.dmitri, request=request)
    assert waits(people, "dmitri") == {request} == waits(people, "esther")
    give_score(people, request, "dmitri", 40)
    assert waits(people, "dmitri") == set()
    assert waits(people, "esther") == {request}


def test_similar_requests_are_found_by_some_of_the_words(people: People) -> None:
    first = submitted(people, "Sort the fraud alerts")
    submitted(people, "A feature store", problem="Features are computed twice.", kpis=[], type="support")
    found = similar(people.chloe, "alerts about fraud should be sorted by risk")
    assert [each.request for each in found] == [first]
    assert similar(people.chloe, "") == similar(people.chloe, "of the") == []
    assert similar(people.chloe, "fraud alerts", without=first.pk) == []


def test_similar_never_shows_a_foreign_draft_or_what_is_restricted(people: People) -> None:
    own = draft(people, "Sort the fraud alerts")
    hidden = submitted(people, "Sort the fraud alerts again", visibility="restricted")
    for name in ("chloe", "kim", "dmitri", "ci-risk", "root", "esther"):
        found = {each.request for each in similar(people[name], "sort the fraud alerts")}
        assert own not in found or name == "ci-risk", name
        assert (hidden in found) == (name in {"ci-risk", "root", "esther"}), name
    assert {each.request for each in similar(people.ada, "sort the fraud alerts")} == {own, hidden}


def test_what_was_withdrawn_or_merged_is_not_offered_as_similar(people: People) -> None:
    into, other, gone = (submitted(people, title) for title in ("Fraud alerts", "Fraud alerts too", "Frauds"))
    triage.merge(actor=people.dmitri, request=other, into=into)
    intake.withdraw(actor=people.ben, request=gone)
    assert [each.request for each in similar(people.chloe, "fraud alerts")] == [into]


def test_reusable_entities_are_visible_live_and_offered_first(people: People) -> None:
    plain = entity(people, "fraud-scores", description="Scores of fraud for alerts.")
    offered = entity(people, "fraud-alerts", description="Alerts of fraud, sorted.", reusable=True)
    entity(people, "fraud-secret", description="Alerts of fraud.", visibility="restricted")
    assert reusable(people.chloe, "fraud") == [offered, plain]
    assert offered in reusable(people.chloe, "we want to have alerts about fraud sorted")
    assert reusable(people.chloe, "") == []


def test_each_state_says_who_acts_next(people: People) -> None:
    request = draft(people)
    assert str(who_is_next(read(people, request, "ben"))).endswith("completes and sends it")
    intake.submit_request(actor=people.ben, request=request)
    assert who_is_next(read(people, request)).who == "the central team"
    triage.ask_info(actor=people.dmitri, request=request, question="How many?")
    assert who_is_next(read(people, request)).who == str(people.team("risk-ml"))
    triage.decline(actor=people.dmitri, request=request, reason="Bought already.")
    assert who_is_next(read(people, request)).who == ""


def test_in_scoring_each_obstacle_names_who_takes_it_away(people: People) -> None:
    turn = who_is_next(read(people, scored(people)))
    assert turn.who == "the central team"
    for words in (
        "estimates",
        "for Retail Banking answers for the value",
        "a second unit says that it needs it too",
    ):
        assert words in turn.what
    assert "scores" not in turn.what


def test_a_unit_above_is_no_second_one(people: People) -> None:
    request = submitted(people)
    from apps.roadmap.models import Support

    Support.objects.create(request=request, unit=people.unit("group"), user=people.esther)
    triage.accept(actor=people.dmitri, request=request)
    assert "needs it too" in who_is_next(read(people, request)).what
    intake.support(actor=people.jo, request=request, unit=people.unit("insurance"))
    assert "needs it too" not in who_is_next(read(people, request)).what


def test_in_a_cycle_the_vote_and_its_end_are_told(people: People) -> None:
    request = ready(people)
    assert "next planning cycle" in who_is_next(read(people, request)).what
    row = voting_cycle(people, request)
    row.ballots_until = timezone.now() + timedelta(days=5)
    row.save()
    turn = who_is_next(read(people, request))
    assert (turn.who, turn.by) == ("the sponsors of the units", row.ballots_until)


def test_the_pace_needs_three_answers_of_the_quarter(people: People) -> None:
    now = timezone.now()
    for number in range(3):
        assert pace(now) is None
        request = submitted(people, f"Request {number}")
        triage.take_triage(actor=people.dmitri, request=request, at=request.submitted_at + timedelta(days=4))
    assert pace(now + timedelta(days=5)) == 4
    assert pace(now + timedelta(days=200)) is None


@pytest.mark.parametrize("name", ["ben", "esther"])
def test_lists_cost_the_same_for_more_rows(people: People, name: str) -> None:
    def statements() -> int:
        user = people[name]
        with CaptureQueriesContext(connection) as seen:
            for row in register(user, RequestFilter(waiting=True)) | register(user):
                str(who_is_next(row))
            similar(user, "sort the alerts")
            reusable(user, "sort the alerts")
        return len(seen)

    cycle(people, ready(people))
    submitted(people, "Alerts 0")
    first = statements()
    for number in range(4):
        scored(people, f"Alerts {number}")
        submitted(people, f"Sorted alerts {number}", by="chloe")
    assert statements() == first
