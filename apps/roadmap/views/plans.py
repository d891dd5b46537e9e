"""The plans of a cycle: side by side, why each request is in or not, other capacities and shares tried out, exports.

While a vote is open there is nothing here: a snapshot of an earlier freeze holds ballots that are sealed again.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.deciding import DONE
from apps.core.errors import Conflict, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.ids import LARGEST_ID, row_of
from apps.people.standing import standing_of
from apps.roadmap.actions.planning import try_out
from apps.roadmap.forms.sandbox import SandboxForm
from apps.roadmap.models import Cycle, PlanRun, Snapshot
from apps.roadmap.planning.canonical import read_instance
from apps.roadmap.planning.exported import election_of
from apps.roadmap.planning.pabulib import write_election
from apps.roadmap.policies import is_central, sits_on_steering
from apps.roadmap.queries.cycles import cycle_by_slug, last_run
from apps.roadmap.queries.explaining import Explained
from apps.roadmap.queries.failing import stopped
from apps.roadmap.queries.instance import key
from apps.roadmap.queries.naming import names_of
from apps.roadmap.queries.plans_told import run_of
from apps.roadmap.queries.sight import readable_inputs, readable_plans
from apps.roadmap.views.cycle_page import crumbs
from apps.roadmap.views.decision import decision_on
from apps.roadmap.views.plan_pages import compared, moved, why_context
from apps.roadmap.workflow import REVEALED

FORM = ("GET", "HEAD", "POST")
MOST_TRIED = 10
MOST_DIGITS = 19


def _frozen(request: HttpRequest, slug: str) -> Cycle:
    cycle = cycle_by_slug(request.user, slug)
    if cycle.state not in REVEALED:
        raise NotFound(
            f"{cycle} has no plans now: it is {cycle.get_state_display().lower()}.",
            next_step="Plans are there after the freeze; the cycle's page says who acts next.",
        )
    return cycle


def _may_try(user: Any) -> bool:
    return is_central(standing_of(user)) or sits_on_steering(user)


@require_safe
@login_required
def plans(request: HttpRequest, slug: str) -> HttpResponse:
    cycle = _frozen(request, slug)
    found = last_run(cycle)
    context: dict[str, Any] = {"crumbs": crumbs(cycle, ("Plans", "")), "title": f"Plans of {cycle}"}
    return _shown(request, cycle, found, context)


@require_safe
@login_required
def run(request: HttpRequest, slug: str, run: int) -> HttpResponse:
    """One computation: of the sandbox with what it moves, or an earlier one; `part=progress` is its progress alone."""
    cycle = _frozen(request, slug)
    rows = PlanRun.objects.visible_to(request.user).filter(cycle=cycle)
    found = row_of(rows.select_related("cycle", "snapshot", "started_by"), run)
    if found is None:
        raise NotFound("There is no such computation in this cycle.", next_step="Look at the cycle's plans.")
    if request.GET.get("part") == "progress":
        return render(request, "roadmap/plans/progress.html", progress(request.user, cycle, found))
    name = f"What if, {found.pk}" if found.sandbox else f"Computation {found.pk}"
    above = (("Plans", reverse("roadmap:plans", args=[slug])), (name, ""))
    context: dict[str, Any] = {"crumbs": crumbs(cycle, *above), "title": f"{name}, in {cycle}"}
    real = last_run(cycle) if found.sandbox and found.state == PlanRun.State.DONE else None
    if real is not None and real.state == PlanRun.State.DONE:
        context["moved"] = moved(Explained(found, request.user), Explained(real, request.user))
    return _shown(request, cycle, found, context)


def _shown(
    request: HttpRequest, cycle: Cycle, found: PlanRun | None, context: dict[str, Any]
) -> HttpResponse:
    context |= {"cycle": cycle, "run": found, "may_try": _may_try(request.user)}
    context["tried"] = (
        PlanRun.objects.visible_to(request.user).filter(cycle=cycle).exclude(sandbox={})[:MOST_TRIED]
    )
    if found is not None and found.state == PlanRun.State.DONE:
        read = Explained(found, request.user)
        context |= compared(read, request.GET, request.path)
        context |= _decided(request, cycle, found, context["rows"])
        context["stale"] = found.snapshot_id != _last_snapshot(cycle).pk
    elif found is not None:
        context |= progress(request.user, cycle, found)
    return render(request, "roadmap/plans/plans.html", context)


def _decided(
    request: HttpRequest, cycle: Cycle, found: PlanRun, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the committee made of the real plans, also beside each request."""
    decision = None if found.sandbox else decision_on(request.user, cycle)
    for row in rows if decision else ():
        row["planned"] = decision.planned.get(row["request"].pk)  # type: ignore[union-attr]
    return {"decision": decision}


def progress(user: Any, cycle: Cycle, found: PlanRun) -> dict[str, Any]:
    real = not found.sandbox
    address = (
        reverse("roadmap:plans", args=[cycle.slug])
        if real
        else reverse("roadmap:plan-run", args=[cycle.slug, found.pk])
    )
    return {"run": found, "cycle": cycle, "failure": stopped(user, found), "url": address}


def _last_snapshot(cycle: Cycle) -> Snapshot:
    row = Snapshot._base_manager.filter(cycle=cycle).order_by("-pk").first()
    if row is None:
        raise NotFound("Nothing is frozen in this cycle yet.")
    return row


def _finished(cycle: Cycle) -> PlanRun:
    found = last_run(cycle)
    if found is None or found.state != PlanRun.State.DONE:
        raise NotFound("The plans are not computed yet.", next_step="Look at the cycle's plans in a moment.")
    return found


@require_safe
@login_required
def why(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A receipt, or why not, of one request that the reader sees."""
    cycle = _frozen(request, slug)
    read = Explained(_finished(cycle), request.user)
    name = key(pk) if 0 < pk <= LARGEST_ID else ""
    if name not in read.requests or not read.names.shows(name):
        raise NotFound("There is no such request in this cycle, or it is not shown to you.")
    found, decision = why_context(read, name), decision_on(request.user, cycle)
    last = "Why not" if found["no"] else "Receipt" if found["receipt"] else "Why"
    above = (("Plans", reverse("roadmap:plans", args=[slug])), (last, ""))
    context = {
        "cycle": cycle,
        "run": read.run,
        "crumbs": crumbs(cycle, *above),
        "decision": decision,
        **found,
    }
    if decision is not None:
        context |= {"planned": decision.planned.get(pk), "moves": decision.moves_of(pk)}
    return render(request, "roadmap/plans/why.html", context)


@require_http_methods(FORM)
@login_required
def sandbox(request: HttpRequest, slug: str) -> HttpResponse:
    """Other capacities and shares on the frozen ballots; the worker plans them, and nothing follows from it."""
    cycle = _frozen(request, slug)
    instance = read_instance(_last_snapshot(cycle).inputs)
    form = SandboxForm(posted(request), instance=instance, names=names_of(request.user, instance))
    status = DONE
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                found = try_out(actor=request.user, cycle=cycle, sandbox=_moved(form))
            except PortalError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, "A worker computes it.")
                return redirect("roadmap:plan-run", slug, found.pk)
    above = (("Plans", reverse("roadmap:plans", args=[slug])), ("What if", ""))
    context = {
        "cycle": cycle,
        "form": form,
        "crumbs": crumbs(cycle, *above),
        "may_try": _may_try(request.user),
    }
    return render(request, "roadmap/plans/sandbox.html", context, status=status)


def _moved(form: SandboxForm) -> dict[str, Any]:
    found = form.moved()
    if not found:
        raise Conflict("Nothing is moved yet.", next_step="Change a capacity or shares that still add up.")
    return found


@require_safe
@login_required
def inputs(request: HttpRequest, slug: str) -> HttpResponse:
    """The frozen bytes, exactly: their SHA-256 is the published hash."""
    snapshot = _last_snapshot(_frozen(request, slug))
    return _file(readable_inputs(request.user, snapshot), f"{slug}-inputs.json", "application/json")


@require_safe
@login_required
def pabulib(request: HttpRequest, slug: str) -> HttpResponse:
    """The vote in the format in which cities publish theirs, for any other rule."""
    cycle = _frozen(request, slug)
    instance = read_instance(readable_inputs(request.user, _last_snapshot(cycle)))
    content = write_election(election_of(instance, str(cycle)))
    return _file(content, f"{slug}.pb", "text/plain; charset=utf-8")


@require_safe
@login_required
def plans_as_kept(request: HttpRequest, slug: str) -> HttpResponse:
    """The bytes of the plans, exactly, of the last computation or of `?run=`: what computing them again has to equal."""
    wanted = request.GET.get("run", "")
    if wanted and not (wanted.isascii() and wanted.isdecimal() and len(wanted) < MOST_DIGITS):
        raise NotFound("There is no such computation in this cycle.", next_step="Look at the cycle's plans.")
    found = run_of(request.user, _frozen(request, slug), int(wanted) if wanted else None)
    name = f"{slug}-plans-{found.pk}.json" if wanted else f"{slug}-plans.json"
    return _file(readable_plans(request.user, found), name, "application/json")


def _file(content: bytes | str, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
