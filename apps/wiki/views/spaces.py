"""A new space, and what one space is called, who sees it and whose it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.deciding import DONE, carried_out, lost
from apps.core.errors import Conflict, Invalid, PortalError
from apps.core.form_fields import offer, posted, show_refusal
from apps.core.policies import abilities, can, require
from apps.people.actions.transfers import outlook_after_transfer
from apps.people.forms import OwnerForm, VisibilityForm
from apps.people.queries import own_teams
from apps.wiki.actions.spaces import (
    create_space,
    set_space_visibility,
    transfer_space,
    update_space,
)
from apps.wiki.forms.spaces import FrameForm, NewSpaceForm
from apps.wiki.models import Page, Space
from apps.wiki.queries.pages import space_at
from apps.wiki.queries.people import founding_teams, shown_to
from apps.wiki.views.surroundings import FORM, space_crumbs

SECTIONS: dict[str, type[forms.Form]] = {"frame": FrameForm, "visibility": VisibilityForm, "owner": OwnerForm}


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    teams = founding_teams(request.user).select_related("business_unit")
    form = NewSpaceForm(posted(request), teams=teams, own=own_teams(request.user))
    status = DONE
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return redirect(create_space(actor=request.user, **form.cleaned_data))
            except PortalError as refusal:
                show_refusal(form, refusal, "slug" if isinstance(refusal, Conflict) else None)
                status = refusal.status
    context = {"form": form, "has_team": bool(teams)}
    return render(request, "wiki/space_new.html", context, status=status)


@require_http_methods(FORM)
@login_required
def settings(request: HttpRequest, space: str) -> HttpResponse:
    found = space_at(request.user, space)
    require(request.user, "change", found)
    if request.method != "POST":
        return _answer(request, found)
    section = request.POST.get("do", "")
    if section not in SECTIONS:
        raise Invalid("The form lost its section.", next_step="Load the page again.")
    form = SECTIONS[section](request.POST, auto_id=f"{section}_%s")
    if section == "owner":
        offer(form, "owner", request.user)
        if "sure" not in request.POST and form.is_valid():
            return _confirm(request, found, form)
    status = carried_out(
        request, form, lambda sent: ACTS[section](request.user, found, form), _field(section)
    )
    if status == DONE:
        return _onward(request, found)
    return _answer(request, space_at(request.user, space), status, section, form)


def _field(section: str) -> str | None:
    return {"owner": "owner", "visibility": "visibility"}.get(section)


def _change(actor: Any, space: Space, form: Any) -> str:
    update_space(
        actor=actor, space=space, changes=form.changes(), expected_version=form.cleaned_data["version"]
    )
    return f"“{space.title}” is saved."


def _show(actor: Any, space: Space, form: Any) -> str:
    sent = form.cleaned_data
    set_space_visibility(
        actor=actor, space=space, visibility=sent["visibility"], expected_version=sent["version"]
    )
    return f"“{space.title}” is shown to {shown_to(space)}."


def _transfer(actor: Any, space: Space, form: Any) -> str:
    sent = form.cleaned_data
    transfer_space(actor=actor, space=space, owner=sent["owner"], expected_version=sent["version"])
    return f"“{space.title}” belongs to {sent['owner']} now."


ACTS = {"frame": _change, "visibility": _show, "owner": _transfer}


def _confirm(request: HttpRequest, space: Space, form: Any) -> HttpResponse:
    """What the transfer would do to this person's own rights, before it is done."""
    team = form.cleaned_data["owner"]
    try:
        outlook = outlook_after_transfer(
            actor=request.user,
            row=space,
            transfer=lambda copy: transfer_space(actor=request.user, space=copy, owner=team),
        )
    except PortalError as refusal:
        show_refusal(form, refusal, "owner")
        return _answer(request, space_at(request.user, space.slug), refusal.status, "owner", form)
    context = {
        "space": space,
        "team": team,
        "outlook": outlook,
        "pages": Page._base_manager.filter(space=space).count(),
        "version": form.cleaned_data["version"],
        "crumbs": space_crumbs(space, "Transfer"),
    }
    return render(request, "wiki/space_transfer.html", context)


def _onward(request: HttpRequest, space: Space) -> HttpResponse:
    """After a transfer the page, or even the space, may be out of sight."""
    if can(request.user, "change", space):
        return redirect("wiki:space-settings", space.slug)
    return redirect(space) if can(request.user, "view", space) else redirect("wiki:home")


def _answer(
    request: HttpRequest, space: Space, status: int = DONE, section: str = "", bound: Any = None
) -> HttpResponse:
    now = {name: getattr(space, name) for name in ("title", "description", "verify_every_days", "visibility")}
    now["version"] = space.version
    shown: dict[str, forms.Form] = {
        f"{name}_form": bound if name == section else form(initial=now, auto_id=f"{name}_%s")
        for name, form in SECTIONS.items()
    }
    if section != "owner":
        offer(shown["owner_form"], "owner", request.user)
    context = {
        "space": space,
        "crumbs": space_crumbs(space, "Settings"),
        "can": abilities(request.user, space),
        "lost": section if bound is not None and lost(bound) else "",
        **shown,
    }
    return render(request, "wiki/space_settings.html", context, status=status)
