"""The page of a request: what is asked, where it stands, what it is worth, and every act on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Invalid
from apps.roadmap.views.acts import ACTS
from apps.roadmap.views.request_page import context_of, load
from apps.roadmap.workflow import State


@require_safe
@login_required
def request(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(
    request: HttpRequest, pk: int, opened: dict[str, forms.Form] | None = None, status: int = DONE
) -> HttpResponse:
    row = load(request.user, pk)
    context = context_of(request.user, row, timezone.now(), opened or {})
    if row.state == State.DRAFT and context["can"]["change"] and request.method == "GET":
        return redirect("roadmap:request-edit", pk)
    return render(request, "roadmap/requests/request.html", context, status=status)


@require_POST
@login_required
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Carries out `do`; what is refused comes back as the page, with what was typed."""
    row = load(request.user, pk)
    deed = ACTS.get(request.POST.get("do", ""))
    if deed is None:
        raise Invalid("There is no such act on a request.", next_step="Go back and load the page again.")
    form = deed.make(request.user, row, request.POST)
    status = carried_out(request, form, lambda sent: deed.run(request.user, row, sent))
    if status != DONE:
        return _page(request, pk, {deed.do: form}, status)
    return _back(row, deed.do)


def _back(row: Any, do: str) -> HttpResponse:
    """To the request; a draft that was thrown away leads to one's other requests."""
    gone = do == "withdraw" and row.submitted_at is None
    return redirect("roadmap:mine") if gone else redirect(row)
