"""Policies: saying that one has read them, what one still has to read, and who has not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.core.csv import csv_response
from apps.core.errors import Conflict, Invalid, PortalError
from apps.core.policies import abilities, require
from apps.people.models import User
from apps.wiki.actions.acknowledgements import acknowledge_page
from apps.wiki.forms.talk import ReadForm, cleaned
from apps.wiki.models import Acknowledgement, Page
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.queries.people import audience
from apps.wiki.queries.truth import answers, policies_asking, policies_kept, readers

PAGE_ROWS = 50
READERS = 100
HEADER = ("user", "name", "acknowledged_at", "newest_revision_acknowledged")


@require_safe
@login_required
def policies(request: HttpRequest) -> HttpResponse:
    """What asks me, open first; with `?view=kept` the policies that I keep, with how many have answered."""
    kept = request.GET.get("view") == "kept"
    rows = policies_kept(request.user) if kept else policies_asking(request.user)
    found = Paginator(rows, PAGE_ROWS).get_page(request.GET.get("page"))
    context = {"kept": kept, "found": found, "rows": found.object_list, "asking": not kept}
    context["may_keep"] = kept or policies_kept(request.user).exists()
    if kept:
        counts = answers(found.object_list)
        context["rows"] = [(row, counts[row.pk]) for row in found.object_list]
    return render(request, "wiki/policies.html", context)


@require_POST
@login_required
def acknowledge(request: HttpRequest, uid: str) -> HttpResponse:
    """Says that the person has read the revision that was before them; htmx gets the block back."""
    page = page_by_uid(request.user, uid)
    try:
        number = cleaned(ReadForm(request.POST))["revision"]
        acknowledge_page(actor=request.user, page=page, revision=number)
    except (Conflict, Invalid) as refusal:
        if not getattr(request, "htmx", False):
            raise
        return _block(request, uid, refusal)
    if getattr(request, "htmx", False):
        return _block(request, uid)
    messages.success(request, f"You acknowledged revision {number} of “{page.title}”.")
    return redirect(page)


def _block(request: HttpRequest, uid: str, refusal: PortalError | None = None) -> HttpResponse:
    page = page_by_uid(request.user, uid)
    can = abilities(request.user, page)
    context = {"page": page, "revision": page.revision, "can": can, "refusal": refusal}
    whole = context | acknowledgement_context(request, page)
    status = refusal.status if refusal else 200
    return render(request, "wiki/parts/acknowledgement.html", whole, status=status)


@require_safe
@login_required
def page(request: HttpRequest, uid: str) -> HttpResponseBase:
    """Who has acknowledged the current revision and who has not; `?format=csv` for all of them."""
    found = page_by_uid(request.user, uid)
    require(request.user, "audit", found)
    rows = readers(found)
    if request.GET.get("format") == "csv":
        return csv_response(f"acknowledgements-{found.slug}"[:80], HEADER, _cells(rows))
    asked = Paginator(rows, READERS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"page": found, "rows": asked.object_list, "found": asked, "answers": None}
    if found.acknowledged_by:
        context["answers"] = answers([found])[found.pk]
    return render(request, "wiki/acknowledgements.html", context)


def _cells(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows.iterator(chunk_size=1_000):
        at = row.answered.isoformat() if row.answered else ""
        yield row.username, row.name, at, row.answered_revision


def acknowledgement_context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """`asking`: whether the page asks this reader, and when they answered; None where it asks them nothing."""
    user: Any = request.user
    if not page.acknowledged_by or not _is_asked(user, page):
        return {"asking": None}
    rows = Acknowledgement.objects.visible_to(user).filter(page=page, user=user)
    newest = rows.select_related("revision").order_by("-revision__number").first()
    current = newest is not None and newest.revision_id == page.revision_id
    return {"asking": {"newest": newest, "answered": current}}


def _is_asked(user: User, page: Page) -> bool:
    return bool(audience(page).filter(pk=user.pk).exists())
