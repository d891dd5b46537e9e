"""Mails of the wiki: each is written with its reader's rights at the moment when it is sent.

A mail is sent inside the transaction that marks its content as told: where the mail server refuses, nothing is marked
and the next try tells it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.feed import Entry, feed
from apps.core.words import counted
from apps.people.actions.mailing import is_reachable, write_to
from apps.people.models import User
from apps.wiki.models import Mention, Page, Reminder, Watch
from apps.wiki.queries.talk import mentions_of
from apps.wiki.queries.truth import ending
from apps.wiki.queries.watching import news

SETTLED = timedelta(minutes=1)  # an event is told when whatever was written at its time is surely committed
MOST_TOLD = 100


@transaction.atomic
def tell_mention(*, mention: int) -> bool:
    """Writes to somebody that they were named; not if they have seen it, left, or may not see the page any more."""
    row = Mention._base_manager.select_related("user").filter(pk=mention, seen_at=None).first()
    if row is None or not is_reachable(row.user):
        return False
    found = mentions_of(row.user).filter(pk=row.pk).first()
    if found is None:
        return False
    place = found.comment or found.page
    who = str(found.by) if found.by else "Somebody"
    context = {"mention": found, "who": who, "url": place.get_absolute_url()}
    _send(row.user, f"{who} named you on “{found.page.title}”", "mention", context)
    return True


@transaction.atomic
def send_digest(*, user: int, at: datetime | None = None) -> int:
    """Writes what others did on what somebody watches, since they were last told; nothing to tell is no mail.

    Returns how many lines it told, at most 100; the rest is counted only.
    """
    until = (at or timezone.now()) - SETTLED
    person = _held(user)
    if person is None:
        return 0
    lines = feed(person, limit=MOST_TOLD + 1, events=news(person, until))
    Watch._base_manager.filter(user=person, told_until__lt=until).update(told_until=until)
    if lines:
        more = len(lines) > MOST_TOLD
        context = {"groups": _by_subject(lines[:MOST_TOLD]), "more": more, "until": until}
        _send(person, "What changed on pages that you watch", "digest", context)
    return len(lines[:MOST_TOLD])


@transaction.atomic
def send_reminders(*, user: int, at: datetime | None = None) -> int:
    """Writes which pages' verification has ended or soon will, to somebody who answers for them; each end once."""
    moment = at or timezone.now()
    person = _held(user)
    if person is None:
        return 0
    told = set(Reminder._base_manager.filter(user=person).values_list("page", "until"))
    rows = [page for page in ending(person, moment) if (page.pk, page.verified_until) not in told]
    new = [Reminder(user=person, page=page, until=_end(page), at=moment) for page in rows]
    Reminder._base_manager.bulk_create(new)
    if rows:
        ended = [page for page in rows if _end(page) <= moment]
        context = {"ended": ended, "soon": [page for page in rows if _end(page) > moment]}
        _send(person, _reminder_subject(len(ended), len(rows)), "expiring", context)
    return len(rows)


def _reminder_subject(ended: int, count: int) -> str:
    pages = counted(count, "page")
    return f"{pages} to verify again" + (f", {ended} already expired" if ended else "")


def _end(page: Page) -> datetime:
    assert page.verified_until is not None
    return page.verified_until


def _held(user: int) -> User | None:
    """The person, held until the end, so that two workers cannot tell the same twice."""
    rows = User._base_manager.select_for_update(no_key=True, of=("self",))
    person = rows.filter(pk=user).first()
    return person if person is not None and is_reachable(person) else None


def _by_subject(lines: Iterable[Entry]) -> list[dict[str, Any]]:
    """Lines by what they are about, in the order of the newest."""
    named = [(_subject(line), line) for line in lines]
    first = {subject: place for place, (subject, _) in reversed(list(enumerate(named)))}
    named.sort(key=lambda pair: first[pair[0]])
    return [
        {"title": title, "url": url, "lines": [line for _, line in group]}
        for (title, url), group in groupby(named, key=lambda pair: pair[0])
    ]


def _subject(line: Entry) -> tuple[str, str]:
    return next((word.text, word.url) for word in line.words if word.is_subject)


def _send(person: User, subject: str, name: str, context: dict[str, Any]) -> None:
    write_to(person, subject, f"wiki/mail/{name}.txt", context)
