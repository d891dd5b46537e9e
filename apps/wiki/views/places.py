"""Where a page stands: moving, ordering, its address, taking it out of the tree."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Conflict, Invalid
from apps.core.form_fields import posted
from apps.core.words import counted
from apps.wiki.actions.placing import archive_page, move_page, rename_page, unarchive_page
from apps.wiki.actions.rewriting import Rewritten, keep_links, rewrite_links
from apps.wiki.forms.places import MoveForm, OrderForm, RenameForm, StateForm
from apps.wiki.models import Page, Space
from apps.wiki.queries.links import backlinks
from apps.wiki.queries.pages import below, page_by_uid, space_at
from apps.wiki.queries.places import (
    MOST_PLACES,
    comes_along,
    linked_by_old_address,
    neighbours,
    places,
    spaces_to_write,
)
from apps.wiki.views.surroundings import FORM, frame, load
from apps.wiki.vocabulary import PageState

MOST_LISTED = 20


@require_http_methods(FORM)
@login_required
def move(request: HttpRequest, uid: str) -> HttpResponse:
    """`?space=` shows the tree of another space; the POST names the page to stand below or beside."""
    page = load(request, uid)
    space = _wanted_space(request, page)
    elsewhere = space.pk != page.space_id
    form = MoveForm(posted(request), elsewhere=elsewhere, initial={"version": page.version})
    status = DONE
    if request.method == "POST":
        status = carried_out(request, form, lambda sent: _moved(request, page, sent), "target")
        if status == DONE:
            return _after_move(request, page)
    return render(request, "wiki/move.html", _move_page(request, page, space, form), status=status)


def _wanted_space(request: HttpRequest, page: Page) -> Space:
    slug = request.GET.get("space", "")
    return page.space if slug in {"", page.space.slug} else space_at(request.user, slug)


def _move_page(request: HttpRequest, page: Page, space: Space, form: MoveForm) -> dict[str, Any]:
    page = page_by_uid(request.user, page.uid)
    number, along = comes_along(request.user, page)
    before, after = neighbours(request.user, page)
    rows = places(request.user, page, space)
    return frame(request, page, "Move") | {
        "form": form,
        "wanted": space,
        "elsewhere": space.pk != page.space_id,
        "spaces": spaces_to_write(request.user),
        "places": rows,
        "cut": len(rows) == MOST_PLACES,
        "chosen": form["target"].value() or "",
        "number": number,
        "along": along,
        "before": before,
        "after": after,
    }


def _moved(request: HttpRequest, page: Page, sent: dict[str, Any]) -> str:
    target, left = page_by_uid(request.user, sent["target"]), page.space
    number, _ = comes_along(request.user, page)
    moved = move_page(
        actor=request.user,
        page=page,
        target=target,
        position=sent["position"],
        expected_version=sent["version"],
    )
    if sent.get("keep") and moved.space_id != left.pk:
        _tell_left(request, keep_links(actor=request.user, page=moved, before=left))
    with_them = f" with {counted(number, 'page')} below it" if number else ""
    return f"“{page.title}” is moved{with_them}."


def _tell_left(request: HttpRequest, outcome: Rewritten) -> None:
    for page, reason in outcome.left[:MOST_LISTED]:
        messages.warning(request, f"The links of “{page.title}” stay as they were. {reason}")


def _after_move(request: HttpRequest, page: Page) -> HttpResponse:
    """To the page; where others link to it by its old address, to the offer to rewrite these."""
    moved = page_by_uid(request.user, page.uid)
    if linked_by_old_address(request.user, moved).exists():
        return redirect(reverse("wiki:rename", args=[moved.uid]) + "#links")
    return redirect(moved)


@require_POST
@login_required
def order(request: HttpRequest, uid: str) -> HttpResponse:
    """One place up or down among the pages beside it."""
    page, form = load(request, uid), OrderForm(request.POST)
    if not form.is_valid():
        raise Invalid("Say up or down.", next_step="Use the buttons of the page “Move”.")
    up = form.cleaned_data["direction"] == "up"
    neighbour = neighbours(request.user, page)[0 if up else 1]
    if neighbour is None:
        raise Conflict(
            f"It is the {'first' if up else 'last'} one already.", next_step="Go back to the page."
        )
    move_page(actor=request.user, page=page, target=neighbour, position="left" if up else "right")
    messages.success(request, f"“{page.title}” stands {'before' if up else 'after'} “{neighbour.title}” now.")
    return redirect("wiki:move", page.uid)


@require_http_methods(FORM)
@login_required
def rename(request: HttpRequest, uid: str) -> HttpResponse:
    """The address of a page (`do=rename`), and the links that still say an old one (`do=rewrite`)."""
    page = load(request, uid)
    if request.POST.get("do") == "rewrite":
        return _rewrite(request, page)
    form = RenameForm(posted(request), initial={"slug": page.slug, "version": page.version})
    status = DONE
    if request.method == "POST":
        status = carried_out(request, form, lambda sent: _renamed(request, page, sent), "slug")
        if status == DONE:
            old = linked_by_old_address(request.user, page).exists()
            return redirect(reverse("wiki:rename", args=[page.uid]) + "#links") if old else redirect(page)
    return render(request, "wiki/rename.html", _rename_page(request, page, form), status=status)


def _renamed(request: HttpRequest, page: Page, sent: dict[str, Any]) -> str:
    before = page.slug
    rename_page(actor=request.user, page=page, slug=sent["slug"], expected_version=sent["version"])
    if page.slug == before:
        return "It has this address already; nothing was changed."
    return f"“{page.title}” stands at {page.get_absolute_url()} now. The old address leads there."


def _rewrite(request: HttpRequest, page: Page) -> HttpResponse:
    outcome = rewrite_links(actor=request.user, page=page)
    number = len(outcome.changed)
    if number:
        messages.success(request, f"{counted(number, 'page')} name its address of today now.")
    form = RenameForm(initial={"slug": page.slug, "version": page.version})
    context = _rename_page(request, page, form) | {"outcome": outcome}
    return render(request, "wiki/rename.html", context)


def _rename_page(request: HttpRequest, page: Page, form: RenameForm) -> dict[str, Any]:
    page = page_by_uid(request.user, page.uid)
    linking = list(linked_by_old_address(request.user, page).with_can(request.user, "change"))
    return frame(request, page, "Address") | {"form": form, "linking": linking}


@require_http_methods(FORM)
@login_required
def archive(request: HttpRequest, uid: str) -> HttpResponse:
    """Out of tree and search, and back."""
    page = load(request, uid)
    status, form = DONE, StateForm(posted(request))
    if request.method == "POST":
        status = carried_out(request, form, lambda sent: _set_state(request, page, sent))
        if status == DONE:
            return redirect(page)
    page = page_by_uid(request.user, page.uid)
    linking = backlinks(request.user, page)
    context = frame(request, page, "Archive" if page.state == PageState.CURRENT else "Bring back") | {
        "form": form,
        "archived": page.state == PageState.ARCHIVED,
        "below": below(request.user, page)[:MOST_LISTED],
        "below_number": below(request.user, page).count(),
        "linking": linking[:MOST_LISTED],
        "linking_number": linking.count(),
    }
    return render(request, "wiki/archive.html", context, status=status)


def _set_state(request: HttpRequest, page: Page, sent: dict[str, Any]) -> str:
    if sent["do"] == "archive":
        archive_page(actor=request.user, page=page, expected_version=sent["version"])
        return f"“{page.title}” is archived."
    unarchive_page(actor=request.user, page=page, expected_version=sent["version"])
    return f"“{page.title}” is back in its place."
