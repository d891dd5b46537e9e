"""Values, plans, reasons and meetings through GraphQL: the same as over REST, and as sealed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql_relay import to_global_id

from apps.roadmap.actions import delivery, meetings, planning
from apps.roadmap.models import Candidate, Cycle, Meeting, PlanRun, Request
from tests.personas import ALL, People
from tests.portal.graphql_client import ask, code, nodes
from tests.roadmap import making
from tests.roadmap.delivering import begun, called, proposed_cycle, restricted

VALUES = """{ roadmapRequests(first: 50) { edges { node { id valuation { policy value low high wide stale delay
  confidence rice wsjf unrated parts { scorer kpi expected measure rate probability evidence value } } } } } }"""
PLAN = "{ kind hidden value limit items { id title } used { role weeks } received { voter part } }"
PLANS = f"""{{ planningPlans(cycle: "q1") {{ run inputsSha256 sha256 priceOfFairness withoutBallot equalShares {PLAN}
  valueMaximum {PLAN} scoreRanking {PLAN} wallets {{ voter weeks }} }} }}"""
WHY = """query($id: ID!) { planningWhy(cycle: "q1", request: $id) { request { title } how plans sha256
  receipt { round cost payments { voter weeks } } whyNot { reason sentence changes limits cost payable costAtMost
    pointsAtLeast { voter points } unreachable lacking { role weeks } moreRoom { role weeks } } } }"""
MEETING = """{ planningMeeting(cycle: "q1") { chosen decidedAt run { sha256 snapshot { sha256 } }
  attendances(first: 9) { edges { node { user { username } keptOutOf } } }
  overrides(first: 9) { edges { node { why takes { request { title } } displaces { request { title } } } } } } }"""
SEALED = """{ cycle(slug: "q1") { snapshots(first: 3) { edges { node { sha256 } } }
  runs(first: 3) { edges { node { sha256 } } }
  meetings(first: 3) { edges { node { run { sha256 } } } }
  ballots(first: 9) { edges { node { lines(first: 9) { edges { node { points } } } } } } } }"""


def of(request: Request) -> str:
    return to_global_id("RoadmapRequest", request.pk)


def rest(client: Any, path: str) -> Any:
    return client.get(f"/api/v1/roadmap/{path}").json()


def snake(value: Any) -> Any:
    """GraphQL's names as REST writes them."""
    if isinstance(value, list):
        return [snake(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        "".join(f"_{c.lower()}" if c.isupper() else c for c in name): snake(value[name]) for name in value
    }


def test_a_value_is_that_of_rest(people: People, bearer: Any) -> None:
    making.policy(people)
    ready, sealed = making.ready(people, reach=300), making.submitted(people, "No score yet")
    client = bearer("kim")
    found = {row["id"]: row["valuation"] for row in nodes(ask(client, VALUES)["roadmapRequests"])}
    assert found[of(sealed)] is None
    value = snake(found[of(ready)])
    for part in value["parts"]:
        part["evidence"] = part["evidence"].lower()
    assert value == rest(client, f"requests/{ready.pk}/")["valuation"]
    assert value["value"] == "72000" and value["rice"] is not None


def test_values_take_a_fixed_number_of_statements(people: People, bearer: Any) -> None:
    making.policy(people)
    making.ready(people, "Sort the alerts")
    client = bearer("ben")
    few = statements(client, VALUES)
    for number in range(3):
        making.ready(people, f"Another one {number}", hours=10 + number)
    assert statements(client, VALUES) == few <= 10


def statements(client: Any, query: str) -> int:
    ask(client, query)
    with CaptureQueriesContext(connection) as captured:
        ask(client, query)
    return len(captured)


def test_a_sealed_score_is_in_no_value(people: People, bearer: Any) -> None:
    making.policy(people)
    request = making.scored(people)
    Request.objects.filter(pk=request.pk).update(state="scoring")
    before = ask(bearer("kim"), VALUES)
    assert before["roadmapRequests"]["edges"][0]["node"]["valuation"]["value"] == "72000"
    making.give_score(people, Request.objects.get(), "dmitri", 1)
    for name in ALL:
        assert ask(bearer(name), VALUES) == before, name


def test_plans_and_reasons_are_those_of_rest(people: People, bearer: Any) -> None:
    requests, _ = proposed_cycle(people)
    client = bearer("kim")
    found, plans = ask(client, PLANS)["planningPlans"], rest(client, "cycles/q1/plans/")
    assert found["sha256"] == plans["sha256"] and found["inputsSha256"] == plans["inputs_sha256"]
    assert found["run"] == to_global_id("PlanRun", plans["id"])
    assert [plan["kind"] for plan in plans["plans"]] == ["equal_shares", "value_maximum", "score_ranking"]
    for name, other in zip(("equalShares", "valueMaximum", "scoreRanking"), plans["plans"], strict=True):
        mine = found[name]
        assert mine["kind"].lower() == other["kind"]
        assert [each["title"] for each in mine["items"]] == [each["title"] for each in other["items"]]
        assert (mine["used"], mine["received"]) == (other["used"], other["received"])
        assert (mine["value"], mine["limit"]) == (str(other["value"]), other["limit"])
    assert found["wallets"] == plans["wallets"]
    for request in requests:
        why = snake(ask(client, WHY, id=of(request))["planningWhy"])
        same = rest(client, f"cycles/q1/why/?request={request.pk}")
        assert why["why_not"] == same["why_not"]
        assert why["how"] == same["how"] and why["request"]["title"] == same["request"]["title"]
        assert bool(why["receipt"]) is bool(same["receipt"])
        if why["receipt"]:
            assert why["receipt"]["payments"] == same["receipt"]["payments"]


def test_a_hidden_request_is_counted_and_its_reason_is_not_there(people: People, bearer: Any) -> None:
    requests, _ = proposed_cycle(people)
    restricted(requests[2])
    client = bearer("kim")
    found = ask(client, PLANS)["planningPlans"]
    assert found["equalShares"]["hidden"] == 1 and "damage" not in repr(found)
    assert code(client, WHY, id=of(requests[2])) == "not_found"
    assert ask(bearer("chloe"), WHY, id=of(requests[2]))["planningWhy"]["how"] == "bought"


def test_an_unfinished_or_unknown_run(people: People, bearer: Any) -> None:
    making.policy(people)
    making.voting_cycle(people, making.ready(people))
    client = bearer("esther")
    assert code(client, PLANS) == "not_found"
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    assert ask(client, PLANS)["planningPlans"] is None
    assert code(client, WHY, id=of(Request.objects.get())) == "not_found"
    for run in (to_global_id("PlanRun", 10**9), to_global_id("PlanningCycle", 1), "x", ""):
        assert code(client, PLANS.replace('"q1"', f'"q1", run: "{run}"')) == "not_found"
    assert code(client, PLANS.replace("q1", "q1\\u0000")) == "invalid"


def test_the_meeting_with_what_was_moved_and_who_kept_out(people: People, bearer: Any) -> None:
    requests, meeting = called(people)
    _, two, three = Candidate.objects.order_by("request_id")
    meetings.attend(actor=people.farid, meeting=meeting)
    meetings.attend(actor=people.hana, meeting=meeting, recused_from=[three])
    meetings.override(
        actor=people.farid, meeting=meeting, takes=two, displaces=three, reason="Photos can wait."
    )
    restricted(requests[2])
    for name in ALL:
        found = ask(bearer(name), MEETING)["planningMeeting"]
        sees = name in {"chloe", "esther", "root"}
        (moved,) = nodes(found["overrides"])
        assert moved["takes"]["request"]["title"] == "Rank the leads"
        assert (moved["displaces"] is not None) is sees and moved["why"] == (
            "Photos can wait." if sees else ""
        )
        kept = {each["user"]["username"]: each["keptOutOf"] for each in nodes(found["attendances"])}
        assert kept == {"farid": [], "hana": [of(requests[2])] if sees else []}
        assert found["run"]["sha256"] == PlanRun.objects.get().result_sha256
        over_rest = rest(bearer(name), "cycles/q1/meeting/")["overrides"][0]
        assert over_rest["reason"] == moved["why"]
    assert Meeting.objects.count() == 1


@pytest.mark.parametrize("name", ALL)
def test_a_vote_that_is_opened_again_seals_all_of_it(people: People, bearer: Any, name: str) -> None:
    requests, _ = called(people)
    planning.reopen(actor=people.esther, cycle=Cycle.objects.get(), reason="A unit was left out.")
    client, run = bearer(name), PlanRun.objects.get()
    assert code(client, PLANS) == code(client, WHY, id=of(requests[0])) == "not_found"
    by_run = PLANS.replace('"q1"', f'"q1", run: "{to_global_id("PlanRun", run.pk)}"')
    assert code(client, by_run) == "not_found"
    found = ask(client, SEALED)["cycle"]
    assert nodes(found["snapshots"]) == nodes(found["runs"]) == []
    assert nodes(found["meetings"]) == [{"run": None}]
    seen = [line["points"] for ballot in nodes(found["ballots"]) for line in nodes(ballot["lines"])]
    assert seen == {"farid": [80, 20], "jo": [100]}.get(name, [])


def test_what_work_took_and_who_runs_it(people: People, bearer: Any) -> None:
    request = begun(people)
    delivery.record_actual(
        actor=people.dmitri, request=request, role="ml-engineer", month=request.created_at.date(), weeks="2.5"
    )
    query = """query($id: ID!) { roadmapRequest(id: $id) { actuals(first: 5) { edges { node { role weeks author
      { username } } } } handovers(first: 5) { edges { node { team { slug } } } }
      candidacies(first: 5) { edges { node { planned } } } } }"""
    found = ask(bearer("kim"), query, id=of(request))["roadmapRequest"]
    assert nodes(found["actuals"]) == [
        {"role": "ML_ENGINEER", "weeks": "2.5", "author": {"username": "dmitri"}}
    ]
    assert nodes(found["handovers"]) == nodes(found["candidacies"]) == []
