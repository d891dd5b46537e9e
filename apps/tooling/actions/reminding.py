"""The end of an exception is told in good time: 30, 14, 7 and 1 days before, once each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from apps.core import jobs
from apps.core.events import record
from apps.core.policies import SYSTEM
from apps.people.actions.mailing import is_reachable, write_to
from apps.people.models import Membership, User
from apps.people.queries import running
from apps.tooling.actions.moving import locked, moment
from apps.tooling.actions.timekeeping import one_by_one
from apps.tooling.models import ExceptionRequest, Grant, Reminder
from apps.tooling.models.grants import ENDS
from apps.tooling.queries.reminding import REMINDER_DAYS, RENEWAL_DAYS
from apps.tooling.workflow import State


def remind(at: datetime | None = None) -> int:
    """Tells of every grant that ends soon and is not followed by another; returns of how many requests."""
    when = moment(at)
    ending = _ending(when).order_by("request").values_list("request", flat=True).distinct()
    return one_by_one(ending, _remind, when)


def _ending(at: datetime) -> QuerySet[Grant]:
    rows = Grant._base_manager.annotate(end=ENDS)
    return rows.filter(starts__lte=at, end__gt=at, end__lte=at + timedelta(days=max(REMINDER_DAYS)))


def _remind(pk: int, at: datetime) -> bool:
    request = locked(ExceptionRequest(pk=pk))
    due: dict[int, list[Grant]] = {}
    for grant in _ending(at).filter(request=pk).select_related("environment").order_by("environment", "pk"):
        days = _days_to_tell(grant, at)
        if days is not None and not _is_followed(grant):
            due.setdefault(days, []).append(grant)
    told = [days for days, grants in due.items() if _tell(request, days, grants, at)]
    return bool(told)


def _days_to_tell(grant: Grant, at: datetime) -> int | None:
    """The nearest of the days that has come. One that lay before the grant's own beginning is no news."""
    for days in sorted(REMINDER_DAYS):
        since = grant.ends - timedelta(days=days)
        if since <= at:
            return days if since > grant.starts else None
    return None


def _is_followed(grant: Grant) -> bool:
    """The team has another grant for the same tool and environment that takes over at this one's end."""
    same = Grant._base_manager.filter(
        team=grant.team_id, tool=grant.tool_id, environment=grant.environment_id
    )
    return any(other.ends > grant.ends for other in same.filter(starts=grant.ends))


def _tell(request: ExceptionRequest, days: int, grants: Iterable[Grant], at: datetime) -> bool:
    new = [grant for grant in grants if not grant.reminders.filter(days=days).exists()]
    if not new:
        return False
    Reminder._base_manager.bulk_create([Reminder(grant=grant, days=days, at=at) for grant in new])
    places = [grant.environment.slug for grant in new]
    ends = min(grant.ends for grant in new)
    data = {"days": days, "environments": places, "ends": ends.isoformat()}
    record("tooling.grant.expiring", actor=SYSTEM, target=request, data=data, at=at)
    for user in _members(request, at):
        jobs.defer("tooling.tell_expiring", user=user, request=request.pk, days=days)
    return True


def _members(request: ExceptionRequest, at: datetime) -> Iterator[int]:
    rows = Membership._base_manager.filter(running(at=at), team=request.team_id, user__is_active=True)
    yield from rows.exclude(user__email="").order_by("user").values_list("user", flat=True).distinct()


@transaction.atomic
def tell_expiring(*, user: int, request: int, days: int, at: datetime | None = None) -> bool:
    """Writes to one person which exception of their team ends; not if they left, or if it ended or was renewed since."""
    person = User._base_manager.filter(pk=user).first()
    if person is None or not is_reachable(person):
        return False
    row = (
        ExceptionRequest.objects.visible_to(person).select_related("team", "tool").filter(pk=request).first()
    )
    when = moment(at)
    if row is None or not row.team.memberships.filter(running(at=when), user=person).exists():
        return False
    grants = [grant for grant in _open_grants(row, days, when) if not _is_followed(grant)]
    if not grants:
        return False
    context = {"request": row, "grants": grants, "renews": row.state == State.RENEWAL_PENDING}
    context["may_renew"] = row.state == State.ACTIVE and days <= RENEWAL_DAYS
    left = _days_left(grants[0].ends, when)
    ending = "within a day" if left == 1 else f"in {left} days"
    write_to(person, f"The exception for {row.tool} ends {ending}", "tooling/mail/expiring.txt", context)
    return True


def _days_left(end: datetime, at: datetime) -> int:
    """A begun day counts: a reminder may be told late, and says what is true then."""
    return -((at - end) // timedelta(days=1))


def _open_grants(request: ExceptionRequest, days: int, at: datetime) -> QuerySet[Grant]:
    rows = Grant._base_manager.annotate(end=ENDS)
    told = rows.filter(request=request, reminders__days=days, end__gt=at)
    return told.select_related("environment").order_by("end", "environment__position")
