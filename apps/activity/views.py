"""The home page and the feed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.feed import Entry, by_time, feed
from apps.core.plugs import Card, registered

SECTIONS = ("waiting", "mine")
CARD_ROWS = 8
RECENT_ROWS = 100  # of which home shows what people did, and a little of what syncs did
FEED_ROWS = 15
SYNC_ROWS = 3
PAGE_ROWS = 50


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is mine, what changed."""
    cards = {section: _cards(request.user, section) for section in SECTIONS}
    return render(request, "activity/home.html", {**cards, **_changed(request.user)})


@require_safe
@login_required
def activity(request: HttpRequest) -> HttpResponse:
    """The whole feed, page by page."""
    before = request.GET.get("before", "")
    entries = feed(
        request.user, limit=PAGE_ROWS, before=int(before) if before.isdecimal() and len(before) < 19 else None
    )
    older = entries[-1].event.pk if len(entries) == PAGE_ROWS else None
    return render(request, "activity/feed.html", {"feed": by_time(entries), "older": older})


def _changed(user: Any) -> dict[str, Any]:
    """The newest lines, with a few of each sync: one that finds fifty things would hide what people did."""
    told: Counter[str] = Counter()
    lines: list[Entry] = []
    for line in feed(user, limit=RECENT_ROWS):
        syncing = line.actor if line.event.actor_id is None else ""
        told[syncing] += 1
        if not syncing or told[syncing] <= SYNC_ROWS:
            lines.append(line)
    more = {actor: count - SYNC_ROWS for actor, count in told.items() if actor and count > SYNC_ROWS}
    return {"feed": by_time(lines[:FEED_ROWS]), "more": more}


def _cards(user: Any, section: str) -> list[dict[str, Any]]:
    found = []
    for card in registered(Card):
        if card.section == section:
            items, count = card.items(user, CARD_ROWS)
            if items or card.empty:
                found.append({"card": card, "items": items, "count": count, "more": count - len(items)})
    return found
