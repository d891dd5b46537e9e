"""Where links come from and where they end in nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.core.pagination import Order
from apps.core.pagination import page as cut
from apps.core.policies import can
from apps.wiki.models import Link, Space
from apps.wiki.queries.links import backlinks as linking
from apps.wiki.queries.links import broken_links
from apps.wiki.queries.pages import page_by_uid, space_at, spaces
from apps.wiki.views.surroundings import crumbs, space_crumbs, surroundings

ROWS = 100
OLDEST_FIRST = Order("id")


@require_safe
@login_required
def backlinks(request: HttpRequest, uid: str) -> HttpResponse:
    """Every page that links to this one, as far as the reader sees it."""
    page = page_by_uid(request.user, uid)
    rows = linking(request.user, page).select_related("space", "owner").defer("search_vector")
    part = cut(rows, order=OLDEST_FIRST, cursor=request.GET.get("cursor"), limit=ROWS)
    way = surroundings(request.user, page).way
    named = set(
        spaces(request.user).filter(pk__in={row.space_id for row in part.rows}).values_list("pk", flat=True)
    )
    context = {"page": page, "rows": part.rows, "named": named, **_neighbours(part)}
    return render(request, "wiki/links.html", context | {"crumbs": crumbs(way, page, "What links here")})


@require_safe
@login_required
def broken(request: HttpRequest, space: str) -> HttpResponse:
    """Links of a space that lead nowhere for the reader, with where to begin what they want."""
    found = space_at(request.user, space)
    rows = broken_links(request.user, found).order_by()
    part = cut(rows, order=OLDEST_FIRST, cursor=request.GET.get("cursor"), limit=ROWS)
    begin = can(request.user, "change", found)
    context = {
        "space": found,
        "rows": [(link, _begin(found, link) if begin else "") for link in part.rows],
        "crumbs": space_crumbs(found, "Broken links"),
        **_neighbours(part),
    }
    return render(request, "wiki/broken.html", context)


def _begin(space: Space, link: Link) -> str:
    """Where the wanted page is begun, below the page that wants it; nothing for one of another space."""
    if link.wanted_space not in ("", space.slug):
        return ""
    title = link.written.rpartition("/")[2]
    return (
        f"{reverse('wiki:new', args=[space.slug])}?{urlencode({'title': title, 'parent': link.source.uid})}"
    )


def _neighbours(part: Any) -> dict[str, str]:
    return {
        name: f"?{urlencode({'cursor': cursor})}" if cursor else ""
        for name, cursor in (("next", part.next), ("previous", part.previous))
    }
