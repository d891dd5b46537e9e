"""Setting up a cycle: capacity by role, shares that add up, candidates; each part is saved by itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Conflict, Invalid
from apps.core.policies import require
from apps.roadmap.actions import cycles as actions
from apps.roadmap.forms.cycles import CandidateForm, CapacityForm, CarryForm, SharesForm
from apps.roadmap.models import Cycle, Share
from apps.roadmap.queries.cycles import candidacies, cycle_by_slug
from apps.roadmap.views.cycle_page import crumbs, shown
from apps.roadmap.workflow import CycleState

FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
@login_required
def setup(request: HttpRequest, slug: str) -> HttpResponse:
    """GET shows the parts; POST saves the one that `do` names: capacity, shares, candidate or carry."""
    cycle = cycle_by_slug(request.user, slug)
    require(request.user, "run", cycle)
    if request.method != "POST":
        if cycle.state != CycleState.PREPARING:
            return redirect(cycle)
        return _page(request, cycle, {})
    do = request.POST.get("do", "")
    if do not in ("capacity", "shares", "candidate", "carry"):
        raise Invalid("There is no such part of a cycle.", next_step="Load the page again.")
    if cycle.state != CycleState.PREPARING:
        raise Conflict(
            f"{cycle} is {cycle.get_state_display().lower()}; what is shared in it stays as it is.",
            next_step="Look at its page.",
        )
    form = _form(do, request.user, cycle, request.POST)
    status = carried_out(request, form, lambda sent: _save(do, request.user, cycle, form))
    if status == DONE:
        return redirect(f"{reverse('roadmap:cycle-setup', args=[slug])}#{do}")
    return _page(request, cycle, {do: form}, status)


def _form(do: str, user: Any, cycle: Cycle, data: Any = None) -> forms.Form:
    if do == "capacity":
        return CapacityForm(data, capacities=cycle.capacities.all())
    if do == "shares":
        return SharesForm(data, shares=cycle.shares.all())
    return CandidateForm(data, user=user) if do == "candidate" else CarryForm(data, user=user, cycle=cycle)


def _save(do: str, user: Any, cycle: Cycle, form: Any) -> str:
    if do == "capacity":
        actions.set_capacity(actor=user, cycle=cycle, weeks=form.weeks())
        return "The capacity is saved."
    if do == "shares":
        actions.set_shares(actor=user, cycle=cycle, shares=form.shares())
        return "The shares are saved; they add up."
    request = form.cleaned_data["request"]
    if do == "carry":
        actions.carry_over(actor=user, cycle=cycle, request=request)
        return f"“{request}” is carried over: it comes off the top. Estimate again what is left of it."
    sent = {name: form.cleaned_data[name] for name in ("entry", "obligation")}
    actions.add_candidate(actor=user, cycle=cycle, request=request, **sent)
    return f"“{request}” is in {cycle}."


def _page(
    request: HttpRequest, cycle: Cycle, refused: dict[str, forms.Form], status: int = DONE
) -> HttpResponse:
    user = request.user
    context: dict[str, Any] = {
        "cycle": cycle,
        "crumbs": crumbs(cycle, ("Set up", "")),
        "candidates": [shown(each) for each in candidacies(user, cycle)],
        "voted": Share._base_manager.filter(cycle=cycle, ballot__isnull=False).exists(),
        "capacity": refused.get("capacity") or _form("capacity", user, cycle),
        "shares": refused.get("shares") or _form("shares", user, cycle),
        "candidate": refused.get("candidate") or _form("candidate", user, cycle),
        "carry": refused.get("carry") or _form("carry", user, cycle),
    }
    return render(request, "roadmap/cycles/setup.html", context, status=status)
