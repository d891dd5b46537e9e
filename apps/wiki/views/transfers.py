"""Spaces in and out as zips: choose, see what would happen, confirm, watch it happen, fetch the file."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import Conflict, NotFound, Unavailable
from apps.core.policies import can, require
from apps.wiki.actions import transfers as actions
from apps.wiki.forms.transfers import ImportForm
from apps.wiki.models import Page, Space, Transfer
from apps.wiki.queries import transfers as queries
from apps.wiki.queries.handbook import is_outdated
from apps.wiki.queries.pages import space_at
from apps.wiki.views.surroundings import FORM

MARKS = {"waiting": "queued", "running": "running", "done": "succeeded", "failed": "failed"}
WHAT = {
    "created": "New",
    "updated": "Changed",
    "moved": "Moved",
    "unchanged": "The same",
    "attachments": "Files",
}


@require_http_methods(FORM)
@login_required
def start_import(request: HttpRequest, space: str) -> HttpResponse:
    """Takes the zip; the next page says what importing it would do."""
    found = space_at(request.user, space)
    require(request.user, "change", found)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            transfer = actions.start_import(actor=request.user, space=found, file=file, name=file.name)
        except Conflict as busy:
            form.add_error(None, f"{busy.detail} {busy.next_step}")
        else:
            return redirect("wiki:transfer", transfer.pk)
    context = {"space": found, "form": form, "latest": _latest(request.user, found, "import")}
    return render(request, "wiki/import.html", context, status=400 if form.errors else 200)


@require_http_methods(FORM)
@login_required
def start_export(request: HttpRequest, space: str) -> HttpResponse:
    found = space_at(request.user, space)
    if request.method == "POST":
        transfer = actions.start_export(actor=request.user, space=found)
        return redirect("wiki:transfer", transfer.pk)
    context = {"space": found, "latest": _latest(request.user, found, "export")}
    return render(request, "wiki/export.html", context)


def _latest(user: Any, space: Space, kind: str) -> list[dict[str, Any]]:
    return [_state(row) for row in queries.transfers(user, space, kind)]


@require_http_methods(FORM)
@login_required
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """One import or export; while it goes on, htmx asks for its part every second. POST confirms a dry run."""
    found = queries.transfer_of(request.user, pk)
    if request.method == "POST":
        actions.confirm_import(actor=request.user, transfer=found)
        return redirect("wiki:transfer", pk)
    template = "wiki/transfer_part.html" if getattr(request, "htmx", False) else "wiki/transfer.html"
    response = render(request, template, _state(found) | _report(found))
    response["Cache-Control"] = "no-store"
    return response


def _state(found: Transfer) -> dict[str, Any]:
    return {
        "transfer": found,
        "space": found.space,
        "mark": MARKS[found.state],
        "going_on": found.state in actions.GOING_ON,
        "is_import": found.kind == Transfer.Kind.IMPORT,
        "has_file": bool(found.file) and found.state == Transfer.State.DONE,
        "until": found.at + actions.KEPT,
        "checked": found.dry_run and found.state == Transfer.State.DONE,
        "stopping": found.state == Transfer.State.RUNNING and "stop" in found.report,
    }


def _report(found: Transfer) -> dict[str, Any]:
    report = found.report
    counts = report.get("counts", {})
    return {
        "figures": [(label, counts[name]) for name, label in WHAT.items() if name in counts],
        "rows": report.get("rows", []),
        "more": report.get("more", 0),
        "problems": report.get("problems", []),
        "warnings": report.get("warnings", []),
        "more_warnings": report.get("more_warnings", 0),
        "home_replaced": report.get("home_replaced", False),
        "changes": sum(counts.get(name, 0) for name in ("created", "updated", "moved", "attachments")),
    }


@require_POST
@login_required
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    actions.stop(actor=request.user, transfer=queries.transfer_of(request.user, pk))
    return redirect("wiki:transfer", pk)


@require_safe
@login_required
def file(request: HttpRequest, pk: int) -> FileResponse:
    """The zip of an export, for who asked for it and still sees the space and every page that it holds."""
    found = queries.transfer_of(request.user, pk)
    ready = found.kind == Transfer.Kind.EXPORT and found.state == Transfer.State.DONE and found.file
    if not ready or found.space is None or not can(request.user, "view", found.space):
        raise NotFound("There is no file here (any more).", next_step="Export the space again.")
    if not queries.holds_only_what_is_seen(request.user, found):
        raise NotFound(
            "This file holds pages that you do not see any more.", next_step="Export the space again."
        )
    try:
        opened = found.file.open("rb")
    except FileNotFoundError as gone:
        raise Unavailable(
            "The file is not where it should be.", next_step="Export the space again."
        ) from gone
    response = FileResponse(
        opened, as_attachment=True, filename=found.file_name, content_type="application/zip"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def handbook_context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """For the page's notices: whether the portal ships a newer text than the one that was edited here."""
    return {"handbook_outdated": is_outdated(page)}
