"""What time does to requests: reviews open by themselves, missed deadlines have a consequence, what ended is ended.

Each job finds rows, then takes one row per transaction: it locks the request, looks again whether anything is to be done,
and does it. So a repetition or a second worker changes nothing more, and a row that fails stops no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet

from apps.core.errors import Conflict
from apps.core.events import label_of, record
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.models import Visibility
from apps.tooling.actions import granting
from apps.tooling.actions.moving import locked, moment, move
from apps.tooling.actions.reviewing import start_review
from apps.tooling.decide import decide
from apps.tooling.models import Environment, ExceptionRequest, Grant
from apps.tooling.queries.book import Snapshot, snapshot
from apps.tooling.queries.holding import last_end
from apps.tooling.queries.outlook import PERMITTED, exact_version
from apps.tooling.queries.requests import with_now
from apps.tooling.queries.tiers import calendar_of
from apps.tooling.vocabulary import PRODUCTION, DataClass
from apps.tooling.workflow import HOLDING, OPEN, WAITING_FOR_CENTER, Level, State

log = structlog.get_logger(__name__)

PROVISIONAL = timedelta(days=30)
PROVISIONAL_LEVELS = (Level.LOW, Level.MEDIUM)
DAYS_FOR_CENTER = 1
REVIEW_DUE = "tooling.request.review_due"
ENDED = (State.EXPIRED, State.REVOKED)
VERBS = {State.ACTIVE: "activated", State.EXPIRED: "expired", State.REVOKED: "notice_ended"}

Act = Callable[[int, datetime], bool]


def one_by_one(rows: Iterable[int], act: Act, at: datetime) -> int:
    """Acts on each id in a transaction of its own; returns on how many something was done. A failure is logged."""
    done = 0
    for pk in list(rows):
        try:
            with transaction.atomic():
                done += act(pk, at)
        except Exception:  # whatever is wrong with this row, the others have the same deadline
            log.exception("time was not kept for a row", job=act.__name__.strip("_"), row=pk)
    return done


def open_waiting_reviews(at: datetime | None = None) -> int:
    """Opens the review of what waited one working day for the center; returns how many."""
    waiting = ExceptionRequest._base_manager.filter(state__in=WAITING_FOR_CENTER).order_by("pk")
    return one_by_one(waiting.values_list("pk", flat=True), _open_review, moment(at))


def _open_review(pk: int, at: datetime) -> bool:
    request = locked(ExceptionRequest(pk=pk))
    if request.state not in WAITING_FOR_CENTER or not _has_waited(request, at):
        return False
    start_review(actor=SYSTEM, request=request, at=at)
    return True


def _has_waited(request: ExceptionRequest, at: datetime) -> bool:
    """Nothing but a move changes a request in these states, so `updated_at` says since when it waits."""
    return calendar_of(request.team).due(request.updated_at, DAYS_FOR_CENTER) <= at


def keep_deadlines(at: datetime | None = None) -> int:
    """Tells once of each missed deadline; low and medium ones get a provisional grant. Returns how many were missed."""
    when = moment(at)
    return one_by_one(_late(when).order_by("pk").values_list("pk", flat=True), _escalate, when)


def _late(at: datetime) -> QuerySet[ExceptionRequest]:
    rows = ExceptionRequest._base_manager.filter(state__in=OPEN, paused_at=None, escalated_at=None)
    return rows.filter(due_at__lte=at)


def _escalate(pk: int, at: datetime) -> bool:
    request = locked(ExceptionRequest(pk=pk))
    if not _late(at).filter(pk=pk).exists():
        return False
    given = _give_provisionally(request, at) if request.level in PROVISIONAL_LEVELS else []
    ExceptionRequest._base_manager.filter(pk=pk).update(escalated_at=at)
    data = {"level": request.level, "environments": [grant.environment.slug for grant in given]}
    if given:
        data["until"] = max(grant.expires for grant in given).isoformat()
    record("tooling.request.overdue", actor=SYSTEM, target=request, data=data, at=at)
    return True


def _give_provisionally(request: ExceptionRequest, at: datetime) -> list[Grant]:
    """Grants outside production, for at most 30 days and not beyond what was asked for; once in a request's life.

    None where the tool was hidden since: its reviewers could not decide because they could not see.
    """
    assert request.requested_until is not None and request.tool is not None
    if request.tool.visibility != Visibility.COMPANY:
        return []
    team_ends = request.team.ends
    if request.grants.filter(provisional=True).exists() or (team_ends is not None and team_ends <= at):
        return []
    ends = min(at + PROVISIONAL, calendar_of(request.team).end_of(request.requested_until))
    places = [each for each in request.environments.all() if each.slug != PRODUCTION]
    return [grant for place in places for grant in _give_one(request, place, at, ends)]


def _give_one(request: ExceptionRequest, place: Environment, at: datetime, ends: datetime) -> list[Grant]:
    """Where the team holds an exception already, the provisional one follows it; a full cap leaves nothing to give."""
    held = Grant._base_manager.filter(team=request.team_id, tool=request.tool_id, environment=place)
    begins = max([at, *(grant.ends for grant in held)])
    if begins >= ends:
        return []
    try:
        with transaction.atomic():
            return granting.issue(request, [place], at, ends, after={place.pk: begins}, provisional=True)
    except Conflict as full:
        log.info("no provisional grant", request=request.pk, environment=place.slug, reason=full.detail)
        return []


def tell_reviews_due(at: datetime | None = None) -> int:
    """Tells once of each emergency that is over while its review still waits; returns of how many."""
    open_ones = ExceptionRequest._base_manager.filter(emergency=True, state__in=OPEN, grants__emergency=True)
    return one_by_one(
        open_ones.order_by("pk").values_list("pk", flat=True).distinct(), _tell_review, moment(at)
    )


def _tell_review(pk: int, at: datetime) -> bool:
    request = locked(ExceptionRequest(pk=pk))
    ends = last_end(request)
    if request.state not in OPEN or ends is None or ends > at:
        return False
    told = Event.objects.filter(verb=REVIEW_DUE, target_type=label_of(request), target_id=pk)
    if told.exists():
        return False
    record(REVIEW_DUE, actor=SYSTEM, target=request, data={"ended": ends.isoformat()}, at=at)
    return True


def settle(at: datetime | None = None) -> int:
    """Stored states follow what time and standards have done to holding requests; returns how many moved.

    No answer waits for this: whoever judges an exception reads its grants (`with_now`, `decide`).
    """
    book = snapshot(at)

    def _settle(pk: int, when: datetime) -> bool:
        return _settle_one(pk, book, when)

    return one_by_one(_to_settle(book), _settle, book.at)


def _to_settle(book: Snapshot) -> Iterator[int]:
    rows = with_now(ExceptionRequest.objects.filter(state__in=HOLDING), book.at).prefetch_related(
        "environments"
    )
    for row in rows.select_related("team", "tool").order_by("pk"):
        if _shown(row) != row.state or _is_needless(row, book):
            yield row.pk


def _settle_one(pk: int, book: Snapshot, at: datetime) -> bool:
    request = locked(ExceptionRequest(pk=pk))
    if request.state not in HOLDING:
        return False
    shown = _shown(with_now(ExceptionRequest.objects.filter(pk=pk), at).get())
    if shown not in ENDED and _is_needless(request, book):
        granting.promote(request, at)
    elif shown != request.state:
        move(SYSTEM, request, shown, at, VERBS[shown], data={"by": "time"})
    else:
        return False
    return True


def _shown(row: Any) -> State:
    """The state at the instant of `with_now`, which annotated the row."""
    return State(row.shown_state)


def _is_needless(request: ExceptionRequest, book: Snapshot) -> bool:
    """The standard itself allows all that was asked for, in every environment."""
    assert request.tool is not None
    asked = (request.team.slug, request.tool.ref, exact_version(request))
    data_class = DataClass(request.data_class)
    reasons = [
        decide(book.book, *asked, place.slug, data_class, book.at).reason
        for place in request.environments.all()
    ]
    return bool(reasons) and all(reason in PERMITTED for reason in reasons)
