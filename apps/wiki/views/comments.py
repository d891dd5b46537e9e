"""Readers' words below a page, and who named whom."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from apps.core.narrowing import address
from apps.core.pagination import Order
from apps.core.pagination import page as cut
from apps.core.words import counted
from apps.wiki.actions.comments import (
    add_comment,
    reopen_comment,
    resolve_comment,
    see_all_mentions,
    see_mentions,
    withdraw_comment,
)
from apps.wiki.forms.talk import CommentActForm, CommentForm, cleaned
from apps.wiki.models import Comment, Page
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.queries.people import readers_named
from apps.wiki.queries.talk import comment_by_id, mentions_of, talk, unseen_mentions
from apps.wiki.text.rendering import render as render_text

PAGE_ROWS = 50
MOST_TOLD = 5  # names that reach nobody, in one sentence
NEWEST = Order("newest", None, descending=True)
ACTS = {"withdraw": withdraw_comment, "resolve": resolve_comment, "reopen": reopen_comment}
SAID = {
    "withdraw": "Your comment is withdrawn.",
    "resolve": "The thread is resolved.",
    "reopen": "The thread is open again.",
}


@require_POST
@login_required
def add(request: HttpRequest, uid: str) -> HttpResponse:
    """A remark, or an answer to one; htmx gets all comments back. What is refused keeps its text."""
    page: Page | None = None
    try:
        page = page_by_uid(request.user, uid)
        comment = _added(request, page)
    except PortalError as refusal:
        return _refused(request, page, refusal)
    unheard = nobody_called(page, comment)
    if getattr(request, "htmx", False):
        return _section(request, page, {"unheard": unheard})
    if unheard:
        messages.warning(request, unheard)
    return redirect(comment)


def nobody_called(page: Page, comment: Comment) -> str:
    """A sentence on names that reach nobody; the same for people who may not see the page as for none at all."""
    names = {name.lower() for name in render_text(comment.text).mentions}
    heard = {user.username.lower() for user in readers_named(page, sorted(names), comment.author)}
    themselves = {comment.author.username.lower()} if comment.author else set()
    lost = sorted(names - heard - themselves)[:MOST_TOLD]
    called = " or ".join(f"@{name}" for name in lost)
    reached = "nobody else was told" if heard else "nobody was told"
    return f"Nobody here is called {called}; {reached}." if lost else ""


def _added(request: HttpRequest, page: Page) -> Comment:
    said = cleaned(CommentForm(request.POST))
    before = comment_by_id(request.user, said["answers"]) if said["answers"] else None
    return add_comment(actor=request.user, page=page, text=said["text"], answers=before)


def _refused(request: HttpRequest, page: Page | None, refusal: PortalError) -> HttpResponse:
    """The text comes back in its form; where nothing of the page may be shown, it stands alone."""
    text, htmx = request.POST.get("text", ""), getattr(request, "htmx", False)
    if page is not None and htmx and not isinstance(refusal, NotFound | Forbidden):
        draft = {"text": text, "answers": request.POST.get("answers", ""), "refusal": refusal}
        return _section(request, page, draft, status=refusal.status)
    context = {"error": refusal, "page": page, "text": text, "answers": request.POST.get("answers", "")}
    name = "wiki/parts/comment_refused.html" if htmx else "wiki/comment_refused.html"
    return render(request, name, context, status=refusal.status)


@require_POST
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """`do` is withdraw, resolve or reopen; htmx gets all comments back."""
    comment = comment_by_id(request.user, pk)
    act = cleaned(CommentActForm(request.POST))["do"]
    refusal: PortalError | None = None
    try:
        ACTS[act](actor=request.user, comment=comment)
    except (Conflict, Invalid) as refused:
        refusal = refused
    if getattr(request, "htmx", False):
        page = page_by_uid(request.user, comment.page.uid)
        return _section(request, page, {"refusal": refusal}, status=refusal.status if refusal else 200)
    if refusal is not None:
        raise refusal
    messages.success(request, SAID[act])
    return redirect(comment)


def _section(
    request: HttpRequest, page: Page, draft: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """All comments again. A refused text stands in the form of its thread; where that is not open, in the page's."""
    context = {"page": page, "revision": page.revision, **comments_context(request, page)}
    answerable = {str(thread.comment.pk) for thread in context["talk"].open}
    kept = draft or {}
    if kept.get("answers", "") not in answerable:
        kept = kept | {"answers": ""}
    context["draft_comment"] = kept
    return render(request, "wiki/parts/comments.html", context, status=status)


def comments_context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """`talk`: the threads; `unseen`: how often this reader is named here and has not seen it."""
    everything = request.GET.get("comments") == "all"
    return {
        "talk": talk(request.user, page, everything=everything),
        "unseen": unseen_mentions(request.user, page).count(),
    }


@require_safe
@login_required
def mentions(request: HttpRequest) -> HttpResponse:
    """Who named me where, the newest first."""
    found = cut(mentions_of(request.user), order=NEWEST, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context: dict[str, Any] = {"rows": found.rows, "unseen": unseen_mentions(request.user).count()}
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and address(request.GET, "wiki:mentions", cursor=cursor)
    return render(request, "wiki/mentions.html", context)


@require_POST
@login_required
def see(request: HttpRequest, uid: str) -> HttpResponse:
    """The reader has the page before them: what names them there is seen. Sent by the page itself once it is loaded."""
    page = page_by_uid(request.user, uid)
    see_mentions(actor=request.user, page=page)
    return HttpResponse(status=204) if getattr(request, "htmx", False) else redirect(page)


@require_POST
@login_required
def see_all(request: HttpRequest) -> HttpResponse:
    count = see_all_mentions(actor=request.user)
    messages.success(request, f"{counted(count, 'mention')} marked as seen.")
    return redirect(reverse("wiki:mentions"))
