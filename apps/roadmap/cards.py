"""What the roadmap puts on somebody's home page: what they have to answer, score, vote on, decide, review or unblock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core.plugs import Card, Item, Items, first_items, in_turn
from apps.roadmap.models import Block, Candidate, Cycle, Outcome, OutcomeReview, Request, Share
from apps.roadmap.queries import today

REGISTER = "/roadmap/requests/?waiting=1"


def cards() -> Iterator[Card]:
    for name, title, read, url, order in (
        ("triage", "Requests to triage", _triage, "/roadmap/triage/", 10),
        ("score", "Requests to score", _score, REGISTER, 11),
        ("answer", "Questions about your requests", _answer, REGISTER, 12),
        ("vote", "Ballots to cast", _vote, "/roadmap/cycles/", 8),
        ("decide", "Plans to decide on", _decide, "/roadmap/cycles/", 9),
        ("close", "Cycles to close", _close, "/roadmap/cycles/", 14),
        ("sponsor", "Requests that need a sponsor", _sponsor, REGISTER, 13),
        ("review", "Outcomes to review", _review, "/roadmap/requests/mine/", 20),
        ("confirm", "Outcomes to confirm", _confirm, "", 21),
        ("blocked", "Blocked on you", _blocked, "", 7),
    ):
        yield Card(f"roadmap.{name}", title, "waiting", read, url=url, order=order)


def _triage(user: Any, limit: int) -> Items:
    return first_items(
        today.to_triage(user), limit, lambda row: _of(row, f"{row.unit}, sent by {row.owner}", "list-filter")
    )


def _score(user: Any, limit: int) -> Items:
    return first_items(
        today.to_score(user),
        limit,
        lambda row: Item(
            str(row),
            reverse("roadmap:score", args=[row.pk]),
            "Your blind score is missing",
            "scale",
            meaning="warn",
        ),
    )


def _answer(user: Any, limit: int) -> Items:
    icon = "message-circle-question-mark"
    return first_items(
        today.to_answer(user), limit, lambda row: _of(row, "The center asks for more", icon, "warn")
    )


def _sponsor(user: Any, limit: int) -> Items:
    return first_items(
        today.to_sponsor(user),
        limit,
        lambda row: _of(row, f"Nobody answers for its value in {row.unit}", "hand-coins"),
    )


def _of(row: Request, remark: str, icon: str, meaning: str = "") -> Item:
    return Item(str(row), row.get_absolute_url(), remark, icon, meaning=meaning)


def _vote(user: Any, limit: int) -> Items:
    return first_items(today.to_vote(user), limit, _vote_item)


def _vote_item(share: Share) -> Item:
    url = reverse("roadmap:ballot", args=[share.cycle.slug, share.pk])
    name = f"{share.cycle}: {share.unit or 'the strategic wallet'}"
    return Item(
        name, url, "Your sealed ballot is missing", "vote", due=share.cycle.ballots_until, meaning="warn"
    )


def _decide(user: Any, limit: int) -> Items:
    """Plans, then mandatory items."""
    plans = first_items(today.to_decide(user), limit, _plan_item)
    return in_turn(limit, plans, first_items(today.to_approve(user), limit, _mandate_item))


def _plan_item(cycle: Cycle) -> Item:
    return Item(
        str(cycle),
        reverse("roadmap:meeting", args=[cycle.slug]),
        "Three plans are proposed",
        "gavel",
        meaning="warn",
    )


def _mandate_item(row: Candidate) -> Item:
    text = f"Mandatory in {row.cycle}: {row.obligation}"
    return Item(str(row.request), row.cycle.get_absolute_url(), text, "gavel", meaning="warn")


def _close(user: Any, limit: int) -> Items:
    return first_items(today.to_close(user, timezone.now().date()), limit, _close_item)


def _close_item(cycle: Cycle) -> Item:
    text = f"Over since {cycle.ends:%-d %B}; close it, and what is not finished is offered to the next one"
    return Item(str(cycle), cycle.get_absolute_url(), text, "archive", meaning="warn")


def _review(user: Any, limit: int) -> Items:
    return first_items(today.to_review(user, timezone.now().date()), limit, _review_item)


def _review_item(row: OutcomeReview) -> Item:
    late = row.due < timezone.now().date()
    url = reverse("roadmap:outcomes", args=[row.request_id])
    text = f"What came of it after {row.days} days"
    return Item(
        str(row.request), url, text, "history", due=_end_of(row.due), meaning="bad" if late else "warn"
    )


def _confirm(user: Any, limit: int) -> Items:
    return first_items(today.to_confirm(user), limit, _confirm_item)


def _confirm_item(row: Outcome) -> Item:
    url = reverse("roadmap:outcomes", args=[row.request_id])
    return Item(str(row.request), url, f"Is the figure right: {row.kpi}", "badge-check")


def _blocked(user: Any, limit: int) -> Items:
    return first_items(today.blocked_on(user), limit, _block_item)


def _block_item(row: Block) -> Item:
    url = reverse("roadmap:delivery", args=[row.request_id])
    text = f"{row.waits_for}, since {row.since:%-d %B}"
    return Item(str(row.request), url, text, "octagon-pause", meaning="bad")


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1)
