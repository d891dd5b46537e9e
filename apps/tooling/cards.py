"""What tooling puts on somebody's home page: requests to decide, exceptions that end, evidence and questions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apps.core.plugs import Card, Item, Items, first_items, in_turn
from apps.people.standing import standing_of
from apps.tooling.models import Condition, ExceptionRequest, Grant
from apps.tooling.queries import clock
from apps.tooling.queries.reminding import RENEWAL_DAYS, UNUSED_DAYS
from apps.tooling.queries.requests import Requests, inbox, mine, with_now
from apps.tooling.queries.use import unused_grants
from apps.tooling.workflow import HOLDING

INBOX = "/tooling/requests/inbox/"
UNUSED = "/tooling/use/?show=unused"


def cards() -> Iterator[Card]:
    yield Card("tooling.decide", "Exceptions to decide", "waiting", _decide, url=INBOX, order=15)
    yield Card("tooling.answer", "Questions about your exceptions", "waiting", _answer, url=INBOX, order=16)
    yield Card("tooling.confirm", "Evidence to confirm", "waiting", _confirm, url=INBOX, order=17)
    yield Card(
        "tooling.expiring", "Exceptions that end soon", "waiting", _expiring, url="/tooling/requests/mine/", order=18
    )  # fmt: skip
    yield Card("tooling.unused", "Exceptions that nobody uses", "waiting", _unused, url=UNUSED, order=45)


def _decide(user: Any, limit: int) -> Items:
    """Steps to take, then what waits for the center to look at it."""
    waiting, item = inbox(user), partial(_decide_item, clock.now())
    steps = first_items(_bare(waiting.decide), limit, item)
    return in_turn(limit, steps, first_items(_bare(waiting.triage), limit, item))


def _decide_item(now: datetime, row: ExceptionRequest) -> Item:
    remark = f"{row.get_level_display()} risk, {row.get_state_display().lower()}"
    meaning = "bad" if row.due_at is not None and row.due_at <= now else "warn"
    return Item(str(row), row.get_absolute_url(), remark, "gavel", due=row.due_at, meaning=meaning)


def _answer(user: Any, limit: int) -> Items:
    return first_items(_bare(inbox(user).answer), limit, _answer_item)


def _answer_item(row: ExceptionRequest) -> Item:
    text, icon = "The center asks for more", "message-circle-question-mark"
    return Item(str(row), row.get_absolute_url(), text, icon, meaning="warn")


def _confirm(user: Any, limit: int) -> Items:
    """Evidence that somebody else gave, and of one's own team what is still to be given."""
    waiting, now = inbox(user), clock.now()
    given = first_items(waiting.confirm, limit, partial(_condition_item, now, "confirm the evidence"))
    lacking = first_items(waiting.prove, limit, partial(_condition_item, now, "add evidence"))
    return in_turn(limit, given, lacking)


def _condition_item(now: datetime, act: str, row: Condition) -> Item:
    late = row.due <= now
    text = f"{row.request}: {act}" + (", the exception is suspended" if late else "")
    url = f"{row.request.get_absolute_url()}#condition-{row.pk}"
    return Item(row.text, url, text, "file-check", due=row.due, meaning="bad" if late else "warn")


def _expiring(user: Any, limit: int) -> Items:
    now = clock.now()
    soon = now + timedelta(days=RENEWAL_DAYS)
    held: Any = with_now(mine(user).filter(state__in=HOLDING), now)
    soonest = held.filter(ends__gt=now, ends__lte=soon).order_by("ends", "id")
    return first_items(_bare(soonest), limit, _expiring_item)


def _expiring_item(row: Any) -> Item:
    text = (
        "a renewal is asked for" if row.state == "renewal_pending" else "renew it, or move to an alternative"
    )
    return Item(str(row), row.get_absolute_url(), text, "clock-alert", due=row.ends, meaning="warn")


def _unused(user: Any, limit: int) -> Items:
    """Of one's own teams, proposed for closing."""
    own = unused_grants(user, clock.now()).filter(team__in=standing_of(user).teams)
    return first_items(own, limit, _unused_item)


def _unused_item(row: Grant) -> Item:
    text = f"No use for {UNUSED_DAYS} days in {str(row.environment).lower()}; close it if nobody needs it"
    return Item(str(row.tool), row.request.get_absolute_url(), text, "circle-slash", due=row.expires)


def _bare(rows: Requests) -> Requests:
    """Without what only pages show of them."""
    return rows.prefetch_related(None)
