"""The board: what came in is answered by small forms, with and without scripts; a no says why; others are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.plugs import DemandSignal, Item, register
from apps.roadmap.actions import triage
from apps.roadmap.models import Request
from apps.roadmap.workflow import State
from tests.forms import form_of
from tests.personas import People
from tests.roadmap.making import draft, submitted

SignedIn = Callable[[str], Client]
BOARD = "/roadmap/triage/"


def page(client: Client, path: str = BOARD) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def lane(body: str, name: str) -> str:
    return body.split(f'id="lane-{name}"')[1].split('<section class="lane"', maxsplit=1)[0]


def state(request: Request) -> str:
    return str(Request.objects.get(pk=request.pk).state)


@pytest.mark.parametrize("name", ["ada", "chloe", "farid", "kim", "root", "ci-risk"])
def test_the_board_is_the_centers(people: People, signed_in: SignedIn, name: str) -> None:
    request, other = submitted(people), signed_in(name)
    assert other.get(BOARD).status_code == 403
    answer = other.post(f"{BOARD}{request.pk}/", {"do": "decline", "reason": "No."})
    assert answer.status_code == 403
    assert state(request) == State.SUBMITTED


def test_each_request_stands_in_its_lane_and_drafts_in_none(people: People, signed_in: SignedIn) -> None:
    draft(people, "Still a draft")
    submitted(people, "Came in")
    taken, asked, scoring, put_off = (submitted(people, f"Number {number}") for number in range(4))
    triage.take_triage(actor=people.dmitri, request=taken)
    triage.ask_info(actor=people.dmitri, request=asked, question="How many?")
    triage.accept(actor=people.dmitri, request=scoring)
    triage.defer(actor=people.dmitri, request=put_off, reason="Next year.")
    body = page(signed_in("dmitri"))
    for name, title in (
        ("submitted", "Came in"),
        ("triage", "Number 0"),
        ("needs_info", "How many?"),
        ("scoring", "Number 2"),
        ("deferred", "Next year."),
    ):
        assert title in lane(body, name), name
    assert "Still a draft" not in body


@pytest.mark.parametrize(
    ("do", "sent", "state_after"),
    [
        ("take", {}, State.TRIAGE),
        ("score", {}, State.SCORING),
        ("ask", {"question": "How many?"}, State.NEEDS_INFO),
        ("defer", {"reason": "Next year."}, State.DEFERRED),
        ("decline", {"reason": "Bought."}, State.DECLINED),
    ],
)
def test_each_answer_has_its_form_and_its_state(
    people: People, signed_in: SignedIn, do: str, sent: dict[str, str], state_after: str
) -> None:
    request, dmitri = submitted(people), signed_in("dmitri")
    path = f"{BOARD}{request.pk}/"
    data: dict[str, Any] = form_of(dmitri, f"{path}?do={do}", path) | sent
    assert "<html" not in page(dmitri, f"{path}?do={do}&part=1")
    assert dmitri.post(path, data)["Location"] == f"{BOARD}#card-{request.pk}"
    assert state(request) == state_after


@pytest.mark.parametrize(
    ("do", "told"), [("ask", "Say what is missing"), ("decline", "Say why"), ("defer", "Say why")]
)
def test_a_no_without_a_word_is_refused(people: People, signed_in: SignedIn, do: str, told: str) -> None:
    request, dmitri = submitted(people), signed_in("dmitri")
    answer = dmitri.post(f"{BOARD}{request.pk}/", {"do": do, "reason": " ", "question": ""})
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert state(request) == State.SUBMITTED


def test_a_duplicate_is_found_by_likeness_or_by_number(people: People, signed_in: SignedIn) -> None:
    into, request, third = (
        submitted(people, f"Sort the fraud alerts {n}") for n in ("first", "second", "third")
    )
    dmitri = signed_in("dmitri")
    path = f"{BOARD}{request.pk}/"
    assert f'name="like" value="{into.pk}"' in page(dmitri, f"{path}?do=merge&part=1")
    assert f'value="{request.pk}"' not in page(dmitri, f"{path}?do=merge&part=1")
    assert dmitri.post(path, {"do": "merge"}).status_code == 400
    assert dmitri.post(path, {"do": "merge", "like": "999999"}).status_code == 400
    assert dmitri.post(path, {"do": "merge", "into": str(request.pk)}).status_code == 400
    assert state(request) == State.SUBMITTED
    assert dmitri.post(path, {"do": "merge", "like": str(into.pk)}).status_code == 302
    dmitri.post(f"{BOARD}{third.pk}/", {"do": "merge", "into_typed": str(into.pk)})
    assert state(request) == state(third) == State.DUPLICATE
    assert into.duplicates.count() == 2


def test_own_requests_are_answered_by_somebody_else(people: People, signed_in: SignedIn) -> None:
    request = submitted(people, by="dmitri", unit=people.unit("insurance"))
    dmitri = signed_in("dmitri")
    body = lane(page(dmitri), "submitted")
    assert "somebody else answers it" in body and "data-key" not in body
    answer = dmitri.post(f"{BOARD}{request.pk}/", {"do": "score"})
    assert answer.status_code == 403
    assert state(request) == State.SUBMITTED


def test_the_slower_of_two_is_told_and_keeps_what_was_typed(people: People, signed_in: SignedIn) -> None:
    request, dmitri = submitted(people), signed_in("dmitri")
    triage.decline(actor=people.esther, request=request, reason="Bought.")
    answer = dmitri.post(f"{BOARD}{request.pk}/", {"do": "ask", "question": "How many, exactly?"})
    assert answer.status_code == 409
    assert "How many, exactly?" in answer.content.decode()
    second = submitted(people, "Another one")
    triage.accept(actor=people.esther, request=second)
    answer = dmitri.post(f"{BOARD}{second.pk}/", {"do": "take"})
    assert answer.status_code in (403, 409)
    assert state(second) == State.SCORING


@pytest.mark.parametrize("path", ["0/", "999999/", "99999999999999999999/"])
def test_what_is_not_there_is_not_found(people: People, signed_in: SignedIn, path: str) -> None:
    assert signed_in("dmitri").get(BOARD + path).status_code == 404
    assert signed_in("dmitri").post(BOARD + path, {"do": "score"}).status_code == 404


def test_no_such_answer_is_bad_input(people: People, signed_in: SignedIn) -> None:
    request = submitted(people)
    assert signed_in("dmitri").post(f"{BOARD}{request.pk}/", {"do": "explode"}).status_code == 400
    assert "Problem" in page(signed_in("dmitri"), f"{BOARD}{request.pk}/?do=explode")


def test_a_demand_signal_becomes_a_request(people: People, signed_in: SignedIn) -> None:
    item = Item("vector database", "/wiki/", "searched 12 times, nothing found")
    register(DemandSignal("test.signals", "Searches", lambda user: [item]))
    try:
        body = page(signed_in("dmitri"))
    finally:
        register(DemandSignal("test.signals", "Searches", lambda user: []))
    assert "searched 12 times" in body
    url = "/roadmap/requests/new/?title=vector+database&amp;signal=Searches%3A+vector+database"
    assert url in body
    assert "vector database" in page(signed_in("dmitri"), url.replace("&amp;", "&"))


def test_the_board_costs_the_same_for_more_cards(people: People, signed_in: SignedIn) -> None:
    def statements() -> int:
        client = signed_in("dmitri")
        client.get(BOARD)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(BOARD).status_code == 200
        return len(seen)

    submitted(people)
    first = statements()
    for number in range(4):
        submitted(people, f"Alerts {number}", by="chloe")
    assert statements() == first
