"""A vote that is opened again seals what was opened: no surface gives plans, receipts and inputs of the old freeze."""

from __future__ import annotations

from typing import Any

import pytest
from graphql_relay import to_global_id

from apps.core.models import Event
from apps.roadmap.actions import meetings, planning, triage
from apps.roadmap.models import Ballot, Cycle, PlanRun, Request, Snapshot
from tests.personas import People
from tests.roadmap import making

RUNS = """{ cycle(slug: "q1") { runs(first: 9) { edges { node { sha256 state } } }
  ballots(first: 9) { edges { node { lines(first: 9) { edges { node { points } } } } } } } }"""
LEFT = "they had"  # how a reason tells what supporters had left


@pytest.fixture
def reopened(people: People) -> Request:
    """Planned, met on, and opened again; the request that retail gave 87 points and could not pay."""
    making.policy(people)
    request = making.ready(people, weeks={"ml-engineer": 9})
    cycle = making.voting_cycle(people, request)
    making.vote(people, cycle, "retail-banking", **{f"r{request.pk}": 87})
    planning.freeze(actor=people.esther, cycle=cycle)
    planning.carry_out(PlanRun.objects.get())
    cycle = Cycle.objects.get()
    meetings.call_meeting(actor=people.esther, cycle=cycle)
    planning.reopen(actor=people.esther, cycle=cycle, reason="A unit was left out.")
    return request


@pytest.mark.parametrize("name", ["ada", "dmitri", "esther", "farid", "hana", "jo", "root", "ci-risk"])
def test_the_apis_give_nothing_of_the_old_freeze(
    people: People, reopened: Request, bearer: Any, name: str
) -> None:
    client, cycle = bearer(name), "/api/v1/roadmap/cycles/q1/"
    run, snapshot = PlanRun.objects.get(), Snapshot.objects.get()
    for address in (
        "plans/",
        f"plans/?run={run.pk}",
        f"why/?request={reopened.pk}",
        "inputs.json",
        "inputs.pb",
        "plans.json",
    ):
        assert client.get(cycle + address).status_code == 404, address
    assert client.get(cycle).json()["run"] is None
    answer = client.post("/graphql", {"query": RUNS}, content_type="application/json").content.decode()
    assert run.result_sha256 not in answer
    assert ("87" in answer) is (name == "farid")
    node = to_global_id("RoadmapRequest", reopened.pk)
    for query in (
        '{ planningPlans(cycle: "q1") { sha256 priceOfFairness } }',
        f'{{ planningWhy(cycle: "q1", request: "{node}") {{ sha256 }} }}',
        '{ planningMeeting(cycle: "q1") { run { sha256 } } }',
    ):
        said = client.post("/graphql", {"query": query}, content_type="application/json").content.decode()
        assert run.result_sha256 not in said and 'priceOfFairness":"' not in said, query
    for model in (PlanRun, Snapshot):
        assert not model.objects.visible_to(people[name]).exists()
    assert run.snapshot == snapshot


@pytest.mark.parametrize("name", ["ada", "esther", "farid", "hana", "root"])
def test_the_page_of_the_stale_meeting_tells_no_reason(
    people: People, reopened: Request, signed_in: Any, name: str
) -> None:
    answer = signed_in(name).get("/roadmap/cycles/q1/meeting/")
    text = answer.content.decode()
    assert answer.status_code == 200 and "These plans are stale" in text
    assert LEFT not in text and "could have paid" not in text and "h-plan" not in text
    for address in ("?part=roles", "?plan=value_maximum"):
        again = signed_in(name).get(f"/roadmap/cycles/q1/meeting/{address}").content.decode()
        assert "of 10 person-weeks" not in again and LEFT not in again


def test_a_new_freeze_opens_everything_again(people: People, reopened: Request, bearer: Any) -> None:
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    answer = bearer("ada").get("/api/v1/roadmap/cycles/q1/ballots/").json()
    assert answer["results"][0]["lines"][0]["points"] == 87
    assert PlanRun.objects.visible_to(people.ada).count() == 2
    assert Ballot.objects.visible_to(people.kim).exists()


@pytest.mark.parametrize("name", ["ben", "esther", "farid", "root", "ci-risk"])
def test_who_gave_a_sealed_score_is_told_by_no_event(people: People, bearer: Any, name: str) -> None:
    """Only how many are in; one's own deed is no secret to oneself."""
    making.policy(people)
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    making.give_score(people, request, "dmitri", 40)
    address = "/api/v1/events/?verb=roadmap.request.scored"
    rows = bearer(name).get(address).json()["results"]
    assert [row["actor"] for row in rows] == [None]
    assert bearer(name).get(f"{address}&actor=dmitri").json()["results"] == []
    assert Event.objects.filter(verb="roadmap.request.scored").count() == 1
