"""Looks back at what was delivered are told when they are due, once each, to the team that measures."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.core import jobs
from apps.core.events import record
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions.mailing import is_reachable, write_to
from apps.people.models import Membership, User
from apps.roadmap.actions.moving import moment
from apps.roadmap.models import OutcomeReview, Request
from apps.roadmap.workflow import State
from apps.tooling.actions.timekeeping import one_by_one

VERB = "roadmap.request.review_due"
LONG_AGO = timedelta(days=60)  # what was due before then is history that came from elsewhere


def remind_of_reviews(at: datetime | None = None) -> int:
    """Tells of every look back that has come due; returns of how many."""
    when = moment(at)
    rows = OutcomeReview._base_manager.filter(
        done_at=None, due__lte=when.date(), due__gt=(when - LONG_AGO).date()
    ).exclude(request__state=State.CLOSED)
    return one_by_one(rows.order_by("due", "pk").values_list("pk", flat=True), _remind, when)


def _remind(pk: int, at: datetime) -> bool:
    review = OutcomeReview._base_manager.select_for_update(of=("self",)).select_related("request").get(pk=pk)
    if review.done_at is not None or review.request.state == State.CLOSED or _is_told(review):
        return False
    record(VERB, actor=SYSTEM, target=review.request, data={"days": review.days, "review": review.pk}, at=at)
    for user in sorted(_whom(review.request)):
        jobs.defer("roadmap.tell_review_due", user=user, review=review.pk)
    return True


def _is_told(review: OutcomeReview) -> bool:
    rows = Event._base_manager.filter(
        verb=VERB, target_type=Request._meta.label_lower, target_id=review.request_id
    )
    return rows.filter(data__review=review.pk).exists()


def _whom(request: Request) -> set[int]:
    """Who asked, who answers for its figures, and the leads of its team."""
    leads = Membership._base_manager.filter(team=request.owner_id, role=Membership.Role.LEAD, ends=None)
    owners = request.kpis.exclude(owner=None).values_list("owner", flat=True)
    return {request.requester_id, *owners, *leads.values_list("user", flat=True)}


@transaction.atomic
def tell_review_due(*, user: int, review: int) -> bool:
    """Writes to one person; not if they no longer see the request, or it was looked back at since."""
    person = User._base_manager.filter(pk=user).first()
    if person is None or not is_reachable(person):
        return False
    rows = (
        OutcomeReview.objects.visible_to(person)
        .filter(pk=review, done_at=None)
        .exclude(request__state=State.CLOSED)
        .select_related("request__owner")
    )
    row = rows.first()
    if row is None:
        return False
    subject = f"What came of “{row.request}” after {row.days} days"
    write_to(person, subject, "roadmap/mail/review_due.txt", {"review": row, "request": row.request})
    return True
