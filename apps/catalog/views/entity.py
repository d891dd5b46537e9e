"""The page of one entity, tab by tab."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.catalog import queries
from apps.catalog.facts import facts_of
from apps.catalog.models import Alias, Deployment, Entity, Finding, ModelVersion
from apps.catalog.pictures import draw
from apps.catalog.queries.lineage import DEEPEST
from apps.catalog.vocabulary import MOVES, VERSIONED_KINDS
from apps.core.errors import NotFound
from apps.core.feed import about
from apps.core.plugs import panels
from apps.core.policies import abilities

TABS = (
    ("overview", "Overview"),
    ("versions", "Versions"),
    ("deployments", "Deployments"),
    ("lineage", "Lineage"),
    ("relations", "Relations"),
    ("activity", "Activity"),
)
HISTORY_ROWS = 100
FIGURES = 3
HOPS = 2  # what a laptop shows at once


def load(request: HttpRequest, kind: str, namespace: str, name: str) -> Entity:
    return queries.entity_by_parts(request.user, kind, namespace, name)


def frame(request: HttpRequest, entity: Entity, tab: str) -> dict[str, Any]:
    """What every tab shows: header, tabs, facts, and what this person may do."""
    at = [entity.kind, entity.namespace, entity.name]
    shown = [(name, label) for name, label in TABS if name != "versions" or entity.kind in VERSIONED_KINDS]
    tabs = [
        {
            "label": label,
            "url": reverse(f"catalog:{'entity' if name == 'overview' else name}", args=at),
            "active": name == tab,
        }
        for name, label in shown
    ]
    can = abilities(request.user, entity)
    return {
        "entity": entity,
        "tab": tab,
        "tier_label": f"Tier {entity.tier}",
        "tabs": tabs,
        "can": can,
        "moves": MOVES[entity.stage] if can["change"] or can["administer"] else (),
        "aliases": Alias.objects.visible_to(request.user)
        .filter(entity=entity, valid_to=None)
        .select_related("version"),
    }


@require_safe
@login_required
def overview(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    context = frame(request, entity, "overview")
    latest = _versions(request, entity).first()
    classification, origins = queries.effective_classification(request.user, entity)
    context |= {
        "facts": facts_of(entity, request.user),
        "definition": entity.curated.get("definition", ""),
        "stages": entity.stage_events.visible_to(request.user).select_related("actor"),
        "findings": Finding.objects.visible_to(request.user).filter(
            entity=entity, state__in=Finding.OPEN_STATES
        ),
        "latest": latest,
        "figures": list(latest.metrics.items())[:FIGURES] if latest else [],
        "running": _deployments(request, entity).filter(ended_at=None),
        "classification": classification,
        "classified_by": [origin for origin in origins if origin.pk != entity.pk],
        "panels": panels(request, entity),
    }
    return render(request, "catalog/entity/overview.html", context)


@require_safe
@login_required
def versions(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    rows = list(_versions(request, entity)[:200])
    metrics = _metric_columns(rows)
    aliases = Alias.objects.visible_to(request.user).filter(entity=entity).select_related("version")
    context = frame(request, entity, "versions") | {
        "rows": [(row, [row.metrics.get(metric) for metric in metrics]) for row in rows],
        "metrics": metrics,
        "trends": _trends(rows, metrics),
        "alias_history": aliases.order_by("-valid_from", "-id")[:50],
        "by_version": _aliases_by_version(aliases),
    }
    return render(request, "catalog/entity/versions.html", context)


@require_safe
@login_required
def compare(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    """Two versions side by side: `?left=3&right=5`."""
    entity = load(request, kind, namespace, name)
    rows = _versions(request, entity)
    found = {row.version: row for row in rows.filter(version__in=_asked(request))}
    left, right = found.get(request.GET.get("left", "")), found.get(request.GET.get("right", ""))
    if left is None or right is None:
        raise NotFound(
            "One of the two versions does not exist.", next_step="Choose two versions in the list."
        )
    context = frame(request, entity, "versions") | {
        "comparison": queries.compare(left, right),
        "all_versions": rows[:200],
    }
    return render(request, "catalog/entity/compare.html", context)


@require_safe
@login_required
def deployments(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    rows = _deployments(request, entity).prefetch_related("revisions__model_version")
    return render(
        request, "catalog/entity/deployments.html", frame(request, entity, "deployments") | {"rows": rows}
    )


@require_safe
@login_required
def lineage(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    asked = request.GET.get("depth", "")
    depth = min(max(int(asked), 1), DEEPEST) if asked.isdecimal() and len(asked) < 4 else HOPS
    direction = request.GET.get("direction", "both")
    direction = direction if direction in {"up", "down", "both"} else "both"
    graph = queries.lineage(request.user, entity, direction, depth)  # type: ignore[arg-type]
    context = frame(request, entity, "lineage") | {
        "graph": graph,
        "picture": draw(graph, entity, unfolded=request.GET.get("all") == "1"),
        "depth": depth,
        "direction": direction,
        "depths": range(1, 7),
        "names": {node.entity.pk: node.entity for node in graph.nodes},
    }
    return render(request, "catalog/entity/lineage.html", context)


@require_safe
@login_required
def relations(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    groups = queries.relations_of(request.user, entity)
    return render(
        request, "catalog/entity/relations.html", frame(request, entity, "relations") | {"groups": groups}
    )


@require_safe
@login_required
def activity(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    entries = about(request.user, entity, HISTORY_ROWS)
    return render(
        request, "catalog/entity/activity.html", frame(request, entity, "activity") | {"entries": entries}
    )


def _asked(request: HttpRequest) -> list[str]:
    """The two versions of the address."""
    return [request.GET.get(side, "") for side in ("left", "right")]


def _versions(request: HttpRequest, entity: Entity) -> Any:
    return ModelVersion.objects.visible_to(request.user).filter(entity=entity).order_by("-number", "-id")


def _deployments(request: HttpRequest, entity: Entity) -> Any:
    rows = Deployment.objects.visible_to(request.user).filter(entity=entity)
    return rows.select_related("model_version", "source", "owner").order_by(
        "ended_at", "environment", "cluster", "id"
    )


def _metric_columns(rows: list[ModelVersion]) -> list[str]:
    """The metrics that most versions have, at most six, in a stable order."""
    counts: dict[str, int] = {}
    for row in rows:
        for name in row.metrics:
            counts[name] = counts.get(name, 0) + 1
    return sorted(sorted(counts), key=lambda name: -counts[name])[:6]


def _trends(rows: list[ModelVersion], metrics: list[str]) -> list[tuple[str, list[float]]]:
    """Each metric over the versions, oldest first, where at least three have it."""
    series = [
        (
            name,
            [row.metrics[name] for row in reversed(rows) if isinstance(row.metrics.get(name), int | float)],
        )
        for name in metrics
    ]
    return [(name, values) for name, values in series if len(values) >= 3]


def _aliases_by_version(aliases: Any) -> dict[int, list[str]]:
    current: dict[int, list[str]] = {}
    for alias in aliases:
        if alias.valid_to is None:
            current.setdefault(alias.version_id, []).append(alias.alias)
    return current
