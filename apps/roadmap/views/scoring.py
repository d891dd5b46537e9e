"""Scores of a request (blind, then open), its effort and dependencies, and the ranking that follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from apps.core.errors import Invalid, NotFound, PortalError
from apps.core.form_fields import show_refusal
from apps.core.ids import row_of
from apps.core.policies import abilities
from apps.roadmap.actions import intake, scoring
from apps.roadmap.forms.acting import CommentForm, ReasonForm
from apps.roadmap.forms.scoring import DependencyForm, EstimateForm, ScoreForm, own_lines
from apps.roadmap.models import Dependency, Request
from apps.roadmap.queries.completeness import FEWEST_SCORERS, unready
from apps.roadmap.queries.estimating import track_records
from apps.roadmap.queries.scores import current_policy, rates_of
from apps.roadmap.queries.scoring_rounds import (
    dependencies_of,
    estimate_history,
    kpis_of,
    own_sealed,
    rounds,
    scoring_teams,
    sealed_count,
    why_not_score,
)
from apps.roadmap.views.effort import effort_shown
from apps.roadmap.views.tabs import request_tabs
from apps.roadmap.views.valued import round_shown
from apps.roadmap.workflow import Link, State

FORM = ["GET", "HEAD", "POST"]
Act = Callable[[HttpRequest, Request, forms.Form], str]


def load(request: HttpRequest, pk: int) -> Request:
    rows = Request.objects.visible_to(request.user).select_related(
        "unit__parent", "owner", "requester", "sponsor"
    )
    row = row_of(rows.defer("search_vector"), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    found: Request = row
    return found


# -- scores ----------------------------------------------------------------------------------------------------


@require_http_methods(FORM)
@login_required
def score(request: HttpRequest, pk: int) -> HttpResponse:
    """Nobody reads a sealed score here but who gave it: the page counts the others and names nobody."""
    row = load(request, pk)
    if request.method != "POST":
        return _score_page(request, row, {})
    return _done(request, row, SCORE_ACTS, _score_form, _score_page, "roadmap:score")


def _score_form(request: HttpRequest, row: Request, do: str) -> forms.Form:
    if do == "score":
        return ScoreForm(request.POST, kpis=kpis_of(row), rates=rates_of(current_policy()))
    if do == "comment":
        return CommentForm(request.POST)
    return ReasonForm(request.POST) if do == "again" else forms.Form(request.POST)


def _give(request: HttpRequest, row: Request, form: Any) -> str:
    scoring.give_score(actor=request.user, request=row, **form.sent())
    return "Your score is sealed. It is revealed with the others, all at once."


def _reveal(request: HttpRequest, row: Request, form: Any) -> str:
    found = scoring.reveal_scores(actor=request.user, request=row)
    return f"{len(found)} scores are revealed to everybody who sees the request."


def _ready(request: HttpRequest, row: Request, form: Any) -> str:
    scoring.declare_ready(actor=request.user, request=row)
    return "It is ready for a planning cycle."


def _again(request: HttpRequest, row: Request, form: Any) -> str:
    scoring.score_again(actor=request.user, request=row, **form.cleaned_data)
    return "It is back in scoring; the next round is open."


def _comment(request: HttpRequest, row: Request, form: Any) -> str:
    intake.comment(actor=request.user, request=row, **form.cleaned_data)
    return "Your comment is there."


SCORE_ACTS: dict[str, Act] = {
    "score": _give,
    "reveal": _reveal,
    "ready": _ready,
    "again": _again,
    "comment": _comment,
}


def _score_page(
    request: HttpRequest, row: Request, opened: dict[str, forms.Form], status: int = 200
) -> HttpResponse:
    can, policy, at = abilities(request.user, row), current_policy(), timezone.now()
    found, own, count = rounds(request.user, row, policy), own_sealed(request.user, row), sealed_count(row)
    lacking = unready(row) if row.state == State.SCORING else []
    form = opened.get("score")
    if form is None and can["score"] and own is None:
        form = ScoreForm(kpis=kpis_of(row), rates=rates_of(policy))
    context = {
        "row": row,
        "can": can,
        "policy": policy,
        "tabs": request_tabs(row, "score"),
        "form": form,
        "own": own,
        "own_lines": own_lines(own) if own is not None else [],
        "sealed": count,
        "fewest": FEWEST_SCORERS,
        "why_not": why_not_score(request.user, row),
        "scoring_teams": scoring_teams(),
        "lacking": lacking,
        "rounds": [round_shown(each) for each in found],
        "stale": bool(found) and found[0].is_stale(at),
        "again": opened.get("again") or ReasonForm(auto_id="again_%s"),
        "again_open": "again" in opened,
        "comments": row.comments.select_related("author"),
        "comment_form": opened.get("comment") or CommentForm(auto_id="comment_%s"),
        "refused": [form for do, form in opened.items() if do in ("reveal", "ready", "")],
    }
    return render(request, "roadmap/scoring/score.html", context, status=status)


# -- effort and dependencies -----------------------------------------------------------------------------------


@require_http_methods(FORM)
@login_required
def estimate(request: HttpRequest, pk: int) -> HttpResponse:
    row = load(request, pk)
    if request.method != "POST":
        return _effort_page(request, row, {})
    return _done(request, row, EFFORT_ACTS, _effort_form, _effort_page, "roadmap:estimate")


def _effort_form(request: HttpRequest, row: Request, do: str) -> forms.Form:
    if do == "estimate":
        return EstimateForm(request.POST)
    return DependencyForm(request.POST, user=request.user) if do == "depend" else forms.Form(request.POST)


def _estimate(request: HttpRequest, row: Request, form: Any) -> str:
    made = scoring.estimate(actor=request.user, request=row, **form.sent())
    return f"The estimate for {made.get_role_display()} is kept; those before it stay in the history."


def _depend(request: HttpRequest, row: Request, form: Any) -> str:
    scoring.add_dependency(actor=request.user, request=row, **form.cleaned_data)
    return "The dependency is kept; the planner follows it."


def _release(request: HttpRequest, row: Request, form: Any) -> str:
    dependency = _named(request, row)
    scoring.remove_dependency(actor=request.user, dependency=dependency)
    return "The dependency is gone."


def _named(request: HttpRequest, row: Request) -> Dependency:
    text = request.POST.get("dependency", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
    found = row_of(Dependency.objects.visible_to(request.user).filter(request=row), number)
    if found is None:
        raise NotFound("That dependency is gone already, or not shown to you.")
    dependency: Dependency = found
    return dependency


EFFORT_ACTS: dict[str, Act] = {"estimate": _estimate, "depend": _depend, "release": _release}


def _effort_page(
    request: HttpRequest, row: Request, opened: dict[str, forms.Form], status: int = 200
) -> HttpResponse:
    can = abilities(request.user, row)
    own, others, hidden = dependencies_of(request.user, row)
    history = estimate_history(request.user, row)
    allowed = {
        each.pk for each in own if Dependency.objects.allowed(request.user, "change").filter(pk=each.pk)
    }
    context = {
        "row": row,
        "can": can,
        "tabs": request_tabs(row, "estimate"),
        "effort": effort_shown(history),
        "history": history,
        "records": track_records(request.user),
        "form": opened.get("estimate") or (EstimateForm() if can["estimate"] else None),
        "own": [(each, each.pk in allowed) for each in own],
        "others": others,
        "hidden": hidden,
        "links": Link,
        "depend": opened.get("depend") or (DependencyForm(user=request.user) if can["estimate"] else None),
        "refused": [form for do, form in opened.items() if do in ("release", "")],
    }
    return render(request, "roadmap/scoring/effort.html", context, status=status)


def _done(
    request: HttpRequest,
    row: Request,
    acts: dict[str, Act],
    make: Callable[[HttpRequest, Request, str], forms.Form],
    page: Callable[..., HttpResponse],
    route: str,
) -> HttpResponse:
    """Does what was pressed; what is refused comes back with every word that was typed."""
    do = request.POST.get("do", "")
    form = make(request, row, do)
    if do not in acts:
        form.add_error(None, "The page did not say what to do; press its button again.")
        return page(request, row, {"": form}, Invalid.status)
    if not form.is_valid():
        return page(request, row, {do: form}, Invalid.status)
    try:
        said = acts[do](request, row, form)
    except PortalError as refusal:
        if isinstance(refusal, NotFound):
            raise
        show_refusal(form, refusal)
        return page(request, load(request, row.pk), {do: form}, refusal.status)
    messages.success(request, said)
    return redirect(route, row.pk)
