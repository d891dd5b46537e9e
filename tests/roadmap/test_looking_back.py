"""A look back is done on its day, not before; what was stopped is said at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import Conflict, Forbidden
from apps.core.feed import about
from apps.core.models import Event
from apps.roadmap.actions import outcomes
from apps.roadmap.actions.reminding import remind_of_reviews
from apps.roadmap.models import OutcomeReview, Request
from apps.roadmap.queries.outcomes import built_not_adopted
from apps.roadmap.queries.promised import breaches
from apps.roadmap.queries.reasons import why
from apps.roadmap.queries.today import to_review
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import delivered
from tests.traces import nothing_changes


@pytest.fixture
def review(people: People) -> OutcomeReview:
    making.policy(people)
    return delivered(people).outcome_reviews.get(days=90)


def test_nobody_looks_back_before_the_day(people, signed_in, bearer, review):
    at = f"/roadmap/requests/{review.request_id}/outcomes/"
    given = {"verdict": "adopted", "lesson": "It is used."}
    api, client = bearer("ada"), signed_in("ada")
    with nothing_changes():
        with pytest.raises(Conflict, match=f"{review.due:%-d %B %Y}") as refusal:
            outcomes.review_outcome(actor=people.ada, review=review, **given)
        sent = {"review": review.pk, **given}
        answer = api.post(f"/api/v1/roadmap/requests/{review.request_id}/review/", sent, "application/json")
        assert answer.status_code == 409, answer.json()
        page = client.post(at, {"do": "review", "row": review.pk, **given})
        assert page.status_code == 409 and "It is used." in page.content.decode()
    assert "not known before" in str(refusal.value) and not to_review(
        people.ada, review.due - timedelta(days=1)
    )
    assert to_review(people.ada, review.due).get() == review
    outcomes.review_outcome(actor=people.ada, review=review, at=timezone.now() + timedelta(days=90), **given)
    assert Request.objects.get().state == "outcome_review"


STOPPED = {
    "verdict": "stopped_learned",
    "lesson": "Street names come out wrong.",
    "adoption": 6,
    "target_adoption": 85,
}


def test_what_was_stopped_is_said_at_once_and_the_rest_falls_away(people, signed_in, bearer, review):
    client = signed_in("ada")
    at = f"/roadmap/requests/{review.request_id}/outcomes/"
    assert client.get(at).content.decode().count('value="review"') == 1  # the next one, not those after it
    assert client.post(at, {"do": "review", "row": review.pk, **STOPPED}).status_code == 302
    assert Request.objects.get().state == "closed"
    page = client.get(at).content.decode()
    assert "Before the look back after 90 days" in page and page.count("falls away: it was stopped") == 2
    assert "Built, not adopted." not in page and "overdue" not in page and 'value="review"' not in page
    said = client.get("/roadmap/lessons/").content.decode()
    assert "before the look back after 90 days" in said and "90 days after delivery" not in said
    [lesson] = bearer("ada").get("/api/v1/roadmap/lessons/").json()["results"]
    assert lesson["days"] is None and lesson["adoption"] == 6
    told = [entry.remark for entry in about(people.ada, review.request)]
    assert "Before the look back after 90 days: stopped, learned" in told
    reviewed = Event.objects.get(verb="roadmap.request.reviewed")
    assert why(reviewed) == "It was stopped before the first look back."


def test_nobody_is_asked_for_what_fell_away(people, review):
    outcomes.review_outcome(actor=people.ada, review=review, **STOPPED)
    late = timezone.now() + timedelta(days=400)
    assert not to_review(people.ada, late.date()).exists()
    assert remind_of_reviews(at=timezone.now() + timedelta(days=181)) == 0
    assert breaches(people.esther, timezone.now(), late).value == 0
    rest = OutcomeReview.objects.get(days=365)
    with nothing_changes(), pytest.raises(Conflict, match="stopped and is closed"):
        outcomes.review_outcome(actor=people.ada, review=rest, at=late, **STOPPED)
    with nothing_changes(), pytest.raises(Forbidden):
        outcomes.review_outcome(actor=people.chloe, review=rest, **STOPPED)


def test_only_the_next_look_back_says_that_it_was_stopped(people, bearer, review):
    later = review.request.outcome_reviews.get(days=180)
    with nothing_changes(), pytest.raises(Conflict, match="after 90 days comes before"):
        outcomes.review_outcome(actor=people.ada, review=later, **STOPPED)
    client, sent = bearer("ada"), {"review": later.pk, **STOPPED}
    with nothing_changes():
        answer = client.post(
            f"/api/v1/roadmap/requests/{review.request_id}/review/", sent, "application/json"
        )
        assert answer.status_code == 409 and "Say there" in answer.json()["next_step"]


def test_on_its_day_stopped_is_a_look_back_like_the_others(people, signed_in, review):
    day = timezone.now() + timedelta(days=90)
    done = outcomes.review_outcome(actor=people.ada, review=review, at=day, **STOPPED)
    assert not done.early and built_not_adopted([done]) == done
    told = [entry.remark for entry in about(people.ada, review.request)]
    assert "After 90 days: stopped, learned" in told
