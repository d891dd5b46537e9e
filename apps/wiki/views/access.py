"""Who may see or change a page or a space beyond the table of rights. The actions hold the rights."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.deciding import DONE, carried_out
from apps.core.errors import NotFound
from apps.core.form_fields import offer, posted
from apps.core.policies import require
from apps.people.forms import GrantForm, RevokeForm
from apps.people.queries.grants import grants_of
from apps.wiki.actions.placing import grant_page, revoke_page
from apps.wiki.actions.spaces import grant_space, revoke_space
from apps.wiki.models import Page, Space
from apps.wiki.queries.pages import space_at
from apps.wiki.views.surroundings import FORM, frame, load, space_crumbs

WORDS = {"view": "see it", "change": "see and change it"}


@require_http_methods(FORM)
@login_required
def page(request: HttpRequest, uid: str) -> HttpResponse:
    found = load(request, uid, "administer")
    return _answer(request, found, frame(request, found, "Access"))


@require_http_methods(FORM)
@login_required
def space(request: HttpRequest, space: str) -> HttpResponse:
    found = space_at(request.user, space)
    require(request.user, "administer", found)
    return _answer(request, found, {"space": found, "crumbs": space_crumbs(found, "Access")})


def _answer(request: HttpRequest, obj: Page | Space, context: dict[str, Any]) -> HttpResponse:
    if request.POST.get("do") == "revoke":
        return _revoke(request, obj)
    form = GrantForm(posted(request))
    offer(form, "grantee", request.user)
    status = DONE
    if request.method == "POST":
        status = carried_out(request, form, lambda sent: _granted(request, obj, sent), "grantee")
        if status == DONE:
            return redirect(request.path)
    rows = [row | {"key": _key(row), "words": WORDS[row["permission"]]} for row in grants_of(obj)]
    context |= {"obj": obj, "form": form, "grants": rows}
    return render(request, "wiki/access.html", context, status=status)


def _granted(request: HttpRequest, obj: Page | Space, sent: dict[str, Any]) -> str:
    given = {name: sent[name] for name in ("grantee", "permission", "note")}
    if isinstance(obj, Page):
        grant_page(actor=request.user, page=obj, **given)
    else:
        grant_space(actor=request.user, space=obj, **given)
    return f"{sent['grantee']} may {WORDS[sent['permission']]} now."


def _revoke(request: HttpRequest, obj: Page | Space) -> HttpResponse:
    form = RevokeForm(request.POST)
    who = _grantee(obj, form.cleaned_data["grantee"]) if form.is_valid() else None
    if who is None:
        raise NotFound("There is no such grant any more.", next_step="Load the page again.")
    taken = {"grantee": who, "permission": form.cleaned_data["permission"]}
    if isinstance(obj, Page):
        revoke_page(actor=request.user, page=obj, **taken)
    else:
        revoke_space(actor=request.user, space=obj, **taken)
    messages.success(request, f"The grant of {who} is revoked.")
    return redirect(request.path)


def _grantee(obj: Page | Space, key: str) -> Any:
    """Whoever holds a grant, also people who left and teams that ended."""
    return next((row["grantee"] for row in grants_of(obj) if _key(row) == key), None)


def _key(row: dict[str, Any]) -> str:
    who = row["grantee"]
    return f"team:{who.slug}" if row["kind"] == "team" else f"user:{who.username}"
