"""The home page and the feed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.feed import by_time, feed
from apps.core.plugs import Card, registered

SECTIONS = ("waiting", "mine")
CARD_ROWS = 8
FEED_ROWS = 15
PAGE_ROWS = 50


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, what is mine, what changed."""
    cards = {section: _cards(request.user, section) for section in SECTIONS}
    return render(
        request, "activity/home.html", {**cards, "feed": by_time(feed(request.user, limit=FEED_ROWS))}
    )


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


def _cards(user: Any, section: str) -> list[dict[str, Any]]:
    found = []
    for card in registered(Card):
        if card.section == section:
            items, count = card.items(user, CARD_ROWS)
            if items or card.empty:
                found.append({"card": card, "items": items, "count": count, "more": count - len(items)})
    return found
