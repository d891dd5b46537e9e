"""The sealed ballot of a unit, and what its members advise. Units vote, not people.

Who does not cast a ballot reads nothing of it here, whoever they are. What was typed comes back with every refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.deciding import DONE
from apps.core.errors import Conflict, Forbidden, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.ids import row_of
from apps.people.standing import standing_of
from apps.roadmap.actions import voting
from apps.roadmap.forms.ballots import AdviceForm, BallotForm
from apps.roadmap.models import Advice, Ballot, Cycle, Share
from apps.roadmap.policies import voter_of
from apps.roadmap.queries import cycles as reading
from apps.roadmap.queries.needing import needs_told
from apps.roadmap.views.cycle_page import crumbs
from apps.roadmap.workflow import REVEALED, CycleState, Entry

FORM = ("GET", "HEAD", "POST")
OPEN = (CycleState.PREPARING, CycleState.VOTING)
STRATEGIC = "the strategic wallet"


def _share(request: HttpRequest, slug: str, share: int) -> tuple[Cycle, Share]:
    cycle = reading.cycle_by_slug(request.user, slug)
    rows = Share.objects.visible_to(request.user).filter(cycle=cycle).select_related("unit__sponsor", "cycle")
    row = row_of(rows, share)
    if row is None:
        raise NotFound("There is no such share in this cycle.", next_step="Look at the cycle's page.")
    return cycle, row


@require_http_methods(FORM)
@login_required
def ballot(request: HttpRequest, slug: str, share: int) -> HttpResponse:
    """Points for what is voted on; after the freeze all ballots stand on the cycle's page."""
    cycle, row = _share(request, slug, share)
    if not Share._base_manager.filter(voter_of(request.user), pk=row.pk).exists():
        raise Forbidden(
            "Units vote, not people: the sponsor or their delegate casts this ballot, and nobody else reads it.",
            next_step="Leave advice; the sponsor reads it before voting.",
        )
    if cycle.state in REVEALED and request.method != "POST":
        return redirect(f"{cycle.get_absolute_url()}#ballots")
    every = reading.candidacies(request.user, cycle)
    needs = needs_told(every)
    found = [each for each in every if each.row.entry == Entry.OPEN]
    candidates = [each.row for each in found]
    kept = Ballot.objects.visible_to(request.user).filter(share=row).first()
    lines = dict(kept.lines.values_list("candidate", "points")) if kept else {}
    form = BallotForm(posted(request), candidates=candidates, cast=lines, version=kept.version if kept else 0)
    status = DONE
    if request.method == "POST":
        status = _carried_out(form, lambda: _cast(request, row, form))
        if status == DONE:
            messages.success(request, f"The ballot of {row.unit or STRATEGIC} is cast and sealed.")
            return redirect(cycle)
    advice = reading.advice_for(request.user, row)
    context: dict[str, Any] = {
        "cycle": cycle,
        "share": row,
        "of": str(row.unit or STRATEGIC),
        "form": form,
        "kept": kept,
        "lines": [
            _line(form, each, lines, advice, status == Conflict.status)
            | {"needs": needs[each.row.request_id]}
            for each in found
        ],
        "stale": status == Conflict.status and kept is not None,
        "version": form["version"].value()
        if status not in (DONE, Conflict.status)
        else kept.version
        if kept
        else 0,
        "open": cycle.state == CycleState.VOTING,
        "hidden": _hidden(cycle, len(found)),
        "total": form.total(),
        "crumbs": crumbs(cycle, (f"Ballot of {row.unit or STRATEGIC}", "")),
    }
    return render(request, "roadmap/ballots/ballot.html", context, status=status)


def _cast(request: HttpRequest, share: Share, form: BallotForm) -> None:
    voting.cast_ballot(
        actor=request.user, share=share, points=form.points(), expected_version=form.cleaned_data["version"]
    )


def _carried_out(form: Any, act: Callable[[], Any]) -> int:
    """200 for done, else the status of the answer that shows the form again, with what was typed."""
    if not form.is_valid():
        return 400
    try:
        act()
    except PortalError as refusal:
        show_refusal(form, refusal)
        return refusal.status
    return DONE


def _line(
    form: Any, found: reading.Candidacy, cast: dict[int, int], advice: dict[int, list[Advice]], stale: bool
) -> dict[str, Any]:
    pk = found.row.pk
    return {
        "found": found,
        "field": form[f"points-{pk}"],
        "advice": advice.get(pk, []),
        "now": cast.get(pk, 0) if stale else None,
    }


def _hidden(cycle: Cycle, shown: int) -> int:
    return max(0, cycle.candidates.filter(entry=Entry.OPEN).count() - shown)


@require_http_methods(FORM)
@login_required
def advice(request: HttpRequest, slug: str, share: int) -> HttpResponse:
    """What a member of the unit would give; only they and the voter read it."""
    cycle, row = _share(request, slug, share)
    if row.unit_id is None or row.unit_id not in standing_of(request.user).units:
        raise Forbidden("Members of a unit advise its voter.", next_step="Look at the cycle's page.")
    if cycle.state not in OPEN and request.method != "POST":
        return redirect(cycle)
    found = reading.candidacies(request.user, cycle, (Entry.OPEN,))
    mine = Advice.objects.visible_to(request.user).filter(share=row, user=request.user.pk)
    given = {pk: (points, note) for pk, points, note in mine.values_list("candidate", "points", "note")}
    form = AdviceForm(posted(request), candidates=[each.row for each in found], given=given)
    status = DONE
    if request.method == "POST":
        status = _carried_out(form, lambda: _advise(request, row, form))
        if status == DONE:
            messages.success(request, "Your advice is kept; who casts the ballot reads it.")
            return redirect(cycle)
    context = {
        "cycle": cycle,
        "share": row,
        "form": form,
        "lines": [
            {"found": each, "field": form[f"points-{each.row.pk}"], "note": form[f"note-{each.row.pk}"]}
            for each in found
        ],
        "total": form.total(),
        "hidden": _hidden(cycle, len(found)),
        "crumbs": crumbs(cycle, (f"Advice for {row.unit}", "")),
    }
    return render(request, "roadmap/ballots/advice.html", context, status=status)


@transaction.atomic
def _advise(request: HttpRequest, share: Share, form: AdviceForm) -> None:
    for candidate, (points, note) in form.changes().items():
        voting.advise(actor=request.user, share=share, candidate=candidate, points=points, note=note)
