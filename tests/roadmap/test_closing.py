"""The end of a cycle: closed by who runs cycles, and what is not finished stands ready for the next one."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.core.errors import Conflict
from apps.core.models import Event
from apps.people.models import Committee
from apps.roadmap.actions import closing, cycles, delivery, meetings, planning
from apps.roadmap.models import Candidate, Cycle, Request
from apps.roadmap.queries.carrying import unfinished, unfinished_of
from tests.personas import People
from tests.portal.graphql_client import ask
from tests.roadmap import making
from tests.roadmap.test_cycle_story import planned
from tests.traces import nothing_changes

AT = "/api/v1/roadmap/cycles/q1/close/"
CLOSE = 'mutation { closePlanningCycle(input: {slug: "q1"}) { cycle { state } } }'


def decided(people: People) -> tuple[list[Request], Cycle]:
    """The first and the third request are planned."""
    requests, row = planned(people)
    Committee.objects.filter(purpose="steering").update(quorum=1)
    meeting = meetings.call_meeting(actor=people.esther, cycle=row)
    meetings.attend(actor=people.farid, meeting=meeting)
    sha256 = meeting.run.result_sha256
    meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=sha256)
    return requests, Cycle.objects.get()


@pytest.mark.parametrize("way", ["page", "rest", "graphql", "admin"])
def test_a_decided_cycle_is_closed(people, signed_in, bearer, way):
    _, row = decided(people)
    if way == "page":
        assert "Close the cycle" in signed_in("esther").get("/roadmap/cycles/q1/").content.decode()
        sent = {"do": "close", "version": row.version}
        assert signed_in("esther").post("/roadmap/cycles/q1/act/", sent).status_code == 302
    elif way == "rest":
        answer = bearer("esther").post(AT, {"version": row.version}, "application/json")
        assert answer.status_code == 200 and answer.json()["state"] == "closed"
    elif way == "graphql":
        assert ask(bearer("esther"), CLOSE)["closePlanningCycle"]["cycle"]["state"] == "CLOSED"
    else:
        address = reverse("admin:roadmap_cycle_operation", args=[row.pk, "close"])
        assert signed_in("esther").post(address, {"seen_version": row.version}).status_code == 302
    assert Cycle.objects.get().state == "closed"
    event = Event.objects.get(verb="roadmap.cycle.closed")
    assert event.actor == people.esther and event.data["unfinished"] == 2
    page = signed_in("ada").get("/roadmap/cycles/q1/").content.decode()
    assert "closed the planning cycle" in page and "2 left to carry over" in page
    assert "Close the cycle" not in page


def test_what_is_not_finished_is_offered_to_the_next_cycle(people, signed_in):
    requests, row = decided(people)
    done, going_on = requests[0], requests[2]
    done = delivery.start_work(actor=people.dmitri, request=Request.objects.get(pk=done.pk))
    Request.objects.filter(pk=done.pk).update(state="delivered")
    closing.close_cycle(actor=people.esther, cycle=row)
    assert list(unfinished(people.kim, row)) == [going_on]
    Request.objects.filter(pk=going_on.pk).update(visibility="restricted")
    assert not unfinished(people.kim, row).exists() and unfinished_of(row).count() == 1
    assert "1 request not shown to you" in signed_in("kim").get("/roadmap/cycles/q1/").content.decode()
    following = cycles.create_cycle(
        actor=people.esther,
        slug="q2",
        name="Second quarter",
        starts=row.ends,
        ends=row.ends.replace(year=2028),
    )
    page = signed_in("esther").get("/roadmap/cycles/q2/setup/").content.decode()
    assert "Read the claims (Insurance), last in First quarter" in page
    sent = {"do": "carry", "request": going_on.pk}
    assert signed_in("esther").post("/roadmap/cycles/q2/setup/", sent).status_code == 302
    assert Candidate.objects.get(cycle=following).entry == "carried"
    assert not unfinished_of(row).exists()


@pytest.mark.parametrize("state", ["preparing", "voting", "frozen", "proposed", "closed"])
def test_only_what_was_decided_is_closed(people, bearer, state):
    row = making.cycle(people)
    Cycle.objects.update(state=state)
    row.refresh_from_db()
    client = bearer("esther")
    with nothing_changes():
        with pytest.raises(Conflict):
            closing.close_cycle(actor=people.esther, cycle=row)
        assert client.post(AT, {}, "application/json").status_code == 409


def test_a_stale_version_closes_nothing(people, signed_in):
    _, row = decided(people)
    with nothing_changes(), pytest.raises(Conflict):
        closing.close_cycle(actor=people.esther, cycle=row, expected_version=row.version - 1)
    sent = {"do": "close", "version": row.version - 1}
    assert signed_in("esther").post("/roadmap/cycles/q1/act/", sent).status_code == 409
    assert Cycle.objects.get().state == "decided"


@pytest.mark.parametrize("state", ["preparing", "voting", "frozen", "proposed", "decided", "closed"])
def test_a_vote_opens_from_where_it_may(people, state):
    row = making.cycle(people)
    Cycle.objects.update(state=state)
    row.refresh_from_db()
    refused = [
        (planning.reopen, {"reason": "Mine."}, ("frozen", "proposed")),
        (closing.prepare_again, {"reason": "Mine."}, ("voting",)),
        (cycles.open_voting, {}, ()),
    ]
    with nothing_changes():
        for act, sent, possible in refused:
            if state not in possible:
                with pytest.raises(Conflict):
                    act(actor=people.esther, cycle=row, **sent)
