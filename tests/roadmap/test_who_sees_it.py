"""Who sees a request is said in any state of its life, by its team's lead or a CoE lead, and everything follows."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from graphql_relay import to_global_id

from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.feed import about
from apps.core.models import Event
from apps.people.models import Committee
from apps.roadmap.actions import intake, meetings, scoring, showing
from apps.roadmap.actions.minutes import keep_minutes
from apps.roadmap.models import Cycle, Dependency, Meeting, Request, Score
from apps.roadmap.queries.explaining import Explained
from apps.roadmap.queries.instance import key
from apps.wiki.models import Page
from tests.personas import People
from tests.portal.graphql_client import ask, code
from tests.roadmap import making, walked
from tests.roadmap.delivering import called
from tests.traces import nothing_changes

STATES = ("submitted", "scoring", "ready", "in_cycle", "in_progress", "delivered", "closed", "declined")
MUTATION = """mutation {{ setRoadmapRequestVisibility(input: {{id: "{id}", visibility: {to}}})
  {{ roadmapRequest {{ visibility }} }} }}"""


def rest(request: Request) -> str:
    return f"/api/v1/roadmap/requests/{request.pk}/visibility/"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["ada", "esther"])
def test_the_lead_and_coe_leads_change_it_in_any_state(people: People, name: str, state: str) -> None:
    request = walked.a_request("restricted", state)
    assert request not in Request.objects.visible_to(people.kim)
    showing.set_visibility(actor=people[name], request=request, visibility="company")
    assert request in Request.objects.visible_to(people.kim)
    showing.set_visibility(actor=people[name], request=Request.objects.get(), visibility="restricted")
    assert request not in Request.objects.visible_to(people.kim)
    assert Request.objects.get().state == state
    said = [entry.remark for entry in about(people.ada, request)]
    assert len(said) == 2 and said[0].startswith("Company to ") and said[1].endswith(" to Company")


@pytest.mark.parametrize("way", ["page", "rest", "graphql", "admin"])
def test_every_surface_has_it(people: People, signed_in: Any, bearer: Any, way: str) -> None:
    request = making.submitted(people)
    given = {"visibility": "unit", "version": request.version}
    if way == "page":
        page = signed_in("ada").get(request.get_absolute_url()).content.decode()
        assert "Change who sees it" in page
        act = f"/roadmap/requests/{request.pk}/act/"
        assert signed_in("ada").post(act, {"do": "show", **given}).status_code == 302
    elif way == "rest":
        answer = bearer("ada").post(rest(request), given, "application/json")
        assert answer.status_code == 200 and answer.json()["visibility"] == "unit"
    elif way == "graphql":
        query = MUTATION.format(id=to_global_id("RoadmapRequest", request.pk), to="UNIT")
        found = ask(bearer("ada"), query)["setRoadmapRequestVisibility"]
        assert found == {"roadmapRequest": {"visibility": "UNIT"}}
    else:
        address = reverse("admin:roadmap_request_operation", args=[request.pk, "visibility"])
        sent = {"visibility": "unit", "seen_version": request.version}
        assert signed_in("esther").post(address, sent).status_code == 302
    assert Request.objects.get().visibility == "unit"
    assert Event.objects.filter(verb="roadmap.request.visibility_changed").count() == 1


@pytest.mark.parametrize("name", ["ben", "chloe", "dmitri", "farid", "jo", "kim", "ci-risk"])
def test_nobody_else_changes_it(people: People, signed_in: Any, bearer: Any, name: str) -> None:
    request = making.submitted(people)
    client, page = bearer(name), None if name == "ci-risk" else signed_in(name)
    given = {"visibility": "restricted", "version": request.version}
    query = MUTATION.format(id=to_global_id("RoadmapRequest", request.pk), to="RESTRICTED")
    with nothing_changes():
        with pytest.raises(Forbidden):
            showing.set_visibility(actor=people[name], request=request, visibility="restricted")
        assert client.post(rest(request), given, "application/json").status_code == 403
        assert code(client, query) == "forbidden"
        if page is not None:
            act = f"/roadmap/requests/{request.pk}/act/"
            assert page.post(act, {"do": "show", **given}).status_code == 403
    if page is not None:
        assert "Change who sees it" not in page.get(request.get_absolute_url()).content.decode()


def test_what_is_none_and_what_somebody_changed_meanwhile_is_refused(
    people: People, signed_in: Any, bearer: Any
) -> None:
    request, client, page = making.submitted(people), bearer("ada"), signed_in("ada")
    act = f"/roadmap/requests/{request.pk}/act/"
    with nothing_changes():
        with pytest.raises(Invalid):
            showing.set_visibility(actor=people.ada, request=request, visibility="all")
        with pytest.raises(Conflict):
            showing.set_visibility(actor=people.ada, request=request, visibility="unit", expected_version=99)
        for body, status in (
            ({"visibility": "all"}, 400),
            ({}, 400),
            ({"visibility": "unit", "version": 99}, 409),
        ):
            assert client.post(rest(request), body, "application/json").status_code == status
        assert page.post(act, {"do": "show", "visibility": "unit", "version": 99}).status_code == 409
        assert page.post(act, {"do": "show", "visibility": "all", "version": 1}).status_code == 400
        showing.set_visibility(actor=people.ada, request=request, visibility="company")  # as it was


def test_what_hangs_on_it_comes_and_goes_with_it(people: People) -> None:
    """Links from others, and the sealed scores, which stay sealed."""
    making.policy(people)
    request = making.triage.accept(actor=people.dmitri, request=making.submitted(people))
    other = making.submitted(people, "The platform first", by="chloe")
    scoring.add_dependency(actor=people.dmitri, request=request, other=other, kind="needs")
    making.give_score(people, request, "dmitri", 40)
    for to, seen in (("restricted", False), ("company", True)):
        request = showing.set_visibility(actor=people.ada, request=request, visibility=to)
        assert Dependency.objects.visible_to(people.chloe).exists() is seen
        assert not Score.objects.visible_to(people.esther).exists()
        assert not Score.objects.visible_to(people.ada).exists()


def decided(people: People) -> tuple[list[Request], Meeting]:
    requests, meeting = called(people)
    Committee.objects.filter(purpose="steering").update(quorum=2)
    for name in ("farid", "hana"):
        meetings.attend(actor=people[name], meeting=meeting)
    sha256 = meeting.run.result_sha256
    return requests, meetings.decide(
        actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=sha256
    )


def test_plans_receipts_and_files_follow_at_once(people: People, bearer: Any) -> None:
    requests, meeting = decided(people)
    client, at = bearer("kim"), "/api/v1/roadmap/cycles/q1/"
    name, why = key(requests[0].pk), f"{at}why/?request={requests[0].pk}"
    assert client.get(why).status_code == client.get(f"{at}plans.json").status_code == 200
    narrow = Request.objects.get(pk=requests[0].pk)
    showing.set_visibility(actor=people.ada, request=narrow, visibility="restricted")
    assert client.get(why).status_code == 404
    assert client.get(f"{at}plans.json").status_code == client.get(f"{at}inputs.json").status_code == 403
    assert "Sort the alerts" not in client.get(f"{at}plans/").content.decode()
    read = Explained(meeting.run, people.kim)
    assert read.hidden == [name] and not read.names.shows(name)
    assert Explained(meeting.run, people.esther).hidden == []
    assert Cycle.objects.get().state == "decided"


def test_minutes_name_only_what_everybody_sees(people: People) -> None:
    """Written anew when that changes, back and forth."""
    requests, meeting = decided(people)
    keep_minutes(meeting=meeting.pk)

    def text() -> str:
        return str(Page.objects.get(title="Decision on First quarter").revision.text)

    assert "Sort the alerts" in text()
    for to, told in (("unit", False), ("restricted", False), ("company", True)):
        now = Request.objects.get(pk=requests[0].pk)
        showing.set_visibility(actor=people.ada, request=now, visibility=to)
        assert waiting_minutes() == meeting.pk
        keep_minutes(meeting=meeting.pk)
        assert ("Sort the alerts" in text()) is told
        assert "Rank the leads" in text()


def waiting_minutes() -> Any:
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.filter(task_name="roadmap.keep_minutes").latest("id").args["meeting"]


def test_a_draft_is_its_teams_whatever_it_says(people: People) -> None:
    draft = making.draft(people)
    showing.set_visibility(actor=people.ada, request=draft, visibility="unit")
    assert draft not in Request.objects.visible_to(people.farid)
    intake.submit_request(actor=people.ben, request=Request.objects.get())
    assert draft in Request.objects.visible_to(people.farid)
