"""A merged duplicate leaves its place to the request that goes on: dependencies and the strategic wallet's word too."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.core.errors import Conflict
from apps.core.feed import about
from apps.core.models import Event
from apps.roadmap.actions import planning, scoring, triage
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
