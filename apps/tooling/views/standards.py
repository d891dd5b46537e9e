"""A capability and the revisions of its standard: reading, comparing, publishing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.errors import Conflict, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.policies import abilities, require
from apps.tooling.actions.standards import publish_standard
from apps.tooling.forms.rules import RuleRows, unfinished
from apps.tooling.forms.standards import RevisionForm
from apps.tooling.models import Capability, Standard
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.requests import register, with_now
from apps.tooling.queries.rules import last_revision, rules_of
from apps.tooling.queries.standards import (
    Phase,
    Revision,
    capability_of,
    comparison,
    open_proposals,
    revisions,
    rule_rows,
)

FORM = ["GET", "HEAD", "POST"]
REQUESTS_SHOWN = 10


@require_safe
@login_required
def capability(request: HttpRequest, slug: str) -> HttpResponse:
    """The standard in force; where none is yet, the one that will be."""
    found, now = capability_of(request.user, slug), snapshot()
    rows = revisions(request.user, found, now)
    current = next((row for row in rows if row.phase is Phase.IN_FORCE), None)
    upcoming = [row for row in rows if row.phase is Phase.UPCOMING]
    asked = register(request.user).filter(capability=found) | register(request.user).filter(
        standard__capability=found
    )
    context = _frame(request, found, rows) | {
        "shown": current,
        "upcoming": upcoming[::-1],
        "rules": rule_rows(request.user, current.standard) if current else [],
        "requests": with_now(asked, now.at).order_by("-submitted_at", "-id")[:REQUESTS_SHOWN],
        "proposals": open_proposals(request.user, found),
    }
    return render(request, "tooling/standards/capability.html", context)


@require_safe
@login_required
def standard(request: HttpRequest, slug: str, revision: int) -> HttpResponse:
    found = capability_of(request.user, slug)
    rows = revisions(request.user, found, snapshot())
    shown = _numbered(rows, revision)
    context = _frame(request, found, rows) | {
        "shown": shown,
        "rules": rule_rows(request.user, shown.standard),
        "previous": next((row for row in rows if row.standard.revision < revision), None),
    }
    return render(request, "tooling/standards/standard.html", context)


@require_safe
@login_required
def compare(request: HttpRequest, slug: str) -> HttpResponse:
    """Two revisions: `?left=1&right=2`, without them the last two; the older one always stands left."""
    found = capability_of(request.user, slug)
    rows = revisions(request.user, found, snapshot())
    if len(rows) < 2:
        raise NotFound("There is nothing to compare yet.", next_step="A second revision makes it possible.")
    old, new = sorted(_asked(request, rows), key=lambda row: row.standard.revision)
    context = _frame(request, found, rows) | {
        "old": old,
        "new": new,
        "comparison": comparison(request.user, old.standard, new.standard),
    }
    return render(request, "tooling/standards/compare.html", context)


def _frame(request: HttpRequest, capability: Capability, rows: list[Revision]) -> dict[str, Any]:
    return {"capability": capability, "revisions": rows, "can": abilities(request.user, capability)}


def _numbered(rows: list[Revision], number: int) -> Revision:
    found = next((row for row in rows if row.standard.revision == number), None)
    if found is None:
        raise NotFound("There is no such revision.", next_step="Choose one in the history.")
    return found


def _asked(request: HttpRequest, rows: list[Revision]) -> tuple[Revision, Revision]:
    latest = {"left": rows[1].standard.revision, "right": rows[0].standard.revision}
    asked = {name: request.GET.get(name, "") for name in latest}
    numbers = {
        name: int(text) if text.isdecimal() and len(text) < 10 else latest[name]
        for name, text in asked.items()
    }
    return _numbered(rows, numbers["left"]), _numbered(rows, numbers["right"])


@require_http_methods(FORM)
@login_required
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """The next revision, prefilled from the last one; adding and removing rules comes back to this page."""
    found = capability_of(request.user, slug)
    require(request.user, "change", found)
    last, data = last_revision(found), posted(request)
    if data is None:
        form = RevisionForm(initial=_initial(last))
        return _page(request, found, last, form, RuleRows(request.user, rules=rules_of(request.user, last)))
    rows = RuleRows(request.user, data)
    if rows.editing:
        return _page(request, found, last, unfinished(RevisionForm, data), rows)
    form = RevisionForm(data)
    if not (form.is_valid() & rows.is_valid()):
        return _page(request, found, last, form, rows, 400)
    return _published(request, found, form, rows)


def _initial(last: Standard | None) -> dict[str, Any]:
    if last is None:
        return {"base_revision": 0}
    return {
        "rationale": last.rationale,
        "exit_criteria": last.exit_criteria,
        "base_revision": last.revision,
    }


def _published(
    request: HttpRequest, capability: Capability, form: RevisionForm, rows: RuleRows
) -> HttpResponse:
    try:
        made = publish_standard(
            actor=request.user, capability=capability, rules=rows.rules(), **form.cleaned_data
        )
    except PortalError as refusal:
        if not rows.show(refusal):
            show_refusal(form, refusal)
        if isinstance(refusal, Conflict) and (current := refusal.extra.get("current_revision")):
            form.renew(current)
        return _page(request, capability, last_revision(capability), form, rows, refusal.status)
    messages.success(request, f"Revision {made.revision} is published.")
    return redirect(made)


def _page(
    request: HttpRequest,
    capability: Capability,
    last: Standard | None,
    form: RevisionForm,
    rows: RuleRows,
    status: int = 200,
) -> HttpResponse:
    context = {
        "capability": capability,
        "last": last,
        "form": form,
        "rows": rows,
        "overtaken": status == Conflict.status,
        "written_on": request.POST.get("base_revision", ""),
    }
    return render(request, "tooling/standards/publish.html", context, status=status)
