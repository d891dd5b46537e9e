"""Relations drawn and ended by people."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from apps.catalog.actions import relate, unrelate
from apps.catalog.forms import RelationForm
from apps.catalog.models import Entity, Relation
from apps.catalog.views.entity import load
from apps.core.errors import NotFound, PortalError
from apps.core.form_fields import offer, posted, show_refusal
from apps.core.policies import require


@login_required
def add(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    require(request.user, "change", entity)
    form = RelationForm(posted(request))
    offer(form, "target", request.user)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return _relate(request, entity, form)
            except PortalError as refusal:
                show_refusal(form, refusal, "target")
                status = refusal.status
    return render(request, "catalog/edit/relate.html", {"entity": entity, "form": form}, status=status)


def _relate(request: HttpRequest, entity: Entity, form: RelationForm) -> HttpResponse:
    """An edge belongs to its source: seen from the other end, that one's right to change is asked."""
    type_, _, way = form.cleaned_data["type"].partition(":")
    other = form.cleaned_data["target"]
    source, target = (entity, other) if way == "out" else (other, entity)
    relate(actor=request.user, source=source, target=target, type=type_)
    messages.success(request, f"{entity} and {other} are related.")
    return redirect("catalog:relations", entity.kind, entity.namespace, entity.name)


@require_POST
@login_required
def end(request: HttpRequest, kind: str, namespace: str, name: str, pk: int) -> HttpResponse:
    """Ends one curated edge of this entity, whichever end it is."""
    entity = load(request, kind, namespace, name)
    rows = Relation.objects.visible_to(request.user).filter(Q(source=entity) | Q(target=entity))
    relation = rows.filter(pk=pk, ended_at=None).select_related("source", "target").first()
    if relation is None:
        raise NotFound("There is no such relation any more.", next_step="Load the page again.")
    unrelate(actor=request.user, relation=relation)
    messages.success(request, "The relation is ended; history keeps it.")
    return redirect("catalog:relations", entity.kind, entity.namespace, entity.name)
