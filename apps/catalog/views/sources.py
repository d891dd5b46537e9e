"""Where the catalog's facts come from, and each sweep with its real numbers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.catalog import queries
from apps.catalog.actions import start_sync
from apps.catalog.models import Source, SyncRun
from apps.core.errors import Conflict, NotFound
from apps.core.ids import row_of
from apps.core.policies import abilities

RUNS_SHOWN = 25
GOING_ON = (SyncRun.State.QUEUED, SyncRun.State.RUNNING)
FIGURES = (
    ("read", "Read"),
    ("added", "Added"),
    ("changed", "Changed"),
    ("missing", "Missing"),
    ("refused", "Refused"),
)


@require_safe
@login_required
def sources(request: HttpRequest) -> HttpResponse:
    if not Source.policy.is_possible(request.user, "view"):
        raise NotFound(
            "Sources are shown to the center's engineers.",
            next_step="Ask the platform team when something looks stale.",
        )
    latest = queries.sync_runs(request.user).order_by("source_id", "-id").distinct("source_id")
    runs = {found.source_id: found for found in latest}
    rows = [(health, runs.get(health.source.pk)) for health in queries.source_health(request.user)]
    return render(
        request, "catalog/operations/sources.html", {"rows": rows, "can_edit": request.user.is_staff}
    )


@require_safe
@login_required
def source(request: HttpRequest, name: str) -> HttpResponse:
    found = _source(request.user, name)
    runs = list(queries.sync_runs(request.user).filter(source=found)[:RUNS_SHOWN])
    context = {
        "source": found,
        "runs": runs,
        "can": abilities(request.user, found),
        "options": _options(found),
        "edits": request.user.is_staff,
    }
    return render(request, "catalog/operations/source.html", context | (progress_of(runs[0]) if runs else {}))


@require_POST
@login_required
def sync(request: HttpRequest, name: str) -> HttpResponse:
    """Starts a sweep and shows it; where one is under way already, shows that one."""
    found = _source(request.user, name)
    try:
        run = start_sync(actor=request.user, source=found)
    except Conflict as busy:
        messages.warning(request, f"{busy.detail} {busy.next_step}".strip())
        going_on = queries.sync_runs(request.user).filter(source=found, state__in=GOING_ON).first()
        return redirect("catalog:run", name, going_on.pk) if going_on else redirect("catalog:source", name)
    return redirect("catalog:run", name, run.pk)


@require_safe
@login_required
def run(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """One sweep; while it goes on, htmx asks for its part every second."""
    rows = queries.sync_runs(request.user).filter(source=_source(request.user, name))
    found = row_of(rows, pk)
    if found is None:
        raise NotFound("There is no such run.")
    template = "run_part" if getattr(request, "htmx", False) else "run"
    response = render(
        request, f"catalog/operations/{template}.html", {"source": found.source, **progress_of(found)}
    )
    response["Cache-Control"] = "no-store"
    return response


def progress_of(found: SyncRun) -> dict[str, Any]:
    """What a run shows: its numbers, and whether there is more to come."""
    return {
        "run": found,
        "going_on": found.state in GOING_ON,
        "figures": [(label, getattr(found, name)) for name, label in FIGURES],
        "scopes": [_scope(scope) for scope in found.scopes],
        "more_refused": max(0, found.refused - len(found.refusals)),
        "total": max(found.expected or 0, found.read) if found.expected else None,
    }


def _scope(scope: dict[str, Any]) -> dict[str, Any]:
    state = "failed" if scope.get("failed") else "absent" if scope.get("absent") else "read"
    return {
        "scope": scope.get("scope", ""),
        "rows": scope.get("rows") or 0,
        "state": state,
        "note": scope.get("failed") or scope.get("absent") or "",
    }


def _source(user: Any, name: str) -> Source:
    found = (
        Source.objects.visible_to(user)
        .select_related("default_owner", "default_unit")
        .filter(name=name)
        .first()
    )
    if found is None:
        raise NotFound("There is no such source, or it is not shown to you.")
    return found


def _options(found: Source) -> list[tuple[str, Any]]:
    """The plain settings; secrets are names only, and rules are long, so neither is shown."""
    words = {"url": "Address"}
    return [
        (words.get(key) or key.replace("_", " ").capitalize(), value)
        for key, value in found.config.items()
        if isinstance(value, str | int | float)
    ]
