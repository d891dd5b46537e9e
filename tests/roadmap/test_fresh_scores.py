"""Scores grow old: at the step to ready, over the time of a vote, and at the freeze; what is sent back is scored anew."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import Conflict
from apps.roadmap.actions import closing, cycles, planning, scoring
from apps.roadmap.models import Cycle, Request
from apps.roadmap.queries.completeness import unready
from apps.roadmap.queries.obstacles import obstacles
from apps.roadmap.queries.requests import requests
from tests.personas import People
from tests.roadmap import making
from tests.traces import nothing_changes


def ahead(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


def lacks_scores(people: People, request: Request) -> bool:
    """As lists say it; the request's own page says the same."""
    row = requests(people.esther).get(pk=request.pk)
    found = any(each.name == "scores" for each in obstacles(row))
    assert found == any("score" in sentence for sentence in unready(row))
    return found


def test_the_round_before_does_not_make_it_ready_again(people, bearer):
    making.policy(people)
    row = making.ready(people)
    row = scoring.score_again(actor=people.esther, request=row, reason="Prices changed.")
    at = f"/api/v1/roadmap/requests/{row.pk}/"
    client = bearer("esther")
    with nothing_changes():
        with pytest.raises(Conflict, match="anew"):
            scoring.declare_ready(actor=people.esther, request=row)
        assert client.post(f"{at}ready/", {}, "application/json").status_code == 409
    assert lacks_scores(people, row)
    for name in ("dmitri", "esther"):
        making.give_score(people, row, name, 30)
    scoring.reveal_scores(actor=people.esther, request=row)
    assert not lacks_scores(people, row)
    assert scoring.declare_ready(actor=people.esther, request=row).state == "ready"


def test_stale_scores_do_not_make_it_ready(people):
    making.policy(people)
    row = making.ready(people)
    row = scoring.score_again(actor=people.esther, request=row, reason="Old.")
    for name in ("dmitri", "esther"):
        making.give_score(people, row, name, 30, at=ahead(-91))
    scoring.reveal_scores(actor=people.esther, request=row)
    assert lacks_scores(people, row)
    with nothing_changes(), pytest.raises(Conflict, match="stale; score it again"):
        scoring.declare_ready(actor=people.esther, request=row)
    with nothing_changes(), pytest.raises(Conflict, match="stale"):
        scoring.declare_ready(actor=people.esther, request=row, at=ahead(5))
    assert unready(row, ahead(-2)) == []


def test_a_vote_that_outlives_its_scores_is_not_opened(people, bearer):
    making.policy(people)
    row = making.cycle(people, making.ready(people))
    Cycle.objects.update(ballots_until=ahead(95))
    client = bearer("esther")
    with nothing_changes():
        with pytest.raises(Conflict, match="“Sort the alerts”"):
            cycles.open_voting(actor=people.esther, cycle=row)
        answer = client.post("/api/v1/roadmap/cycles/q1/open-voting/", {}, "application/json")
    assert answer.status_code == 409 and "Sort the alerts" in answer.json()["detail"]
    Cycle.objects.update(ballots_until=ahead(85))
    assert cycles.open_voting(actor=people.esther, cycle=row).state == "voting"


def test_what_grew_stale_under_the_vote_is_not_frozen(people):
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    late = ahead(91)
    with nothing_changes(), pytest.raises(Conflict, match="“Sort the alerts”") as refusal:
        planning.freeze(actor=people.esther, cycle=row, at=late)
    assert "preparation" in refusal.value.next_step
    row = closing.prepare_again(actor=people.esther, cycle=row, reason="Old scores.")
    cycles.remove_candidate(actor=people.esther, candidate=row.candidates.get())
    request = scoring.score_again(actor=people.esther, request=request, reason="Old.")
    for name in ("dmitri", "esther"):
        making.give_score(people, request, name, 30, at=late)
    scoring.reveal_scores(actor=people.esther, request=request, at=late)
    scoring.declare_ready(actor=people.esther, request=request, at=late)
    cycles.add_candidate(actor=people.esther, cycle=row, request=request, at=late)
    cycles.open_voting(actor=people.esther, cycle=row, at=late)
    assert planning.freeze(actor=people.esther, cycle=row, at=late).sha256


OLD = "The scores are older than 90 days."


def said(client: Client, row: Request) -> tuple[bool, str]:
    """Whether the page shows the old reason, and what the REST interface says."""
    page = client.get(row.get_absolute_url()).content.decode().split('id="h-history"')[0]
    return OLD in page, client.get(f"/api/v1/roadmap/requests/{row.pk}/").json()["reason"]


@pytest.mark.parametrize("until", ["revealed", "ready", "in_cycle"])
def test_a_reason_goes_with_what_it_spoke_of(people, signed_in, until):
    making.policy(people)
    row = scoring.score_again(actor=people.esther, request=making.ready(people), reason=OLD)
    client = signed_in("ben")
    assert said(client, row) == (True, OLD)
    for name in ("dmitri", "esther"):
        making.give_score(people, row, name, 30)
    scoring.reveal_scores(actor=people.esther, request=row)
    row.refresh_from_db()
    if until != "revealed":
        row = scoring.declare_ready(actor=people.esther, request=row)
    if until == "in_cycle":
        making.cycle(people, row)
    assert said(client, row) == (False, "")


def test_any_step_without_a_reason_leaves_none(people):
    making.policy(people)
    row = making.ready(people)
    Request.objects.filter(pk=row.pk).update(reason=OLD)
    making.cycle(people, row)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("in_cycle", "")
