"""What tooling puts on somebody's home page: requests to decide, exceptions that end, evidence and questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.core.plugs import Card, Item
from apps.tooling.models import Condition, ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.reminding import RENEWAL_DAYS
from apps.tooling.queries.requests import inbox, mine, with_now
from apps.tooling.workflow import HOLDING

MOST_COUNTED = 1_000
INBOX = "/tooling/requests/inbox/"


def cards() -> Iterator[Card]:
    yield Card("tooling.decide", "Exceptions to decide", "waiting", _decide, url=INBOX, order=15)
    yield Card("tooling.answer", "Questions about your exceptions", "waiting", _answer, url=INBOX, order=16)
    yield Card("tooling.confirm", "Evidence to confirm", "waiting", _confirm, url=INBOX, order=17)
    yield Card(
        "tooling.expiring", "Exceptions that end soon", "waiting", _expiring, url="/tooling/requests/mine/", order=18
    )  # fmt: skip


def _decide(user: Any, limit: int) -> tuple[Sequence[Item], int]:
    """Steps to take, then what waits for the center to look at it."""
    waiting = inbox(user)
    rows, now = [*waiting.decide[:limit], *waiting.triage[:limit]][:limit], clock.now()
    return [_decide_item(row, now) for row in rows], _count(waiting.decide) + _count(waiting.triage)


def _decide_item(row: ExceptionRequest, now: datetime) -> Item:
    remark = f"{row.get_level_display()} risk, {row.get_state_display().lower()}"
    meaning = "bad" if row.due_at is not None and row.due_at <= now else "warn"
    return Item(str(row), row.get_absolute_url(), remark, "gavel", due=row.due_at, meaning=meaning)


def _answer(user: Any, limit: int) -> tuple[Sequence[Item], int]:
    rows = inbox(user).answer
    return [
        Item(str(row), row.get_absolute_url(), "The center asks for more", "message-circle-question-mark", meaning="warn")
        for row in rows[:limit]
    ], _count(rows)  # fmt: skip


def _confirm(user: Any, limit: int) -> tuple[Sequence[Item], int]:
    """Evidence that somebody else gave, and of one's own team what is still to be given."""
    waiting = inbox(user)
    rows = [
        *_items(waiting.confirm[:limit], "confirm the evidence"),
        *_items(waiting.prove[:limit], "add evidence"),
    ]
    return rows[:limit], _count(waiting.confirm) + _count(waiting.prove)


def _items(rows: Any, act: str) -> Iterator[Item]:
    now = clock.now()
    for row in rows:
        yield _condition_item(row, act, now)


def _condition_item(row: Condition, act: str, now: datetime) -> Item:
    late = row.due <= now
    text = f"{row.request}: {act}" + (", the exception is suspended" if late else "")
    url = f"{row.request.get_absolute_url()}#condition-{row.pk}"
    return Item(row.text, url, text, "file-check", due=row.due, meaning="bad" if late else "warn")


def _expiring(user: Any, limit: int) -> tuple[Sequence[Item], int]:
    now = clock.now()
    soon = now + timedelta(days=RENEWAL_DAYS)
    held: Any = with_now(mine(user).filter(state__in=HOLDING), now)
    rows = held.filter(ends__gt=now, ends__lte=soon).order_by("ends", "id")
    return [_expiring_item(row) for row in rows[:limit]], _count(rows)


def _expiring_item(row: Any) -> Item:
    text = (
        "a renewal is asked for" if row.state == "renewal_pending" else "renew it, or move to an alternative"
    )
    return Item(str(row), row.get_absolute_url(), text, "clock-alert", due=row.ends, meaning="warn")


def _count(rows: Any) -> int:
    """Counting stops at 1,000."""
    return int(rows.order_by()[:MOST_COUNTED].count())
