"""What the wiki puts on somebody's home page: what they are to verify again, to acknowledge, and who named them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from apps.core.plugs import Card, Item, Items, first_items
from apps.wiki.models import Mention, Page
from apps.wiki.queries.talk import unseen_mentions
from apps.wiki.queries.truth import ending, policies_asking


def cards() -> Iterator[Card]:
    yield Card("wiki.mentions", "You were named", "waiting", _mentions, url="/wiki/mentions/", order=5)
    yield Card(
        "wiki.policies", "Policies to acknowledge", "waiting", _policies, url="/wiki/policies/", order=30
    )
    yield Card(
        "wiki.ending", "Pages to verify again", "waiting", _ending, url="/wiki/verification/", order=40
    )


def _ending(user: Any, limit: int) -> Items:
    return first_items(ending(user), limit, _ending_item)


def _ending_item(page: Page) -> Item:
    over = page.verified_until is not None and page.verified_until <= timezone.now()
    text = f"{page.space.title}: the verification {'has ended' if over else 'ends soon'}"
    meaning = "bad" if over else "warn"
    return Item(
        page.title, page.get_absolute_url(), text, "badge-check", due=page.verified_until, meaning=meaning
    )


def _policies(user: Any, limit: int) -> Items:
    rows: Any = policies_asking(user)
    return first_items(rows.filter(answered=None), limit, _policy_item)


def _policy_item(page: Any) -> Item:
    text = "changed since you acknowledged it" if page.answered_before else "asks you to acknowledge it"
    return Item(
        page.title, page.get_absolute_url(), f"{page.space.title}: {text}", "clipboard-check", meaning="warn"
    )


def _mentions(user: Any, limit: int) -> Items:
    return first_items(unseen_mentions(user), limit, _mention_item)


def _mention_item(row: Mention) -> Item:
    anchor = f"#comment-{row.comment_id}" if row.comment_id else ""
    where = "in a comment" if row.comment_id else "in the text"
    return Item(
        row.page.title,
        row.page.get_absolute_url() + anchor,
        f"{row.by or 'Somebody'} named you {where}",
        "at-sign",
    )
