"""Entities in and out as `catalog-info.yaml`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.catalog import queries
from apps.catalog.actions.exchange import import_catalog_info, preview_import
from apps.catalog.exchange import catalog_info
from apps.catalog.forms import ImportForm
from apps.catalog.views.entity import load
from apps.core.errors import PortalError
from apps.core.form_fields import posted, show_refusal
from apps.people.queries import own_teams


@require_safe
@login_required
def export(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    """The entity's file, with the relations that this person may see."""
    entity = load(request, kind, namespace, name)
    groups = queries.relations_of(request.user, entity)
    edges = [(row.type, other) for _, rows in groups for row, other in rows if row.source_id == entity.pk]
    text = catalog_info(entity, edges, base_url=request.build_absolute_uri("/").rstrip("/"))
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{entity.name}.catalog-info.yaml"'
    return response


@login_required
def bring_in(request: HttpRequest) -> HttpResponse:
    """First what the file would do, line by line; then, on a second press, it is done."""
    teams = own_teams(request.user).select_related("business_unit", "group")
    form = ImportForm(posted(request), request.FILES or None, teams=teams)
    context: dict[str, Any] = {"form": form, "has_team": bool(teams)}
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                if "import" in request.POST:
                    return _import(request, form)
                context |= _plan(request, form)
                status = 200
            except PortalError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
    return render(request, "catalog/edit/import.html", context, status=status)


def _plan(request: HttpRequest, form: ImportForm) -> dict[str, Any]:
    text, owner = form.cleaned_data["text"], form.cleaned_data["owner"]
    outcomes = preview_import(actor=request.user, text=text, owner=owner)
    counts = {
        change: sum(one.change == change for one in outcomes)
        for change in ("create", "update", "same", "refused")
    }
    return {
        "outcomes": outcomes,
        "counts": counts,
        "good": counts["create"] + counts["update"],
        "text": text,
        "owner": owner,
    }


def _import(request: HttpRequest, form: ImportForm) -> HttpResponse:
    text, owner = form.cleaned_data["text"], form.cleaned_data["owner"]
    entities = import_catalog_info(
        actor=request.user, text=text, owner=owner, skip_refused="skip" in request.POST
    )
    messages.success(
        request, f"{len(entities)} {'entity is' if len(entities) == 1 else 'entities are'} as the file says."
    )
    return redirect(entities[0]) if len(entities) == 1 else redirect(f"{reverse('catalog:list')}?mine=1")
