"""Reading the wiki: its spaces, a page with what stands around it, what changed, and where help is."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.core.errors import NotFound
from apps.core.feed import by_time, feed
from apps.core.models import Event
from apps.core.policies import abilities
from apps.wiki.help import chapter
from apps.wiki.models import Draft, Page
from apps.wiki.queries.filtering import documented
from apps.wiki.queries.home import drafts, recent, shelves
from apps.wiki.queries.links import backlinks
from apps.wiki.queries.pages import page_at, page_by_uid
from apps.wiki.queries.people import founding_teams
from apps.wiki.queries.reading import read
from apps.wiki.queries.truth import to_verify
from apps.wiki.text.outline import anchor_id
from apps.wiki.views import parts
from apps.wiki.views.surroundings import crumbs, surroundings
from apps.wiki.vocabulary import HANDBOOK, HOME

CARD_ROWS = 6
RECENT_ROWS = 8
LINKS_SHOWN = 5
FEED_ROWS = 50


@require_safe
@login_required
def spaces(request: HttpRequest) -> HttpResponse:
    found = shelves(request.user)
    context = {
        "shelves": found,
        "named": {shelf.space.pk for shelf in found},  # a page may be shown where its space is not
        "recent": recent(request.user)[:RECENT_ROWS],
        "unverified": to_verify(request.user)[:CARD_ROWS],
        "drafts": drafts(request.user)[:CARD_ROWS],
        "may_create": founding_teams(request.user).exists(),
    }
    return render(request, "wiki/home.html", context)


@require_safe
@login_required
def changes(request: HttpRequest) -> HttpResponse:
    """What happened in the wiki, as far as the reader sees it, page by page."""
    before = request.GET.get("before", "")
    older_than = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    events = Event.objects.filter(verb__startswith="wiki.")
    entries = feed(request.user, limit=FEED_ROWS, before=older_than, events=events)
    older = entries[-1].event.pk if len(entries) == FEED_ROWS else None
    return render(request, "wiki/changes.html", {"feed": by_time(entries), "older": older})


@require_safe
@login_required
def help_page(request: HttpRequest, view_name: str) -> HttpResponse:
    """The handbook's chapter or section about a view; its first page, or the wiki's, where there is none."""
    for slug, _, section in (chapter(view_name).partition("#"), (HOME, "", "")):
        try:
            address = page_at(request.user, HANDBOOK, slug or HOME).get_absolute_url()
        except NotFound:
            continue
        return redirect(f"{address}#{anchor_id(section)}" if section else address)
    return redirect("wiki:home")


@require_safe
@login_required
def permanent(request: HttpRequest, uid: str) -> HttpResponse:
    return redirect(page_by_uid(request.user, uid))


@require_safe
@login_required
def space(request: HttpRequest, space: str) -> HttpResponse:
    """A space opens with its home page."""
    return _page(request, page_at(request.user, space))


@require_safe
@login_required
def page(request: HttpRequest, space: str, slug: str) -> HttpResponse:
    """An old address, or one that is written otherwise, leads to the page's own for good."""
    found = page_at(request.user, space, slug)
    if found.get_absolute_url() != reverse("wiki:page", args=[space, slug]):
        return HttpResponsePermanentRedirect(found.get_absolute_url())
    return _page(request, found)


def _page(request: HttpRequest, page: Page) -> HttpResponse:
    if page.revision is None:
        raise NotFound("This page has no text yet.")
    page.revision.page = page
    around = surroundings(request.user, page)
    context = {
        "page": page,
        "space": page.space,
        "revision": page.revision,
        "around": around,
        "crumbs": crumbs(around.way, page),
        "can": abilities(request.user, page),
        "reading": read(request.user, page.revision),
        "draft": Draft.objects.visible_to(request.user).filter(page=page).defer("text").first(),
        **_facts(request.user, page),
    }
    return render(request, "wiki/page.html", context | parts.context(request, page))


def _facts(user: Any, page: Page) -> dict[str, Any]:
    linking = list(backlinks(user, page).defer("search_vector")[: LINKS_SHOWN + 1])
    return {
        "documents": documented(user, page),
        "backlinks": linking[:LINKS_SHOWN],
        "more_backlinks": len(linking) > LINKS_SHOWN,
    }
