"""Who sees an entity and who owns it: visibility, grants, transfer. The actions hold the rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.catalog import queries
from apps.catalog.actions import grant_access, revoke_access, set_visibility, transfer_ownership
from apps.catalog.models import Entity
from apps.catalog.views.entity import load
from apps.core.errors import Conflict, NotFound, PortalError
from apps.core.form_fields import offer, posted, show_refusal
from apps.core.policies import can, require
from apps.people.actions.transfers import outlook_after_transfer
from apps.people.forms import GrantForm, OwnerForm, RevokeForm, VisibilityForm

WORDS = {"view": "see it", "change": "see and change it"}


@require_safe
@login_required
def access(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    return _page(request, _load(request, kind, namespace, name))


@require_POST
@login_required
def visibility(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    def act(form: forms.Form) -> str:
        data = form.cleaned_data
        set_visibility(
            actor=request.user, entity=entity, visibility=data["visibility"], expected_version=data["version"]
        )
        return f"{entity} is visible to: {entity.get_visibility_display()}."

    entity = _load(request, kind, namespace, name)
    return _carry_out(request, entity, "visibility_form", VisibilityForm(posted(request)), act)


@require_POST
@login_required
def owner(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    """The first POST shows what the transfer does to this person's own rights, the second one does it."""

    def act(form: forms.Form) -> str:
        data = form.cleaned_data
        transfer_ownership(
            actor=request.user, entity=entity, owner=data["owner"], expected_version=data["version"]
        )
        return f"{entity} belongs to {data['owner']} now."

    entity = _load(request, kind, namespace, name)
    form = OwnerForm(posted(request))
    offer(form, "owner", request.user)
    if "sure" not in request.POST and form.is_valid():
        try:
            return _confirm(request, entity, form)
        except PortalError as refusal:
            show_refusal(form, refusal, "owner")
            return _page(request, entity, refusal.status, owner_form=form)
    return _carry_out(request, entity, "owner_form", form, act, "owner")


@require_POST
@login_required
def grant(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    def act(form: forms.Form) -> str:
        who, permission = form.cleaned_data["grantee"], form.cleaned_data["permission"]
        grant_access(
            actor=request.user,
            entity=entity,
            grantee=who,
            permission=permission,
            note=form.cleaned_data["note"],
        )
        return f"{who} may {WORDS[permission]} now."

    entity = _load(request, kind, namespace, name)
    form = GrantForm(posted(request))
    offer(form, "grantee", request.user)
    return _carry_out(request, entity, "grant_form", form, act, "grantee")


@require_POST
@login_required
def revoke(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = _load(request, kind, namespace, name)
    form = RevokeForm(request.POST)
    who = _grantee(request.user, entity, form.data.get("grantee", "")) if form.is_valid() else None
    if who is None:
        raise NotFound("There is no such grant any more.", next_step="Load the page again.")
    revoke_access(actor=request.user, entity=entity, grantee=who, permission=form.cleaned_data["permission"])
    messages.success(request, f"The grant of {who} is revoked.")
    return redirect("catalog:access", entity.kind, entity.namespace, entity.name)


def _grantee(user: Any, entity: Entity, key: str) -> Any:
    """Whoever holds a grant on the entity; also people who left and teams that ended."""
    return next((row["grantee"] for row in queries.grants(user, entity) if _key(row) == key), None)


def _key(row: dict[str, Any]) -> str:
    grantee = row["grantee"]
    return f"team:{grantee.slug}" if row["kind"] == "team" else f"user:{grantee.username}"


def _load(request: HttpRequest, kind: str, namespace: str, name: str) -> Entity:
    entity = load(request, kind, namespace, name)
    require(request.user, "administer", entity)
    return entity


def _carry_out(
    request: HttpRequest,
    entity: Entity,
    name: str,
    form: forms.Form,
    act: Callable[[forms.Form], str],
    field: str | None = None,
) -> HttpResponse:
    """Acts and goes back to the page; what was refused stands at its field."""
    status = 400
    if form.is_valid():
        try:
            messages.success(request, act(form))
        except PortalError as refusal:
            show_refusal(form, refusal, None if isinstance(refusal, Conflict) else field)
            status = refusal.status
        else:
            return _onward(request, entity)
    return _page(request, queries.entity_by_id(request.user, entity.pk), status, **{name: form})


def _onward(request: HttpRequest, entity: Entity) -> HttpResponse:
    """After a transfer the page, or even the entity, may be out of sight."""
    if can(request.user, "administer", entity):
        return redirect("catalog:access", entity.kind, entity.namespace, entity.name)
    return redirect(entity) if can(request.user, "view", entity) else redirect("catalog:list")


def _confirm(request: HttpRequest, entity: Entity, form: OwnerForm) -> HttpResponse:
    team = form.cleaned_data["owner"]
    outlook = outlook_after_transfer(
        actor=request.user,
        row=entity,
        transfer=lambda copy: transfer_ownership(actor=request.user, entity=copy, owner=team),
    )
    context = {"entity": entity, "team": team, "outlook": outlook, "version": form.cleaned_data["version"]}
    return render(request, "catalog/access/confirm.html", context)


def _page(request: HttpRequest, entity: Entity, status: int = 200, **bound: forms.Form) -> HttpResponse:
    now = {"version": entity.version}
    blank = {
        "visibility_form": VisibilityForm(initial={"visibility": entity.visibility, **now}),
        "owner_form": OwnerForm(initial=now),
        "grant_form": GrantForm(),
    }
    shown = blank | bound
    for name, field in (("owner_form", "owner"), ("grant_form", "grantee")):
        if name not in bound:
            offer(shown[name], field, request.user)
    grants = [
        row | {"key": _key(row), "words": WORDS[row["permission"]]}
        for row in queries.grants(request.user, entity)
    ]
    context = {"entity": entity, "grants": grants, "version": entity.version, **shown}
    return render(request, "catalog/access/access.html", context, status=status)
