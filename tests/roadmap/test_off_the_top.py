"""What is mandatory or carried over comes off the top of a cycle: no surface says that the units vote on it."""

from __future__ import annotations

from typing import Any

import pytest

from apps.roadmap.actions import cycles
from apps.roadmap.models import Request
from apps.roadmap.queries.requests import requests
from apps.roadmap.queries.turns import off_the_top, who_is_next
from apps.roadmap.views.request_page import steps_of
from tests.personas import People
from tests.roadmap import making

SAYS = "Comes off the top; nobody votes on it"


def mandatory(people: People, state: str, *, approved: bool = True) -> Request:
    making.policy(people)
    request, other = making.ready(people, weeks={"ml-engineer": 2}), making.ready(people, "Voted", by="chloe")
    row = making.cycle(people, other)
    fields: dict[str, Any] = {"entry": "mandatory", "obligation": "Audit finding 7"}
    candidate = cycles.add_candidate(actor=people.esther, cycle=row, request=request, **fields)
    if approved:
        cycles.approve_mandatory(actor=people.farid, candidate=candidate)
    if state == "voting":
        cycles.open_voting(actor=people.esther, cycle=row)
    return Request.objects.get(pk=request.pk)


@pytest.mark.parametrize("state", ["preparing", "voting"])
def test_the_page_the_horizon_and_the_interface_say_so(people, signed_in, state):
    request = mandatory(people, state)
    client = signed_in("ben")
    page = client.get(request.get_absolute_url()).content.decode()
    assert SAYS in page and "Off the top" in page and "Voted on" not in page and "vote in" not in page
    told = client.get(f"/api/v1/roadmap/requests/{request.pk}/").json()["next"]
    assert (told["who"], told["what"], told["by"]) == ("", SAYS, None)
    horizon = client.get("/roadmap/").content.decode()
    assert f"{SAYS}." in horizon and "off the top" in horizon
    other = Request.objects.get(title="Voted")
    assert SAYS not in client.get(other.get_absolute_url()).content.decode()


def test_before_it_is_approved_the_committee_acts(people):
    request = mandatory(people, "preparing", approved=False)
    turn = who_is_next(requests(people.ben).get(pk=request.pk))
    assert turn.who == "the steering committee" and "approves" in turn.what


@pytest.mark.parametrize("before", [True, False])
def test_what_is_carried_over(people, before):
    """Under a vote it comes off the top; the cycle that took it before may have voted on it."""
    making.policy(people)
    request = making.ready(people)
    if before:
        making.cycle(people, request).candidates.update(planned=True)
    Request.objects.filter(pk=request.pk).update(state="planned")
    today = request.created_at.date()
    row = cycles.create_cycle(
        actor=people.esther, slug="q2", name="Second", starts=today, ends=today.replace(year=2099)
    )
    cycles.carry_over(actor=people.esther, cycle=row, request=Request.objects.get(pk=request.pk))
    found = requests(people.ben).get(pk=request.pk)
    assert off_the_top(found) is not before
    assert ("Off the top" in {each["label"] for each in steps_of(found)}) is not before
    assert "vote" not in str(who_is_next(found)) + who_is_next(found).then
    found.state = "in_cycle"
    assert who_is_next(found).what == SAYS
