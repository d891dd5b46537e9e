"""Vouching for pages: the block beside the text, and the list of what one is to verify."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import Conflict, Invalid, PortalError
from apps.core.narrowing import Narrowing, address
from apps.core.pagination import Order
from apps.core.pagination import page as cut
from apps.core.policies import abilities
from apps.wiki.actions.verification import unverify_page, verify_page
from apps.wiki.forms.talk import NoteForm, VerifyForm, cleaned
from apps.wiki.models import Page, Space
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.queries.truth import WANTING, verifiable, vouching
from apps.wiki.vocabulary import Freshness

PAGE_ROWS = 50
MOST_SPACES = 200
URGENT = Order("urgent", F("ends"))


@require_safe
@login_required
def due(request: HttpRequest) -> HttpResponse:
    """What I am to verify: expired, due, never verified; also what holds, when asked."""
    rows = verifiable(request.user)
    narrowing = Narrowing(request.GET, "wiki:verification")
    narrowing.choose("state", "State", [*Freshness.choices, ("any", "Any")], "Wants verification")
    narrowing.choose("space", "Space", _spaces(request.user, rows))
    found = cut(
        _narrowed(rows, narrowing.chosen), order=URGENT, cursor=request.GET.get("cursor"), limit=PAGE_ROWS
    )
    context: dict[str, Any] = {"rows": found.rows, "narrowing": narrowing}
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and address(request.GET, "wiki:verification", cursor=cursor)
    return render(request, "wiki/verification.html", context)


def _spaces(user: Any, rows: Any) -> list[tuple[str, str]]:
    spaces = Space.objects.visible_to(user).filter(pk__in=rows.order_by().values("space"))
    return list(spaces.order_by("title").values_list("slug", "title")[:MOST_SPACES])


def _narrowed(rows: Any, chosen: dict[str, str]) -> Any:
    state = chosen.get("state", "")
    if state != "any":
        rows = rows.filter(fresh__in=[state] if state else WANTING)
    return rows.filter(space__slug=chosen["space"]) if "space" in chosen else rows


@require_POST
@login_required
def verify(request: HttpRequest, uid: str) -> HttpResponse:
    """`do=verify` vouches for the revision that was read, `do=unverify` takes it back; what is refused comes back as the
    block."""
    page = page_by_uid(request.user, uid)
    try:
        said = _done(request, page)
    except (Conflict, Invalid) as refusal:
        if not getattr(request, "htmx", False):
            raise
        return _block(request, uid, refusal)
    messages.success(request, said)
    if getattr(request, "htmx", False):  # the head of the page says it too, so the whole page is new
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect(page)


def _done(request: HttpRequest, page: Page) -> str:
    if request.POST.get("do") == "unverify":
        unverify_page(actor=request.user, page=page, note=cleaned(NoteForm(request.POST))["note"])
        return f"“{page.title}” is no longer verified."
    said = cleaned(VerifyForm(request.POST))
    row = verify_page(actor=request.user, page=page, revision=said["revision"], note=said["note"])
    return f"“{page.title}” is verified until {row.until:%-d %b %Y}."


def _block(request: HttpRequest, uid: str, refusal: PortalError) -> HttpResponse:
    page = page_by_uid(request.user, uid)
    context = {
        "page": page,
        "revision": page.revision,
        "can": abilities(request.user, page),
        "refusal": refusal,
        "note": request.POST.get("note", "")[:500],
        "compare_url": _since(page, request.POST.get("revision", ""), refusal),
        **verification_context(request, page),
    }
    return render(request, "wiki/parts/verification.html", context, status=refusal.status)


def _since(page: Page, read: str, refusal: PortalError) -> str:
    """What changed between the revision that was read and the current one."""
    current = refusal.extra.get("current_revision")
    if not current or not read.isascii() or not read.isdecimal():
        return ""
    return f"{reverse('wiki:compare', args=[page.uid])}?{urlencode({'old': read, 'new': current})}"


def verification_context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """`vouching`: what the block beside the text says besides the page itself."""
    return {"vouching": vouching(page)}
