"""A look back is done on its day, not before; what was stopped is said at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import Conflict
from apps.roadmap.actions import outcomes
from apps.roadmap.models import OutcomeReview, Request
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


def test_what_was_stopped_is_said_at_once(people, review):
    given = {"verdict": "stopped_learned", "lesson": "Street names come out wrong."}
    outcomes.review_outcome(actor=people.ada, review=review, **given)
    assert Request.objects.get().state == "closed"
