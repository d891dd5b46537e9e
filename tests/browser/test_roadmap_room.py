"""The main pages of the roadmap in a real browser: nothing that axe calls grave, nothing that scrolls sideways."""

from __future__ import annotations

import pytest

from tests.chromium import OpenPage, faults_of
from tests.personas import People
from tests.roadmap.delivering import called

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LISTS = ("", "requests/", "requests/mine/", "triage/", "ranking/", "cycles/")
OTHERS = ("policy/", "opportunities/", "lessons/", "leads/")
CYCLE = ("", "plans/", "meeting/", "sandbox/")


def test_the_room_is_read_by_everybody(people: People, open_page: OpenPage) -> None:
    requests, _ = called(people)
    paths = [f"/roadmap/{each}" for each in (*LISTS, *OTHERS)]
    paths += [f"/roadmap/cycles/q1/{each}" for each in CYCLE]
    for row in requests[:2]:
        paths += [row.get_absolute_url(), f"/roadmap/cycles/q1/why/{row.pk}/"]
    paths += [f"/roadmap/requests/{requests[0].pk}/{each}/" for each in ("score", "estimate")]
    assert faults_of(open_page("/", as_="esther"), paths) == {}
