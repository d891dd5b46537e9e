"""Files that speak of all requests at once are for whoever sees them all; everybody else reads why, and the hash."""

from __future__ import annotations

import hashlib

import pytest

from apps.roadmap.actions import meetings
from apps.roadmap.models import Candidate, PlanRun, Request
from apps.roadmap.queries.naming import UNSEEN
from tests.personas import ALL, People
from tests.roadmap.test_cycle_story import planned

AT = "/api/v1/roadmap/cycles/q1"
PAGES = "/roadmap/cycles/q1"
FILES = (f"{PAGES}/inputs.json", f"{PAGES}/inputs.pb", f"{PAGES}/plans.json")


def with_a_hidden_one(people: People) -> PlanRun:
    """The first request is risk-ml's alone, its leads' and CoE leads'."""
    requests, _ = planned(people)
    Request.objects.filter(pk=requests[0].pk).update(visibility="restricted")
    return PlanRun.objects.get()


def test_all_or_nothing(people, signed_in, bearer) -> None:
    run = with_a_hidden_one(people)
    seeing = set(Request.objects.visible_to(people.esther).values_list("pk", flat=True))
    for name in ALL:
        whole = set(Request.objects.visible_to(people[name]).values_list("pk", flat=True)) >= seeing
        answer = bearer(name).get(f"{AT}/inputs.json/")
        assert answer.status_code == (200 if whole else 403), name
        if whole:
            assert hashlib.sha256(answer.content).hexdigest() == run.snapshot.sha256
        else:
            assert (
                "not shown to you" in answer.json()["detail"]
                and "Sort the alerts" not in answer.content.decode()
            )
            assert "CoE lead" in answer.json()["next_step"]
        if name != "ci-risk":
            assert {signed_in(name).get(path).status_code for path in FILES} == {200 if whole else 403}


def test_the_pages_offer_what_one_may_take_and_show_the_hash_to_all(people, signed_in) -> None:
    run = with_a_hidden_one(people)
    for path in ("/", "/plans/"):
        whole, part = (signed_in(name).get(f"{PAGES}{path}").content.decode() for name in ("esther", "chloe"))
        assert "inputs.json" in whole and "inputs.json" not in part
        assert ("plans.json" in whole) is (path == "/plans/") and "plans.json" not in part
        assert "hold figures of requests that are not shown to you" in part
        assert run.snapshot.sha256 in whole and run.snapshot.sha256 in part


def test_the_page_gives_the_bytes_whose_hash_it_shows(people, signed_in) -> None:
    planned(people)
    run, client = PlanRun.objects.get(), signed_in("ada")
    for query in ("", f"?run={run.pk}"):
        answer = client.get(f"{PAGES}/plans.json{query}")
        assert hashlib.sha256(answer.content).hexdigest() == run.result_sha256
        assert answer["Content-Disposition"].startswith("attachment; ")
    for query in ("?run=x", "?run=-1", f"?run={run.pk + 1}", f"?run={10**30}", "?run=²"):
        assert client.get(f"{PAGES}/plans.json{query}").status_code == 404, query
    assert f"plans.json?run={run.pk}" in client.get(f"{PAGES}/plans/").content.decode()
    PlanRun.objects.update(state="failed")
    assert client.get(f"{PAGES}/plans.json").status_code == 404


def test_a_reason_is_read_where_all_that_it_moves_is_seen(people, signed_in, bearer) -> None:
    planned(people)
    hidden, takes, displaces = Candidate.objects.order_by("request_id")
    meeting = meetings.call_meeting(actor=people.esther, cycle=hidden.cycle)
    meetings.attend(actor=people.farid, meeting=meeting)
    for one, other, reason in ((takes, displaces, "Open words."), (None, hidden, "Closed words.")):
        meetings.override(actor=people.farid, meeting=meeting, takes=one, displaces=other, reason=reason)
    Request.objects.filter(pk=hidden.request_id).update(visibility="restricted")
    for name, closed in (("esther", True), ("ada", True), ("chloe", False), ("kim", False)):
        said = bearer(name).get(f"{AT}/meeting/").content.decode()
        page = signed_in(name).get(f"{PAGES}/meeting/").content.decode()
        for text in (said, page):
            assert "Open words." in text and ("Closed words." in text) is closed, name


@pytest.mark.parametrize("proof", ["limit", "nothing"])
def test_a_solver_at_its_limit_names_titles(people, signed_in, bearer, proof) -> None:
    run = with_a_hidden_one(people)
    text = run.result.replace('"proof":"optimal"', f'"proof":"{proof}"')
    PlanRun.objects.update(result=text, reproducible=False)
    page = signed_in("chloe").get(f"{PAGES}/plans/").content.decode()
    [equal, best, ranking] = bearer("chloe").get(f"{AT}/plans/").json()["plans"]
    assert equal["limit"] in page and "stopped at its limit" in best["limit"] and ranking["limit"] == ""
    if proof == "nothing":
        assert equal["limit"].endswith(f"“Read the claims” and {UNSEEN}.")
    assert "request:0" not in page and "Sort the alerts" not in page
