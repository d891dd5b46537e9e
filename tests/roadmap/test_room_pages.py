"""The room as a stranger meets it: one navigation, an empty company, decisions beside plans, requests by their titles."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.plugs import referred
from apps.people.models import Committee
from apps.roadmap.actions import meetings
from apps.roadmap.models import Candidate, Meeting
from apps.roadmap.templatetags.roadmap import is_near
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import called, restricted
from tests.tooling import making as tooling

SignedIn = Callable[[str], Client]
LISTS = ("/roadmap/", "/roadmap/requests/", "/roadmap/requests/mine/", "/roadmap/ranking/", "/roadmap/cycles/",
         "/roadmap/policy/", "/roadmap/opportunities/", "/roadmap/lessons/")  # fmt: skip
FOR_THE_CENTER = ("/roadmap/triage/", "/roadmap/leads/")


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def room(text: str) -> list[str]:
    (nav,) = re.findall(r'<nav class="tabs" aria-label="Parts of the roadmap">(.*?)</nav>', text, re.DOTALL)
    return re.findall(r'href="([^"]+)"', nav)


@pytest.mark.parametrize("name", ["ada", "esther"])
def test_every_list_has_the_same_navigation(people: People, signed_in: SignedIn, name: str) -> None:
    paths = (*LISTS, *FOR_THE_CENTER) if name == "esther" else LISTS
    shown = {tuple(room(page(signed_in(name), path))) for path in paths}
    assert len(shown) == 1
    (tabs,) = shown
    assert set(tabs) == set(paths) - {"/roadmap/requests/mine/"}


def test_a_new_company_reads_how_to_begin(people: People, signed_in: SignedIn) -> None:
    assert "The roadmap is empty" in page(signed_in("ada"), "/roadmap/")
    assert "scoring policy" in page(signed_in("esther"), "/roadmap/")
    making.ready(people)
    assert "The roadmap is empty" not in page(signed_in("ada"), "/roadmap/")
    assert "The roadmap is empty" not in page(signed_in("ada"), "/roadmap/?type=platform")


def test_plans_say_what_the_committee_decided(people: People, signed_in: SignedIn) -> None:
    requests, meeting = called(people)
    assert "A proposal" in page(signed_in("kim"), "/roadmap/cycles/q1/plans/")
    Committee.objects.filter(purpose="steering").update(quorum=2)
    for name in ("farid", "hana"):
        meetings.attend(actor=people[name], meeting=meeting)
    row = Meeting.objects.get(pk=meeting.pk)
    chosen = meetings.decide(
        actor=people.farid, meeting=row, chosen="equal_shares", sha256=row.run.result_sha256
    )
    said = page(signed_in("kim"), "/roadmap/cycles/q1/plans/")
    assert chosen.get_chosen_display() in said and "What the committee decided, and why" in said
    assert "A proposal" not in said
    for each in requests:
        planned = Candidate.objects.get(request=each).planned
        word = "Planned by the committee" if planned else "Not planned by the committee"
        assert word in page(signed_in("kim"), f"/roadmap/cycles/q1/why/{each.pk}/")


def test_an_exception_names_the_request_that_it_waits_for(people: People, signed_in: SignedIn) -> None:
    request = making.submitted(people, "Filtered search")
    wanted = tooling.sent(people, tooling.tool(people, "qdrant"), tied_to=f"request:{request.pk}")
    assert referred(people.ben, wanted.tied_to) == ("Filtered search", request.get_absolute_url())
    address = f"/tooling/requests/{wanted.pk}/"
    assert "Filtered search" in page(signed_in("ben"), address)
    restricted(request)
    assert referred(people.kim, wanted.tied_to) is None
    for nothing in ("request:0", "request:99999999999999999999", "request:x", "page:1", ""):
        assert referred(people.ben, nothing) is None


def test_a_day_is_told_once() -> None:
    now = timezone.now()
    assert is_near(now + timedelta(days=3)) and is_near(timezone.localdate())
    assert not is_near(now + timedelta(days=60))
