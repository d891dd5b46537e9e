"""A page's history: its revisions, what changed between two, bringing one back, taking a secret out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import Invalid, NotFound, PortalError
from apps.core.policies import abilities, require
from apps.wiki.actions.editing import restore_revision
from apps.wiki.actions.redaction import redact_revision
from apps.wiki.models import Page
from apps.wiki.queries.history import PER_PAGE, comparison, revision_at
from apps.wiki.queries.history import history as revisions_of
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.queries.reading import read
from apps.wiki.views.surroundings import FORM, Crumb, frame
from apps.wiki.views.writing import revision_number


@require_safe
@login_required
def revisions(request: HttpRequest, uid: str) -> HttpResponse:
    page = page_by_uid(request.user, uid)
    before = revision_number(request.GET.get("before", ""))
    rows = revisions_of(request.user, page, before)
    context = _frame(request, page, "History") | {
        "rows": rows,
        "latest": page.revision.number if page.revision else 0,
        "older": f"?before={rows[-1].number}" if rows and rows[-1].number > 1 else "",
        "newer": f"?before={before + PER_PAGE}" if before else "",
    }
    return render(request, "wiki/history.html", context)


@require_safe
@login_required
def revision(request: HttpRequest, uid: str, number: int) -> HttpResponse:
    """One old text as it reads today: links and cards are those of now."""
    page = page_by_uid(request.user, uid)
    found = revision_at(request.user, page, number)
    last = page.revision.number if page.revision else number
    context = _frame(request, page, f"Revision {number}", _history_crumb(page)) | {
        "revision": found,
        "last": last,
        "current": number == last,
        "before": number - 1,
        "after": number + 1 if number < last else 0,
        "reading": None if found.redacted_at else read(request.user, found),
    }
    return render(request, "wiki/revision.html", context)


@require_safe
@login_required
def compare(request: HttpRequest, uid: str) -> HttpResponse:
    """`?old=3&new=5`, in whichever order; without them, what the last revision changed."""
    page = page_by_uid(request.user, uid)
    old, new = sorted(_chosen(request, page))
    sides = revision_at(request.user, page, old), revision_at(request.user, page, new)
    found = comparison(*sides, whole=request.GET.get("all") == "1")
    context = _frame(request, page, "Compare", _history_crumb(page)) | {
        "comparison": found,
        "sides": sides,
        "last": page.revision.number if page.revision else new,
        "folded": any(block.folded for block in found.blocks),
        "whole": f"?old={old}&new={new}&all=1",
    }
    return render(request, "wiki/compare.html", context)


@require_POST
@login_required
def restore(request: HttpRequest, uid: str) -> HttpResponse:
    page = page_by_uid(request.user, uid)
    number = revision_number(request.POST.get("number", ""))
    if number is None:
        raise Invalid("Name the revision to restore.", next_step="Choose one in the page's history.")
    saved = restore_revision(actor=request.user, page=page, number=number)
    if saved.changed:
        messages.success(
            request, f"Revision {number} is the text again, as revision {saved.revision.number}."
        )
    else:
        messages.info(request, f"The page reads like revision {number} already; nothing was changed.")
    return redirect(saved.page)


@require_http_methods(FORM)
@login_required
def redact(request: HttpRequest, uid: str, number: int) -> HttpResponse:
    """Taking a secret out of history, for CoE leads."""
    page = page_by_uid(request.user, uid)
    found = revision_at(request.user, page, number)
    require(request.user, "redact", found)
    context = _frame(request, page, f"Redact revision {number}", _history_crumb(page)) | {"revision": found}
    status = 200
    if request.method == "POST":
        try:
            redact_revision(actor=request.user, revision=found, reason=request.POST.get("reason", ""))
        except PortalError as refusal:
            status = refusal.status
            context |= {"error": refusal, "reason": request.POST.get("reason", "")}
        else:
            messages.success(
                request, f"The text of revision {number} is gone. The marker and your reason stay."
            )
            return redirect("wiki:history", page.uid)
    return render(request, "wiki/redact.html", context, status=status)


def _frame(request: HttpRequest, page: Page, last: str, *between: Crumb) -> dict[str, Any]:
    return frame(request, page, *between, last) | {"can": abilities(request.user, page)}


def _history_crumb(page: Page) -> Crumb:
    return ("History", reverse("wiki:history", args=[page.uid]))


def _chosen(request: HttpRequest, page: Page) -> tuple[int, int]:
    last = page.revision.number if page.revision else 1
    asked = [request.GET.get(name, "") for name in ("old", "new")]
    if not any(asked):
        return max(last - 1, 1), last
    old, new = (revision_number(each) for each in asked)
    if old is None or new is None:
        raise NotFound("Two revisions are compared.", next_step="Choose two in the page's history.")
    return old, new
