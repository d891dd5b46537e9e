"""The sponsors' weekly mail. One job a person, so that a mailbox that fails does not keep the others waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from apps.core import jobs
from apps.people.actions.mailing import is_reachable, write_to
from apps.people.models import User
from apps.roadmap.actions.moving import moment
from apps.roadmap.queries.digest import digest_of, sponsors

DAYS = 7


@transaction.atomic
def send_digests(at: datetime | None = None) -> int:
    """Defers one mail a sponsor over the last seven days; returns how many people are asked."""
    until = moment(at).replace(minute=0, second=0, microsecond=0)
    people = list(sponsors().values_list("pk", flat=True))
    for pk in people:
        jobs.defer("roadmap.send_digest", user=pk, until=until.isoformat())
    return len(people)


@transaction.atomic
def send_digest(*, user: int, until: str) -> bool:
    """Writes to one sponsor what happened in the seven days before `until`. Nothing to tell is no mail."""
    person = User._base_manager.filter(pk=user).first()
    if person is None or not is_reachable(person):
        return False
    end = datetime.fromisoformat(until)
    found = digest_of(person, end - timedelta(days=DAYS), end)
    if found.is_empty:
        return False
    write_to(person, "The roadmap this week", "roadmap/mail/digest.txt", {"digest": found, "until": end})
    return True
