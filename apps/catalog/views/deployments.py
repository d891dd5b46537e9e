"""What runs anywhere, and whose it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.catalog import queries
from apps.catalog.actions import link_deployment
from apps.catalog.forms import LinkForm
from apps.catalog.models import Deployment, Entity
from apps.catalog.vocabulary import DeploymentStatus
from apps.core.errors import NotFound, PortalError
from apps.core.form_fields import offer, posted, show_refusal
from apps.core.ids import row_of
from apps.core.narrowing import Narrowing, address
from apps.core.pagination import Order, page
from apps.core.policies import require

PAGE_ROWS = 50
NEWEST = Order("-since", "since", descending=True)
MOST_GUESSES = 5


@login_required
def all_deployments(request: HttpRequest) -> HttpResponse:
    """Everything that runs and that this person may see, newest first."""
    rows = Deployment.objects.visible_to(request.user).filter(ended_at=None)
    narrowing = Narrowing(request.GET, "catalog:all-deployments")
    narrowing.choose("cluster", "Cluster", _values(rows, "cluster"))
    narrowing.choose("environment", "Environment", _values(rows, "environment"))
    narrowing.choose("status", "State", DeploymentStatus.choices)
    narrowing.choose("entity", "Entity", [("none", "Without entity"), ("some", "With entity")])
    found = page(
        _narrowed(rows, narrowing.chosen)
        .select_related("entity__owner", "model_version", "owner")
        .with_can(request.user, "change"),
        order=NEWEST,
        cursor=request.GET.get("cursor"),
        limit=PAGE_ROWS,
    )
    context = {"rows": found.rows, "narrowing": narrowing}
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and address(request.GET, "catalog:all-deployments", cursor=cursor)
    return render(request, "catalog/operations/deployments.html", context)


def _values(rows: Any, field: str) -> list[tuple[str, str]]:
    found = rows.order_by(field).values_list(field, flat=True).distinct()[:100]
    return [(value, value) for value in found if value]


def _narrowed(rows: Any, chosen: dict[str, str]) -> Any:
    wanted = dict(chosen)
    entity = wanted.pop("entity", "")
    return rows.filter(**({"entity__isnull": entity == "none"} if entity else {}), **wanted)


@login_required
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Says which entity a workload runs."""
    rows = Deployment.objects.visible_to(request.user).select_related("entity", "owner", "source")
    deployment = row_of(rows, pk)
    if deployment is None:
        raise NotFound("There is no such workload, or it is not shown to you.")
    require(request.user, "change", deployment)
    form = LinkForm(posted(request), initial={"entity": deployment.entity.ref if deployment.entity else ""})
    offer(form, "entity", request.user)
    status = 200
    if request.method == "POST":
        status = 400
        if "unlink" in request.POST or form.is_valid():
            try:
                return _link(
                    request, deployment, None if "unlink" in request.POST else form.cleaned_data["entity"]
                )
            except PortalError as refusal:
                show_refusal(form, refusal, "entity")
                status = refusal.status
    context = {"deployment": deployment, "form": form, "guesses": _guesses(request.user, deployment)}
    return render(request, "catalog/operations/link.html", context, status=status)


def _link(request: HttpRequest, deployment: Deployment, entity: Entity | None) -> HttpResponse:
    link_deployment(actor=request.user, deployment=deployment, entity=entity)
    if entity is None:
        messages.success(request, f"{deployment.workload} belongs to no entity now.")
        return redirect("catalog:all-deployments")
    messages.success(request, f"{deployment.workload} runs {entity}.")
    return redirect("catalog:deployments", entity.kind, entity.namespace, entity.name)


def _guesses(user: Any, deployment: Deployment) -> list[Entity]:
    """Entities whose name looks like the workload's."""
    rows = Entity.objects.allowed(user, "change")
    names = [
        deployment.labels.get(key, "") for key in ("backstage.io/kubernetes-id", "app.kubernetes.io/name")
    ]
    found: dict[int, Entity] = {}
    for name in [str(name) for name in names if name] + [
        deployment.workload,
        deployment.workload.rpartition("-")[0],
    ]:
        if len(found) < MOST_GUESSES and name:
            found |= {entity.pk: entity for entity, _ in queries.search_entities(rows, name, MOST_GUESSES)}
    return list(found.values())[:MOST_GUESSES]
