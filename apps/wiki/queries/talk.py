"""What readers say below a page, and who named whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.core.policies import PolicyQuerySet
from apps.people.models import User
from apps.wiki.models import Comment, Mention, Page
from apps.wiki.queries.remarks import names_in, remark

MOST_THREADS = 100
MOST_SHOWN = 5_000  # threads, even when all are asked for


@dataclass(slots=True)
class Remark:
    """One comment as a reader sees it."""

    comment: Any
    html: SafeString
    replies: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Talk:
    """The threads of a page in the order of their beginning. `older` are those that are not among them."""

    open: list[Remark]
    resolved: list[Remark]
    older: int

    @property
    def count(self) -> int:
        return len(self.open) + len(self.resolved) + self.older


def talk(user: Any, page: Page, *, everything: bool = False) -> Talk:
    """The newest threads of a page (all of them where `everything`), in four statements."""
    rows = Comment.objects.visible_to(user).filter(page=page)
    beginnings = rows.filter(answers=None).order_by("-id")
    limit = MOST_SHOWN if everything else MOST_THREADS
    shown = list(_full(user, beginnings)[:limit])[::-1]
    older = beginnings.count() - len(shown) if len(shown) == limit else 0
    replies = list(_full(user, rows.filter(answers__in=[one.pk for one in shown]).order_by("id")))
    people = _addresses(user, [one.text for one in [*shown, *replies]])
    threads = _threads(shown, replies, people)
    resolved = [thread for thread in threads if thread.comment.resolved_at]
    return Talk([thread for thread in threads if not thread.comment.resolved_at], resolved, older)


def _full(user: Any, rows: Any) -> Any:
    return rows.with_can(user, "change", "resolve").select_related("author", "resolved_by", "revision")


def _threads(shown: list[Any], replies: list[Any], people: dict[str, str]) -> list[Remark]:
    below: dict[int, list[Remark]] = defaultdict(list)
    for one in replies:
        below[one.answers_id].append(Remark(one, remark(one.text, people)))
    return [Remark(one, remark(one.text, people), below[one.pk]) for one in shown]


def _addresses(user: Any, texts: list[str]) -> dict[str, str]:
    names = set().union(*map(names_in, texts))
    rows = User.objects.visible_to(user).filter(username__in=names) if names else []
    return {one.username.lower(): one.get_absolute_url() for one in rows}


def comment_by_id(user: Any, pk: int) -> Comment:
    """NotFound where there is none that `user` sees."""
    rows = Comment.objects.visible_to(user).select_related("page__space", "author")
    found = row_of(rows, pk)
    if found is None:
        raise NotFound("There is no such comment, or it is not shown to you.")
    return found


def mentions_of(user: Any) -> PolicyQuerySet[Mention]:
    """Who named `user` where, as far as they still see the page."""
    return (
        Mention.objects.visible_to(user)
        .select_related("page__space", "comment", "by")
        .defer("page__search_vector")
    )


def unseen_mentions(user: Any, page: Page | None = None) -> PolicyQuerySet[Mention]:
    rows = mentions_of(user).filter(seen_at=None)
    return rows.filter(page=page) if page is not None else rows
