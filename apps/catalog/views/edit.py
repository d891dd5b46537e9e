"""Writing entities in the browser: a new one by a form that knows its kind, and changes to one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.catalog import queries
from apps.catalog.actions import create_entity, update_entity
from apps.catalog.forms import EntityForm, NewEntityForm, name_from
from apps.catalog.forms.entities import DETAILS, LONG_FACTS
from apps.catalog.models import Entity
from apps.catalog.views.entity import load
from apps.catalog.views.meanwhile import merged
from apps.catalog.vocabulary import Kind
from apps.core.checking import LONGEST_DESCRIPTION
from apps.core.errors import Conflict, NotFound, PortalError
from apps.core.form_fields import offer, posted, show_refusal
from apps.core.policies import require
from apps.people.queries import own_teams

KINDS: dict[str, str] = {
    Kind.MODEL: "Something trained that scores, classifies or generates",
    Kind.DATASET: "A table, files or a stream that somebody learns from or reports on",
    Kind.FEATURE_VIEW: "Features, computed once and used by many models",
    Kind.PIPELINE: "Steps that run on a schedule or on an event",
    Kind.SERVICE: "Something that answers other programs",
    Kind.APPLICATION: "Something that people open and work with",
    Kind.API: "A contract that others call, with its definition",
    Kind.TOOL: "Software that teams build with",
    Kind.AGENT: "A program that plans and acts with a language model",
    Kind.PROMPT: "Words for a language model that are kept and versioned",
    Kind.DASHBOARD: "Figures that people look at",
    Kind.USE_CASE: "A business problem that several of the others solve together",
}
LONG_NAMES = tuple(name for name, _, _ in LONG_FACTS.values())
MOST_SIMILAR = 5
MOST_TAGS = 300


@require_safe
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """First the kind, because it decides what else matters."""
    context = {
        "kinds": [(kind, Kind(kind).label, text) for kind, text in KINDS.items()],
        "may_create": own_teams(request.user).exists(),
    }
    return render(request, "catalog/edit/kinds.html", context)


@login_required
def new_of_kind(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in Kind.values:
        raise NotFound("The catalog has no such kind.", next_step="Choose one of the list.")
    teams = own_teams(request.user).select_related("business_unit", "group")
    form = NewEntityForm(
        posted(request), kind=kind, teams=teams, initial={"title": request.GET.get("title", "")[:200]}
    )
    _offer(form, request)
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        try:
            entity = create_entity(actor=request.user, **form.new())
        except PortalError as refusal:
            show_refusal(form, refusal, "name" if isinstance(refusal, Conflict) else None)
        else:
            messages.success(request, f"{entity} is in the catalog.")
            return redirect(entity)
    context = _page(request, form, kind) | {
        "label": Kind(kind).label,
        "has_team": bool(teams),
        "what": KINDS[kind],
    }
    return _answer(request, "catalog/edit/new.html", context, form)


@login_required
def edit(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    require(request.user, "change", entity)
    form = EntityForm(posted(request), kind=entity.kind, entity=entity)
    _offer(form, request)
    context: dict[str, Any] = {}
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        try:
            return _save(request, entity, form)
        except Conflict as lost:
            form, context = merged(request, entity, form, lost)
            _offer(form, request)
        except PortalError as refusal:
            show_refusal(form, refusal)
    return _answer(
        request,
        "catalog/edit/edit.html",
        _page(request, form, entity.kind) | {"entity": entity} | context,
        form,
    )


def _save(request: HttpRequest, entity: Entity, form: EntityForm) -> HttpResponse:
    changes, details = form.changes(), form.details()
    version = form.cleaned_data["version"]
    update_entity(
        actor=request.user, entity=entity, changes=changes, details=details, expected_version=version
    )
    messages.success(
        request, f"{entity} is saved." if changes or details else "Nothing was different; nothing was saved."
    )
    return redirect(entity)


def _offer(form: EntityForm, request: HttpRequest) -> None:
    for name in ("accountable", "operated_by"):
        offer(form, name, request.user)


def _answer(request: HttpRequest, template: str, context: dict[str, Any], form: EntityForm) -> HttpResponse:
    if "more" in request.POST:
        form.errors.clear()
        return render(request, template, context)
    status = 409 if "lost" in context else 400 if form.is_bound and form.errors else 200
    return render(request, template, context, status=status)


def _page(request: HttpRequest, form: EntityForm, kind: str) -> dict[str, Any]:
    names = DETAILS.get(kind, ())
    return {
        "form": form,
        "kind": kind,
        "own": [[form[name] for name in names[at : at + 2]] for at in range(0, len(names), 2)],
        "long_facts": [form[name] for name in LONG_NAMES if name in form.fields],
        "known_tags": _known_tags(request.user),
    }


def _known_tags(user: Any) -> list[str]:
    facet = next(facet for facet in queries.facets(user, queries.EntityFilter()) if facet.field == "tag")
    return [value.value for value in facet.values][:MOST_TAGS]


@require_safe
@login_required
def similar(request: HttpRequest) -> HttpResponse:
    """While somebody types a title: what exists already, and a name that follows the title until they choose
    one."""
    title = request.GET.get("title", "")[:200]
    name, suggested = request.GET.get("name", ""), request.GET.get("suggested", "")
    follows = name in {"", suggested}
    context = {
        "entities": similar_to(request.user, title),
        "title": title,
        "follows": follows,
        "name": name_from(title),
    }
    return render(request, "catalog/edit/similar.html", context)


def similar_to(user: Any, title: str) -> list[Entity]:
    """Entities that have all words of the title, then those that have one of its longer words."""
    rows = queries.entities(user)
    found = (
        {entity.pk: entity for entity, _ in queries.search_entities(rows, title, MOST_SIMILAR)}
        if len(title) > 2
        else {}
    )
    for word in sorted({word for word in title.split() if len(word) > 3}, key=len, reverse=True)[:3]:
        if len(found) < MOST_SIMILAR:
            found |= {entity.pk: entity for entity, _ in queries.search_entities(rows, word, MOST_SIMILAR)}
    return list(found.values())[:MOST_SIMILAR]


@require_POST
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """The description as readers will see it."""
    template = "preview" if getattr(request, "htmx", False) else "preview_page"
    return render(
        request,
        f"catalog/edit/{template}.html",
        {"text": request.POST.get("description", "")[:LONGEST_DESCRIPTION]},
    )


@require_safe
@login_required
def pair_row(request: HttpRequest, name: str) -> HttpResponse:
    """One more empty row of links or facts."""
    labels = {"links": ("Address", "Title"), "facts": ("Name", "Value")}
    if name not in labels:
        raise NotFound
    return render(request, "catalog/edit/pair_row.html", {"name": name, "labels": labels[name], "row": {}})
