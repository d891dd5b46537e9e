"""Hearing of changes: watching a page, what is below it, a space."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Invalid
from apps.wiki.actions.watching import unwatch, watch
from apps.wiki.forms.talk import WatchForm, cleaned
from apps.wiki.models import Page, Space
from apps.wiki.queries.pages import page_by_uid, space_at
from apps.wiki.queries.watching import watches, watching_page, watching_space

SAID = {
    "on": "You watch “{}”: changes by others come with your daily digest.",
    "subtree": "You watch “{}” and all pages below it: changes by others come with your daily digest.",
    "off": "You no longer watch “{}”.",
}


@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """Everything that I watch."""
    context = {"watches": watches(request.user), "address": getattr(request.user, "email", "")}
    return render(request, "wiki/watching.html", context)


@require_POST
@login_required
def watch_page(request: HttpRequest, uid: str) -> HttpResponse:
    """`watch` is on, subtree or off; htmx gets the button back."""
    page = page_by_uid(request.user, uid)
    way = cleaned(WatchForm(request.POST))["watch"]
    _watch(request.user, way, page=page)
    if getattr(request, "htmx", False):
        context = {"page": page, **watching_context(request, page)}
        return render(request, "wiki/parts/watch.html", context)
    messages.success(request, SAID[way].format(page.title))
    return _back(request, page)


@require_POST
@login_required
def watch_space(request: HttpRequest, space: str) -> HttpResponse:
    found = space_at(request.user, space)
    way = cleaned(WatchForm(request.POST))["watch"]
    if way == "subtree":
        raise Invalid(errors={"watch": ["A space is watched as a whole: on or off."]})
    _watch(request.user, way, space=found)
    messages.success(request, SAID[way].format(found.title))
    return _back(request, found)


def _watch(user: Any, way: str, *, page: Page | None = None, space: Space | None = None) -> None:
    if way == "off":
        unwatch(actor=user, page=page, space=space)
    else:
        watch(actor=user, page=page, space=space, subtree=way == "subtree")


def _back(request: HttpRequest, place: Page | Space) -> HttpResponse:
    """Where the button was: the list of what is watched, or the page."""
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/wiki/")
    return redirect(back if safe else place)


def watching_context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """`watch`: this reader's own watch of the page, and what else brings its changes to them."""
    found: dict[str, Any] = {"watch": watching_page(request.user, page)}
    if page.is_home:
        found["space_watch"] = watching_space(request.user, page.space)
    return found
