"""Readers' words below a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.checking import checked_text
from apps.core.errors import Conflict, NotFound
from apps.core.events import record
from apps.core.policies import require
from apps.wiki.actions.mentioning import mention
from apps.wiki.models import Comment, Mention, Page
from apps.wiki.text.rendering import render
from apps.wiki.vocabulary import LONGEST_COMMENT


@transaction.atomic
def add_comment(
    *, actor: Any, page: Page, text: str, answers: Comment | None = None, at: datetime | None = None
) -> Comment:
    """A remark of a reader, or an answer to one of the same page. People named with `@` who see the page are told."""
    require(actor, "comment", page)
    if answers is not None and answers.page_id != page.pk:
        raise NotFound("This comment does not stand on this page.")
    thread = answers.answers if answers and answers.answers else answers
    comment = Comment.objects.create(
        page=page,
        revision_id=page.revision_id,
        answers=thread,
        author_id=actor.pk,
        text=_checked(text),
        at=at or timezone.now(),
    )
    record("wiki.page.commented", actor=actor, target=page, data={"comment": comment.pk}, at=at)
    mention(page, render(comment.text).mentions, by=actor, at=comment.at, comment=comment)
    return comment


def _checked(text: str) -> str:
    return checked_text("text", text, LONGEST_COMMENT, lines=True, empty="Write something first.")


@transaction.atomic
def withdraw_comment(*, actor: Any, comment: Comment) -> Comment:
    """Takes one's own words back; the place stays, so that answers keep their sense."""
    require(actor, "change", comment)
    rows = Comment._base_manager.filter(pk=comment.pk, withdrawn_at=None)
    if rows.update(text="", withdrawn_at=timezone.now()):
        comment.refresh_from_db()
        Mention._base_manager.filter(comment=comment).delete()
        record("wiki.page.comment_withdrawn", actor=actor, target=comment.page, data={"comment": comment.pk})
    return comment


@transaction.atomic
def resolve_comment(*, actor: Any, comment: Comment, at: datetime | None = None) -> Comment:
    """Marks a thread as settled."""
    return _settle(actor, comment, at or timezone.now(), actor.pk, "wiki.page.comment_resolved", at)


@transaction.atomic
def reopen_comment(*, actor: Any, comment: Comment) -> Comment:
    return _settle(actor, comment, None, None, "wiki.page.comment_reopened")


def _settle(
    actor: Any, comment: Comment, at: datetime | None, by: int | None, verb: str, told: datetime | None = None
) -> Comment:
    require(actor, "resolve", comment)
    if comment.answers_id is not None:
        raise Conflict("Only a whole thread is resolved.", next_step="Resolve its first comment.")
    rows = Comment._base_manager.filter(pk=comment.pk, resolved_at__isnull=at is not None)
    if rows.update(resolved_at=at, resolved_by=by):
        comment.refresh_from_db()
        data = {"comment": comment.pk}
        record(verb, actor=actor, target=comment.page, data=data, at=told)
    return comment


@transaction.atomic
def see_mentions(*, actor: Any, page: Page) -> int:
    """The actor has opened the page: what named them there is seen. Returns how many were new."""
    require(actor, "view", page)
    rows = Mention._base_manager.filter(user=actor.pk, page=page, seen_at=None)
    return rows.update(seen_at=timezone.now())


@transaction.atomic
def see_all_mentions(*, actor: Any) -> int:
    """Every place that named the actor, and that they still see, is seen."""
    rows = Mention.objects.visible_to(actor).filter(seen_at=None).order_by()
    return Mention._base_manager.filter(pk__in=rows.values("pk")).update(seen_at=timezone.now())
