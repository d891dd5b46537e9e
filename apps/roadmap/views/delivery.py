"""The delivery of a request and what came of it: one page each, with every act on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Invalid
from apps.roadmap.views.delivering import DELIVERY, OUTCOMES, Act
from apps.roadmap.views.delivery_page import delivery_context, load, outcomes_context

FORM = ("GET", "HEAD", "POST")
Opened = dict[str, Any]
Context = Callable[[HttpRequest, Any, Opened], dict[str, Any]]


@require_http_methods(FORM)
@login_required
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """Milestones, blocks, effort, hand-over. POST carries out `do`."""
    return _page(request, pk, DELIVERY, delivery_context, "delivery")


@require_http_methods(FORM)
@login_required
def outcomes(request: HttpRequest, pk: int) -> HttpResponse:
    """Predicted against realised, and the reviews. POST carries out `do`."""
    return _page(request, pk, OUTCOMES, outcomes_context, "outcomes")


def _page(request: HttpRequest, pk: int, acts: dict[str, Act], context: Context, name: str) -> HttpResponse:
    row = load(request.user, pk)
    opened: Opened = {}
    status = _act(request, row, acts, opened) if request.method == "POST" else DONE
    if request.method == "POST" and status == DONE:
        return redirect(f"roadmap:{name}", pk)
    row = load(request.user, pk) if request.method == "POST" else row
    return render(request, f"roadmap/delivery/{name}.html", context(request, row, opened), status=status)


def _act(request: HttpRequest, row: Any, acts: dict[str, Act], opened: Opened) -> int:
    """What is refused stands open on the page, with what was typed."""
    deed = acts.get(request.POST.get("do", ""))
    if deed is None:
        raise Invalid("There is no such act here.", next_step="Go back and load the page again.")
    at = request.POST.get("row", "") if deed.at_row else ""
    form = deed.make(request.user, row, request.POST, at if at.isdecimal() else None)
    opened[f"{deed.do}{at}"] = form
    return carried_out(request, form, lambda sent: deed.run(request.user, row, sent))
