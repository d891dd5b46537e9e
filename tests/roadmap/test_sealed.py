"""Sealed means sealed: before the reveal no surface tells anybody else of a ballot's points or a score's figures."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.urls import reverse
from graphql_relay import to_global_id

from apps.core.models import Event
from apps.roadmap import models as roadmap
from apps.roadmap.actions import planning, scoring, triage, voting
from tests.personas import ALL, NAMES, People
from tests.roadmap import making

HOURS = "41973"  # figures that stand nowhere else
POINTS = 87
COMMENT = "Nobodyreadsthis"
CYCLE = """{ cycle(slug: "q1") { ballots(first: 9) { edges { node { lines(first: 9) { edges { node { points } } } } } }
  shares(first: 9) { edges { node { basisPoints } } } } }"""
SCORES = """{ roadmapRequest(id: "ID") { scores(first: 9) { edges { node { comment
  lines(first: 9) { edges { node { expected } } } } } } } }"""


@pytest.fixture
def voted(people: People) -> roadmap.Cycle:
    """A cycle with farid's ballot in it, and advice of ben's that farid reads."""
    making.policy(people)
    request = making.ready(people)
    cycle = making.voting_cycle(people, request)
    candidate, share = roadmap.Candidate.objects.get(), making.share(cycle, "retail-banking")
    voting.advise(actor=people.ben, share=share, candidate=candidate, points=POINTS, note=COMMENT)
    making.vote(people, cycle, "retail-banking", **{f"r{request.pk}": POINTS})
    return cycle


@pytest.fixture
def scored(people: People) -> roadmap.Request:
    """A request with dmitri's sealed score."""
    making.policy(people)
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    making.give_score(people, request, "dmitri", HOURS, comment=COMMENT)
    return request


def rest_and_graphql(client: Any, addresses: list[str], query: str) -> str:
    texts = [client.get(f"/api/v1/{address}").content.decode() for address in addresses]
    answer = client.post("/graphql", {"query": query}, content_type="application/json")
    assert answer.status_code == 200 and "errors" not in answer.json(), answer.content
    return "\n".join([*texts, answer.content.decode()])


@pytest.mark.parametrize("name", ALL)
def test_a_ballot_is_its_voters_until_the_freeze(
    people: People, voted: roadmap.Cycle, bearer: Any, name: str
) -> None:
    """Farid's own; everybody's after the freeze."""
    addresses = ["roadmap/cycles/", "roadmap/cycles/q1/", "roadmap/cycles/q1/ballots/", "events/?limit=100"]
    text = rest_and_graphql(bearer(name), addresses, CYCLE)
    assert (f'"points":{POINTS}' in text.replace(" ", "")) is (name == "farid")
    advice = bearer(name).get("/api/v1/roadmap/cycles/q1/advice/").content.decode()
    assert (COMMENT in advice) is (name in {"ben", "farid"})
    planning.freeze(actor=people.esther, cycle=voted)
    after = bearer(name).get("/api/v1/roadmap/cycles/q1/ballots/").content.decode()
    assert f'"points":{POINTS}' in after.replace(" ", "")


@pytest.mark.parametrize("name", ALL)
def test_a_score_is_its_scorers_until_the_reveal(
    people: People, scored: roadmap.Request, bearer: Any, name: str
) -> None:
    addresses = [
        "roadmap/requests/", f"roadmap/requests/{scored.pk}/", "events/?limit=100", f"search/?q={COMMENT}",
    ]  # fmt: skip
    query = SCORES.replace("ID", to_global_id("RoadmapRequest", scored.pk))
    text = rest_and_graphql(bearer(name), addresses, query).replace(f'"q":"{COMMENT}"', "")
    assert (HOURS in text, COMMENT in text.replace(f"q={COMMENT}", "")) == (name == "dmitri",) * 2
    assert bearer(name).get(f"/api/v1/roadmap/requests/{scored.pk}/").json()["valuation"] is None
    making.give_score(people, scored, "esther", HOURS)
    scoring.reveal_scores(actor=people.esther, request=scored)
    assert HOURS in bearer(name).get(f"/api/v1/roadmap/requests/{scored.pk}/").content.decode()


def test_no_event_holds_what_is_sealed(people: People, voted: roadmap.Cycle) -> None:
    for event in Event.objects.filter(verb__startswith="roadmap."):
        assert str(POINTS) not in str(event.data) and COMMENT not in str(event.data), event.verb


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"farid", "dmitri"}])
def test_no_page_and_no_admin_page_tells_it(
    people: People, voted: roadmap.Cycle, signed_in: Any, name: str
) -> None:
    """Every list of the admin, the register as CSV, and the pages of request and cycle."""
    request = triage.accept(actor=people.dmitri, request=making.submitted(people, "Another one"))
    making.give_score(people, request, "dmitri", HOURS, comment=COMMENT)
    browser = signed_in(name)
    addresses = [
        reverse(f"admin:roadmap_{model._meta.model_name}_changelist")
        for model in admin.site._registry
        if model._meta.app_label == "roadmap"
    ]
    addresses += ["/roadmap/requests/export.csv", voted.get_absolute_url(), request.get_absolute_url()]
    addresses += [
        f"/roadmap/cycles/{voted.slug}/plans/",
        f"/roadmap/requests/{request.pk}/score/",
        "/roadmap/",
    ]
    own = name == "ben"  # the advice is his
    for address in addresses:
        answer = browser.get(address)
        text = _text(answer)
        assert HOURS not in text, address
        assert own or COMMENT not in text, address
        assert f"{POINTS} points" not in text, address


def _text(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")
