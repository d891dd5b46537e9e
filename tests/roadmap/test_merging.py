"""A merged duplicate leaves its place to the request that goes on: dependencies and the strategic wallet's word too."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.core.errors import Conflict
from apps.core.feed import about
from apps.core.models import Event
from apps.roadmap.actions import planning, scoring, showing, triage
from apps.roadmap.models import Dependency, Request
from tests.personas import People
from tests.roadmap import making
from tests.traces import nothing_changes


def ties() -> set[tuple[str, str, str]]:
    rows = Dependency.objects.values_list("request__title", "kind", "other__title")
    return set(rows)


def join(people: People, request: Request, other: Request, kind: str = "needs") -> None:
    scoring.add_dependency(actor=people.dmitri, request=request, other=other, kind=kind)


def test_what_it_needed_and_what_needed_it_goes_over(people):
    old, into, first, after, rival = (
        making.submitted(people, title) for title in ("Old", "Into", "First", "After", "Rival")
    )
    join(people, old, first)
    join(people, after, old)
    join(people, rival, old, "excludes")
    triage.merge(actor=people.dmitri, request=old, into=into)
    assert ties() == {("Into", "needs", "First"), ("After", "needs", "Into"), ("Rival", "excludes", "Into")}
    assert Event.objects.get(verb="roadmap.request.merge_received").data["left"] == 0


def test_what_would_close_a_circle_stays_behind_and_is_told(people):
    old, into, between = (making.submitted(people, title) for title in ("Old", "Into", "Between"))
    join(people, into, between)
    join(people, between, old)
    join(people, into, old)
    triage.merge(actor=people.dmitri, request=old, into=into)
    assert ties() == {("Into", "needs", "Between")}
    remarks = [entry.remark for entry in about(people.ben, into)]
    assert "2 of the duplicate's dependencies could not join it" in remarks


def test_a_cycle_freezes_whose_request_needed_the_duplicate(people):
    making.policy(people)
    into, request = making.ready(people, "Into"), making.ready(people, "After")
    old = making.submitted(people, "Old", by="chloe")
    join(people, request, old)
    triage.merge(actor=people.dmitri, request=old, into=into)
    row = making.voting_cycle(people, into, request)
    assert planning.freeze(actor=people.esther, cycle=row).sha256


def test_the_strategic_wallets_word_goes_over(people):
    old, into = making.submitted(people, "Old"), making.submitted(people, "Into", by="chloe")
    triage.set_strategic(actor=people.dmitri, request=old, strategic=True)
    triage.merge(actor=people.dmitri, request=old, into=into)
    into.refresh_from_db()
    assert into.strategic and "The strategic wallet stands for it now" in {
        entry.remark for entry in about(people.chloe, into)
    }


@pytest.mark.parametrize("state", ["cancelled", "closed", "withdrawn", "declined"])
def test_nothing_is_merged_into_what_has_ended(people, signed_in, bearer, state):
    old, into = making.submitted(people, "Old"), making.submitted(people, "Into", by="chloe")
    Request.objects.filter(pk=into.pk).update(state=state, reason="Over.")
    api, client = bearer("dmitri"), signed_in("dmitri")
    with nothing_changes():
        with pytest.raises(Conflict, match="merge into one that lives"):
            triage.merge(actor=people.dmitri, request=old, into=into)
        answer = api.post(f"/api/v1/roadmap/requests/{old.pk}/merge/", {"into": into.pk}, "application/json")
        assert answer.status_code == 409
        sent = {"do": "merge", "into": into.pk}
        page = client.post(reverse("roadmap:triage-act", args=[old.pk]), sent)
        assert page.status_code == 409 and "merge into one that lives" in page.content.decode()


@pytest.mark.parametrize("visibility", ["unit", "restricted"])
def test_nothing_is_merged_into_what_its_team_does_not_see(people, signed_in, bearer, visibility):
    old = making.submitted(people, "Old", by="chloe")
    into = making.submitted(people, "Into", visibility=visibility)
    api, client = bearer("esther"), signed_in("esther")
    with nothing_changes():
        with pytest.raises(Conflict, match="does not see “Into”") as refused:
            triage.merge(actor=people.esther, request=old, into=into)
        assert "widened" in refused.value.next_step and "decline" in refused.value.next_step
        answer = api.post(f"/api/v1/roadmap/requests/{old.pk}/merge/", {"into": into.pk}, "application/json")
        assert answer.status_code == 409 and "widened" in answer.content.decode()
        page = client.post(reverse("roadmap:triage-act", args=[old.pk]), {"do": "merge", "into": into.pk})
        assert page.status_code == 409 and "does not see" in page.content.decode()
    showing.set_visibility(actor=people.esther, request=into, visibility="company")
    assert triage.merge(actor=people.esther, request=old, into=into).state == "duplicate"


def test_a_team_merges_within_its_own_circle(people):
    old, into = (making.submitted(people, title, visibility="restricted") for title in ("Old", "Into"))
    assert triage.merge(actor=people.esther, request=old, into=into).merged_into == into


def test_events_tell_no_id_of_another_request(people, bearer):
    old, into, first = (making.submitted(people, title) for title in ("Old", "Into", "First"))
    join(people, old, first)
    scoring.remove_dependency(actor=people.dmitri, dependency=Dependency.objects.get())
    triage.merge(actor=people.dmitri, request=old, into=into)
    wanted = {f"roadmap.request.{verb}" for verb in ("dependency_added", "dependency_removed", "merged")}
    found = {row["verb"]: row["data"] for row in bearer("ben").get("/api/v1/events/").json()["results"]}
    assert wanted | {"roadmap.request.merge_received"} <= set(found)
    ids = {old.pk, into.pk, first.pk}
    assert not [verb for verb, data in found.items() if ids & {v for v in data.values() if type(v) is int}]
