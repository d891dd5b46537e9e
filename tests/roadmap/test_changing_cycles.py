"""A cycle's frame is changed while its state allows, delegates are taken back, and shares keep what hangs on them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from graphql_relay import to_global_id

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.feed import about
from apps.core.models import Event
from apps.roadmap.actions import cycles, framing, planning, voting
from apps.roadmap.models import Advice, Cycle, Delegate, Share
from tests.portal.graphql_client import ask
from tests.roadmap import making
from tests.traces import nothing_changes

AT = "/api/v1/roadmap/cycles/q1/"


def soon(days: int = 5) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(microsecond=0, second=0)


@pytest.mark.parametrize("way", ["page", "rest", "graphql", "admin"])
def test_the_end_of_an_open_vote_is_moved(people, signed_in, bearer, way):
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    planning.freeze(actor=people.esther, cycle=row)
    Cycle.objects.update(ballots_until=timezone.now() - timedelta(days=1))
    row = planning.reopen(actor=people.esther, cycle=row, reason="A unit was away.")
    with pytest.raises(Conflict):
        making.vote(people, row, "insurance", **{f"r{request.pk}": 5})
    until, client = soon(), signed_in("esther")
    if way == "page":
        text = client.get("/roadmap/cycles/q1/").content.decode()
        assert "Change name or end" in text and "no ballot is taken any more" in text
        sent = {
            "do": "change",
            "name": row.name,
            "ballots_until": f"{until:%Y-%m-%dT%H:%M}",
            "version": row.version,
        }
        assert client.post("/roadmap/cycles/q1/act/", sent).status_code == 302
    elif way == "rest":
        sent = {"ballots_until": until.isoformat(), "version": row.version}
        answer = bearer("esther").post(f"{AT}change/", sent, "application/json")
        assert answer.status_code == 200, answer.json()
    elif way == "graphql":
        given = f'slug: "q1", ballotsUntil: "{until.isoformat()}"'
        ask(
            bearer("esther"), f"mutation {{ changePlanningCycle(input: {{{given}}}) {{ cycle {{ name }} }} }}"
        )
    else:
        sent = {
            "ballots_until_0": f"{until:%Y-%m-%d}",
            "ballots_until_1": f"{until:%H:%M}",
            "seen_version": row.version,
        }
        address = reverse("admin:roadmap_cycle_operation", args=[row.pk, "change"])
        assert client.post(address, sent).status_code == 302
    row.refresh_from_db()
    assert row.ballots_until == until and row.name == "First quarter"
    making.vote(people, row, "insurance", **{f"r{request.pk}": 5})
    assert Event.objects.get(verb="roadmap.cycle.changed").data["changes"] == ["ballots_until"]
    assert ("changed the frame of", "ballots until") in {
        (entry.words[0].text.strip(), entry.remark) for entry in about(people.kim, row)
    }


def test_all_of_the_frame_is_changed_in_preparation(people, signed_in):
    row = making.cycle(people)
    client = signed_in("esther")
    assert "Change the frame" in client.get("/roadmap/cycles/q1/").content.decode()
    sent = {
        "do": "change", "name": "Spring", "starts": "2027-04-01", "ends": "2027-07-01", "mandatory_cap": "55.5",
        "ballots_until": "", "version": row.version,
    }  # fmt: skip
    assert client.post("/roadmap/cycles/q1/act/", sent).status_code == 302
    row.refresh_from_db()
    assert (row.name, str(row.starts), str(row.ends), row.mandatory_cap) == (
        "Spring",
        "2027-04-01",
        "2027-07-01",
        5_550,
    )
    assert client.post("/roadmap/cycles/q1/act/", sent).status_code == 409


@pytest.mark.parametrize("state", ["voting", "frozen", "proposed", "decided", "closed"])
def test_what_the_vote_is_on_stays(people, bearer, state):
    row = making.cycle(people)
    Cycle.objects.update(state=state)
    row.refresh_from_db()
    client = bearer("esther")
    with nothing_changes():
        for changes in ({"mandatory_cap": 10_000}, {"ends": row.ends + timedelta(days=1)}):
            with pytest.raises(Conflict, match="cannot be changed any more"):
                framing.change_cycle(actor=people.esther, cycle=row, changes=changes)
        if state != "voting":
            with pytest.raises(Conflict):
                framing.change_cycle(actor=people.esther, cycle=row, changes={"ballots_until": soon()})
        assert client.post(f"{AT}change/", {"mandatory_cap": 1}, "application/json").status_code == 409


def test_wrong_frames_are_refused(people):
    row = making.voting_cycle(people, making.ready(people)) if making.policy(people) else None
    with nothing_changes():
        for changes in (
            {"name": " "}, {"ends": row.starts}, {"starts": None}, {"ballots_until": soon(-1)}, {"slug": "mine"},
            {"mandatory_cap": 10_001}, {"ballots_until": soon().replace(year=9999)},
        ):  # fmt: skip
            with pytest.raises(Invalid):
                framing.change_cycle(actor=people.esther, cycle=row, changes=changes)
        with pytest.raises(Conflict, match="stale"):
            framing.change_cycle(actor=people.esther, cycle=row, changes={"ballots_until": soon(100)})
        for name in ("ada", "dmitri", "farid", "root", "kim"):
            with pytest.raises(Forbidden):
                framing.change_cycle(actor=people[name], cycle=row, changes={"name": "Mine"})


@pytest.mark.parametrize("way", ["page", "rest", "graphql"])
def test_a_delegate_is_taken_back(people, signed_in, bearer, way):
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    share = making.share(row, "insurance")
    jo = signed_in("jo") if way == "page" else bearer("jo")
    node = to_global_id("PlanningShare", share.pk)
    if way == "graphql":
        given = f'share: "{node}", user: "chloe"'
        ask(jo, f"mutation {{ nameBallotDelegate(input: {{{given}}}) {{ cycle {{ name }} }} }}")
        ask(jo, f"mutation {{ takeBackBallotDelegate(input: {{{given}}}) {{ cycle {{ name }} }} }}")
    else:
        delegate = voting.name_delegate(actor=people.jo, share=share, user=people.chloe)
    if way == "page":
        assert "Chloe casts for Insurance no longer" in jo.get("/roadmap/cycles/q1/").content.decode()
        sent, farid = {"do": "take_back", "row": delegate.pk}, signed_in("farid")
        with nothing_changes():
            assert farid.post("/roadmap/cycles/q1/act/", sent).status_code == 403
        assert jo.post("/roadmap/cycles/q1/act/", sent).status_code == 302
    elif way == "rest":
        sent = {"voter": "unit:insurance", "user": "chloe"}
        answer = jo.post(f"{AT}take-back-delegate/", sent, "application/json")
        assert answer.status_code == 200, answer.json()
        assert jo.post(f"{AT}take-back-delegate/", sent, "application/json").status_code == 409
    assert not Delegate.objects.exists()
    with pytest.raises(Forbidden):
        voting.cast_ballot(actor=people.chloe, share=share, points={})
    lines = [entry.sentence for entry in about(people.kim, row)]
    assert "Jo took a delegate for the vote back in First quarter" in lines


def test_nobody_else_and_nothing_after_the_vote_takes_a_delegate_back(people):
    row = making.cycle(people)
    share = making.share(row, "insurance")
    voting.name_delegate(actor=people.jo, share=share, user=people.chloe)
    with nothing_changes():
        for name in ("farid", "esther", "chloe", "kim"):
            with pytest.raises(Forbidden):
                voting.take_back_delegate(actor=people[name], share=share, user=people.chloe)
        with pytest.raises(Conflict):
            voting.take_back_delegate(actor=people.jo, share=share, user=people.kim)
    Cycle.objects.update(state="frozen")
    with nothing_changes(), pytest.raises(Conflict, match="over"):
        voting.take_back_delegate(actor=people.jo, share=share, user=people.chloe)


def test_new_shares_keep_delegates_and_advice_of_those_that_stay(people):
    making.policy(people)
    request = making.ready(people)
    row = making.cycle(people, request)
    candidate = row.candidates.get()
    for slug, sponsor, member in (("insurance", "jo", "chloe"), ("retail-banking", "farid", "ada")):
        share = making.share(row, slug)
        voting.name_delegate(actor=people[sponsor], share=share, user=people.kim)
        voting.advise(actor=people[member], share=share, candidate=candidate, points=9)
    kept = making.share(row, "insurance").pk
    parts = {people.unit("insurance"): 7_000, None: 3_000}
    cycles.set_shares(actor=people.esther, cycle=row, shares=parts)
    assert Share.objects.get(unit__slug="insurance").pk == kept
    assert set(Share.objects.values_list("unit__slug", "basis_points")) == {
        ("insurance", 7_000),
        (None, 3_000),
    }
    assert Delegate.objects.get().share_id == Advice.objects.get().share_id == kept
    remarks = {entry.remark for entry in about(people.kim, row)}
    assert "No share any more: Retail Banking" in remarks
