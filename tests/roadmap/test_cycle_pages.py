"""Cycles and plans in the browser: setting up, moving on, comparing, trying out; bad input changes nothing."""

from __future__ import annotations

import hashlib
import re

import pytest

from apps.core.models import Event
from apps.people.models import BusinessUnit
from apps.roadmap.actions import cycles, planning, scoring
from apps.roadmap.models import (
    Candidate,
    Capacity,
    Cycle,
    Delegate,
    Meeting,
    PlanRun,
    Request,
    Share,
    Snapshot,
)
from apps.roadmap.pictures import BOX_WIDTH, Part, bar, dependencies
from apps.roadmap.planning.pabulib import read_election
from tests.roadmap import making
from tests.roadmap.test_cycle_story import planned

BASE = "/roadmap/cycles/"
NEW = {
    "name": "Second quarter",
    "slug": "q2",
    "starts": "2027-04-01",
    "ends": "2027-07-01",
    "ballots_until": "2027-03-15T12:00",
    "mandatory_cap": "35",
}


def text(answer):
    return answer.content.decode()


def shares_sent(**parts):
    sent = {
        f"share-{BusinessUnit.objects.get(slug=slug).pk}": part
        for slug, part in parts.items()
        if slug != "strategic"
    }
    return {"do": "shares", **sent, "share-strategic": parts.get("strategic", "")}


def test_a_cycle_is_made_and_set_up(signed_in, people):
    making.policy(people)
    request, esther = making.ready(people), signed_in("esther")
    assert esther.post(f"{BASE}new/", NEW).status_code == 302
    row = Cycle.objects.get()
    assert (row.mandatory_cap, row.ballots_until.isoformat()) == (3_500, "2027-03-15T12:00:00+00:00")
    path = f"{BASE}q2/setup/"
    assert (
        esther.post(
            path, {"do": "capacity", "weeks-ml-engineer": "12.5", "reserve-ml-engineer": "1"}
        ).status_code
        == 302
    )
    assert (
        esther.post(
            path, shares_sent(**{"retail-banking": "60", "insurance": "39.99", "strategic": "0.01"})
        ).status_code
        == 302
    )
    assert esther.post(path, {"do": "candidate", "request": request.pk, "entry": "open"}).status_code == 302
    assert str(Capacity.objects.get().weeks) == "12.500"
    assert sorted(Share.objects.values_list("basis_points", flat=True)) == [1, 3_999, 6_000]
    page = text(esther.get(path))
    assert "Sort the alerts" in page and "must be 100%" in page
    assert "First quarter" not in text(esther.get(BASE)) and "Second quarter" in text(esther.get(BASE))


@pytest.mark.parametrize(
    "change",
    [{"slug": "Q 2"}, {"ends": "2027-01-01"}, {"mandatory_cap": "101"}, {"name": " "}, {"starts": "soon"}],
)
def test_a_wrong_frame_is_said_and_kept(signed_in, people, change):
    answer = signed_in("esther").post(f"{BASE}new/", {**NEW, **change})
    assert answer.status_code == 400 and 'value="2027-0' in text(answer)
    assert not Cycle.objects.exists()


def test_shares_that_do_not_add_up_come_back_as_typed(signed_in, people):
    making.cycle(people)
    answer = signed_in("esther").post(
        f"{BASE}q1/setup/", shares_sent(**{"retail-banking": "61", "insurance": "40"})
    )
    assert (
        answer.status_code == 400 and "10,100 basis points" in text(answer) and 'value="61"' in text(answer)
    )
    nested = signed_in("esther").post(f"{BASE}q1/setup/", shares_sent(group="50", insurance="50"))
    assert nested.status_code == 400 and "contains" in text(nested)
    for typed in ("abc", "-1", "NaN", "1e9", "60.005"):
        assert signed_in("esther").post(f"{BASE}q1/setup/", shares_sent(insurance=typed)).status_code == 400
    assert sorted(Share.objects.values_list("basis_points", flat=True)) == [4_000, 6_000]


@pytest.mark.parametrize("name", ["ada", "dmitri", "farid", "kim", "root"])
def test_only_coe_leads_run_a_cycle_and_a_denial_changes_nothing(signed_in, people, name):
    row, client = making.cycle(people), signed_in(name)
    before = Event.objects.count()
    assert client.get(f"{BASE}new/").status_code == 403
    assert client.post(f"{BASE}new/", NEW).status_code == 403
    assert client.get(f"{BASE}q1/setup/").status_code == 403
    assert client.post(f"{BASE}q1/setup/", {"do": "capacity"}).status_code == 403
    for do in ("open_voting", "freeze", "reopen", "meeting"):
        answer = client.post(f"{BASE}q1/act/", {"do": do, "version": row.version, "reason": "x"})
        assert answer.status_code == 403
    assert client.get(f"{BASE}q1/").status_code == 200
    assert (Cycle.objects.get().state, Event.objects.count()) == ("preparing", before)


def act(client, do, **sent):
    version = Cycle.objects.get().version
    return client.post(f"{BASE}q1/act/", {"do": do, "version": version, **sent})


def test_from_the_vote_to_the_meeting(signed_in, people):
    making.policy(people)
    request, esther = making.ready(people), signed_in("esther")
    making.cycle(people, request)
    assert act(esther, "open_voting").status_code == 302
    page = text(esther.get(f"{BASE}q1/"))
    assert "0 of 2 ballots are cast" in page and "Freeze the cycle" in page
    making.vote(people, Cycle.objects.get(), "retail-banking", **{f"r{request.pk}": 100})
    assert act(esther, "freeze").status_code == 302
    run = PlanRun.objects.get()
    assert "Waits for a worker" in text(esther.get(f"{BASE}q1/plans/"))
    planning.carry_out(run)
    part = esther.get(f"{BASE}q1/plans/{run.pk}/?part=progress")
    assert "The plans are there" in text(part) and "hx-get" not in text(part)
    assert act(esther, "meeting")["Location"] == f"{BASE}q1/meeting/"
    assert Meeting.objects.get().run == run
    assert act(esther, "reopen", reason=" ").status_code == 400
    assert act(esther, "reopen", reason="A unit was left out.").status_code == 302
    assert Cycle.objects.get().state == "voting"


def test_a_stale_press_is_refused_and_says_so(signed_in, people):
    making.policy(people)
    making.cycle(people, making.ready(people))
    version = Cycle.objects.get().version
    cycles.open_voting(actor=people.esther, cycle=Cycle.objects.get())
    answer = signed_in("esther").post(f"{BASE}q1/act/", {"do": "freeze", "version": version})
    assert answer.status_code == 409 and "Somebody changed this meanwhile" in text(answer)
    assert Cycle.objects.get().state == "voting"


def test_what_cannot_be_frozen_is_named_by_title(signed_in, people):
    making.policy(people)
    request = making.ready(people)
    making.voting_cycle(people, request)
    scoring.estimate(actor=people.dmitri, request=request, role="steward", p50=2)
    answer = act(signed_in("esther"), "freeze")
    assert answer.status_code == 409 and "“Sort the alerts” needs the role Steward" in text(answer)
    assert "request:0" not in text(answer) and not Snapshot.objects.exists()


def test_a_mandatory_request_is_approved_by_the_committee_and_taken_out_by_its_lead(signed_in, people):
    making.policy(people)
    request = making.ready(people)
    making.cycle(people)
    esther = signed_in("esther")
    sent = {"do": "candidate", "request": request.pk, "entry": "mandatory", "obligation": ""}
    assert esther.post(f"{BASE}q1/setup/", sent).status_code == 400
    assert esther.post(f"{BASE}q1/setup/", {**sent, "obligation": "Audit finding 7"}).status_code == 302
    candidate = Candidate.objects.get()
    assert act(esther, "open_voting").status_code == 409
    assert act(esther, "approve", row=candidate.pk).status_code == 403
    assert act(signed_in("farid"), "approve", row=candidate.pk).status_code == 302
    candidate.refresh_from_db()
    assert candidate.approved_by == people.farid
    assert act(esther, "remove", row=candidate.pk, reason="Next year.").status_code == 302
    assert Request.objects.get(pk=request.pk).state == "ready" and not Candidate.objects.exists()


@pytest.mark.parametrize("row", ["", "x", "0", "9" * 30, "١"])
def test_a_row_that_is_none_is_not_found(signed_in, people, row):
    making.cycle(people)
    assert act(signed_in("esther"), "remove", row=row).status_code == 404
    assert act(signed_in("esther"), "nonsense").status_code == 400


def test_a_sponsor_names_a_delegate(signed_in, people):
    row = making.cycle(people)
    share = making.share(row, "retail-banking")
    assert "Name a delegate" in text(signed_in("farid").get(f"{BASE}q1/"))
    assert act(signed_in("farid"), "delegate", row=share.pk, user="nobody").status_code == 400
    assert act(signed_in("jo"), "delegate", row=share.pk, user="ada").status_code == 403
    assert act(signed_in("farid"), "delegate", row=share.pk, user="ada").status_code == 302
    assert Delegate.objects.get().user == people.ada


def test_three_plans_a_receipt_and_a_no(signed_in, people):
    requests, _ = planned(people)
    ada = signed_in("ada")
    page = text(ada.get(f"{BASE}q1/plans/"))
    assert "The price of fairness:" in page
    assert all(str(each) in page for each in requests) and PlanRun.objects.get().result_sha256 in page
    only_out = text(ada.get(f"{BASE}q1/plans/?show=out"))
    assert "Explain the scores" in only_out and "Read the claims" not in only_out.split('id="requests"')[1]
    receipt = text(ada.get(f"{BASE}q1/why/{requests[0].pk}/"))
    assert "Bought in round" in receipt and "Retail Banking" in receipt
    no = text(ada.get(f"{BASE}q1/why/{requests[1].pk}/"))
    assert "person-weeks or less" in no and "one change at a time" in no
    assert ada.get(f"{BASE}q1/why/{10**30}/").status_code == 404


def test_a_request_that_is_not_shown_is_nowhere(signed_in, people):
    requests, _ = planned(people)
    Request.objects.filter(pk=requests[0].pk).update(visibility="restricted")
    chloe = signed_in("chloe")
    assert chloe.get(f"{BASE}q1/why/{requests[0].pk}/").status_code == 404
    assert chloe.get(f"{BASE}q1/inputs.json").status_code == 403
    assert chloe.get(f"{BASE}q1/inputs.pb").status_code == 403
    for path in ("", "plans/", f"why/{requests[1].pk}/"):
        assert "Sort the alerts" not in text(chloe.get(f"{BASE}q1/{path}"))
    assert "1 request is not shown to you" in text(chloe.get(f"{BASE}q1/plans/"))


def test_the_exports_are_the_frozen_bytes(signed_in, people):
    planned(people)
    ada = signed_in("ada")
    content = ada.get(f"{BASE}q1/inputs.json").content
    assert hashlib.sha256(content).hexdigest() == Snapshot.objects.get().sha256
    election = read_election(ada.get(f"{BASE}q1/inputs.pb").content)
    assert len(election.projects) == 3 and len(election.votes) == 2


def sandboxed(**changes):
    share = {"share-unit:retail-banking": "60", "share-unit:insurance": "40"}
    return {"weeks-ml-engineer": "10", **share, **changes}


def test_other_capacity_is_tried_out_and_nothing_follows(signed_in, people):
    planned(people)
    esther, path = signed_in("esther"), f"{BASE}q1/sandbox/"
    assert esther.get(path).status_code == 200
    answer = esther.post(path, sandboxed(**{"weeks-ml-engineer": "12"}))
    run = PlanRun.objects.exclude(sandbox={}).get()
    assert answer["Location"] == f"{BASE}q1/plans/{run.pk}/" and run.sandbox == {
        "capacities": {"ml-engineer": "12"}
    }
    assert 'hx-trigger="every 1s"' in text(esther.get(answer["Location"]))
    planning.carry_out(run)
    page = text(esther.get(answer["Location"]))
    assert "Comes in:" in page and "from 10 person-weeks to 12 person-weeks" in page
    assert Cycle.objects.get().state == "proposed"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 409),
        ({"weeks-ml-engineer": "many"}, 400),
        ({"weeks-ml-engineer": "-1"}, 400),
        ({"share-unit:insurance": "41"}, 409),
        ({"share-unit:insurance": "400"}, 400),
    ],
)
def test_a_sandbox_that_makes_no_sense_is_refused(signed_in, people, sent, status):
    planned(people)
    answer = signed_in("esther").post(f"{BASE}q1/sandbox/", sandboxed(**sent))
    assert answer.status_code == status and PlanRun.objects.count() == 1


def test_who_is_neither_center_nor_committee_reads_and_does_not_try(signed_in, people):
    planned(people)
    ada = signed_in("ada")
    assert "Compute it" not in text(ada.get(f"{BASE}q1/sandbox/"))
    assert ada.post(f"{BASE}q1/sandbox/", sandboxed(**{"weeks-ml-engineer": "12"})).status_code == 403
    assert PlanRun.objects.count() == 1


def test_a_failed_run_says_why_with_titles(signed_in, people):
    planned(people)
    request = Request.objects.first()
    PlanRun.objects.update(state="failed", error=f"request:{request.pk:08d} needs unit:insurance.")
    page = text(signed_in("esther").get(f"{BASE}q1/plans/"))
    assert f"“{request}” needs Insurance." in page


def test_not_proven_optimal_is_marked(signed_in, people):
    planned(people)
    PlanRun.objects.update(reproducible=False)
    assert "Not proven optimal." in text(signed_in("ada").get(f"{BASE}q1/plans/"))


def test_dependencies_are_drawn(signed_in, people):
    making.policy(people)
    first, other = making.ready(people), making.ready(people, "The platform first")
    scoring.add_dependency(actor=people.dmitri, request=first, other=other, kind="needs")
    making.cycle(people, first, other)
    assert "Sort the alerts needs The platform first" in text(signed_in("ada").get(f"{BASE}q1/"))


def test_pictures_keep_their_order_and_their_sum():
    drawn = bar("ML", [Part("a", 1, "accent"), Part("b", 0, "good"), Part("c", 3, "info")], 8, 6)
    assert [(piece.x, piece.width) for piece in drawn.pieces] == [("0.00%", "12.50%"), ("12.50%", "37.50%")]
    assert drawn.limit == "75.00%" and bar("none", [Part("a", 0, "accent")], 0).pieces == ()
    chain = dependencies(
        {"a": "A", "b": "B", "c": "C", "d": "D"}, {"a": ["b"], "b": ["c"]}, [("a", "c"), ("x", "a")]
    )
    across = {box.key: box.x for box in chain.boxes}
    assert across["c"] < across["b"] < across["a"] and "d" not in across
    assert chain.width > 3 * BOX_WIDTH and len(chain.lines) == 3


def figures_shown(page):
    """(person-weeks, value) of each candidate, in the order of the table."""
    table = page.split('id="candidates"')[1].split("</table>")[0]
    weeks = re.findall(r'data-label="Person-weeks"><span[^>]*>([^<]*)<', table)
    return list(zip(weeks, re.findall(r'data-label="Value">(?:<span[^>]*>)?([^<]*)<', table), strict=True))


def test_after_the_freeze_the_page_of_the_cycle_shows_what_was_frozen(signed_in, people):
    requests, row = planned(people)
    ada = signed_in("ada")
    before = text(ada.get(f"{BASE}q1/"))
    assert before.count("as they were frozen") == 2 and "12</strong> asked for" not in before
    shown, bars = figures_shown(before), re.findall(r'class="bars-says">.*?</div>', before, re.DOTALL)
    assert [weeks for weeks, _ in shown] == ["4", "4", "4"] and "12 asked for" in bars[0]
    scoring.estimate(actor=people.dmitri, request=requests[0], role="ml-engineer", p50=9)
    scoring.estimate(actor=people.dmitri, request=requests[1], role="steward", p50=2)
    rates = [{"category": "cost", "measure": "hours a week", "value": "3000"}]
    policy = scoring.publish_policy(actor=people.esther, rates=rates, rationale="Hours are dearer.")
    Cycle.objects.update(scoring_policy=policy)
    after = text(ada.get(f"{BASE}q1/"))
    assert figures_shown(after) == shown
    assert re.findall(r'class="bars-says">.*?</div>', after, re.DOTALL) == bars
    planning.reopen(actor=people.esther, cycle=row, reason="A unit was left out.")
    again = text(ada.get(f"{BASE}q1/"))
    assert figures_shown(again) != shown and "19 asked for" not in again and "17 asked for" in again
