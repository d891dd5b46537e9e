"""Planning cycles: the list, a new one, the page of one, setting it up, and what moves it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Forbidden, Invalid, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.ids import row_of
from apps.core.pagination import Order, page
from apps.roadmap.actions import closing, framing, meetings, planning, voting
from apps.roadmap.actions import cycles as actions
from apps.roadmap.forms.cycles import (
    CycleForm,
    DelegateForm,
    FrameForm,
    MoveForm,
    PrepareForm,
    RemoveForm,
    ReopenForm,
)
from apps.roadmap.models import Candidate, Cycle, Delegate, Share
from apps.roadmap.queries.cycles import cycle_by_slug
from apps.roadmap.queries.cycles import cycles as all_cycles
from apps.roadmap.views.cycle_page import context_of, runs_cycles
from apps.roadmap.views.cycle_setup import setup
from apps.roadmap.views.tabs import room_tabs

__all__ = ["act", "cycle", "cycles", "new", "setup"]

FORM = ("GET", "HEAD", "POST")
PAGE_ROWS = 30
NEWEST = Order("newest", "starts", descending=True)
Sent = dict[str, Any]


@require_safe
@login_required
def cycles(request: HttpRequest) -> HttpResponse:
    found = page(all_cycles(request.user), order=NEWEST, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context: dict[str, Any] = {
        "rows": found.rows,
        "tabs": room_tabs(request, "cycles"),
        "runs_cycles": runs_cycles(request.user),
    }
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and f"{reverse('roadmap:cycles')}?cursor={cursor}"
    return render(request, "roadmap/cycles/list.html", context)


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    if not runs_cycles(request.user):
        raise Forbidden("CoE leads open planning cycles.")
    form = CycleForm(posted(request))
    status = DONE
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                row = actions.create_cycle(actor=request.user, **form.cleaned_data)
            except PortalError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
            else:
                messages.success(request, f"{row} is made. Set up what there is to share.")
                return redirect("roadmap:cycle-setup", row.slug)
    return render(request, "roadmap/cycles/new.html", {"form": form}, status=status)


@require_safe
@login_required
def cycle(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, cycle_by_slug(request.user, slug))


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done on the page: its form, and the act, which returns the sentence to say."""

    form: type[forms.Form]
    act: Callable[[Any, Cycle, Any, Sent], str]
    of: type[Candidate] | type[Share] | type[Delegate] | None = None


def _open(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    actions.open_voting(actor=user, cycle=cycle, expected_version=sent["version"])
    return "The vote is open."


def _freeze(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    planning.freeze(actor=user, cycle=cycle, expected_version=sent["version"])
    return "The cycle is frozen and the ballots are open; a worker computes the plans."


def _reopen(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    planning.reopen(actor=user, cycle=cycle, reason=sent["reason"], expected_version=sent["version"])
    return "The vote is open again; the plans of the old freeze are put away."


def _plan_again(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    planning.plan_again(actor=user, cycle=cycle, expected_version=sent["version"])
    return "A worker computes the plans again, from the same frozen inputs."


def _prepare(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    closing.prepare_again(actor=user, cycle=cycle, reason=sent["reason"], expected_version=sent["version"])
    return "The vote is broken off; capacity and candidates can be changed."


def _close(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    closing.close_cycle(actor=user, cycle=cycle, expected_version=sent["version"])
    return f"{cycle} is closed. What is not finished stands ready to be carried over into the next cycle."


def _meeting(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    meetings.call_meeting(actor=user, cycle=cycle)
    return "The steering committee has its agenda."


def _approve(user: Any, cycle: Cycle, row: Candidate, sent: Sent) -> str:
    actions.approve_mandatory(actor=user, candidate=row)
    return f"“{row.request}” is mandatory in {cycle}."


def _remove(user: Any, cycle: Cycle, row: Candidate, sent: Sent) -> str:
    title = str(row.request)
    actions.remove_candidate(actor=user, candidate=row, reason=sent["reason"])
    return f"“{title}” is out of {cycle} and ready for another one."


def _delegate(user: Any, cycle: Cycle, row: Share, sent: Sent) -> str:
    voting.name_delegate(actor=user, share=row, user=sent["user"])
    return f"{sent['user']} may cast the ballot of {row.unit}."


def _take_back(user: Any, cycle: Cycle, row: Delegate, sent: Sent) -> str:
    voting.take_back_delegate(actor=user, share=row.share, user=row.user)
    return f"{row.user} casts the ballot of {row.share.unit} no longer."


def _change(user: Any, cycle: Cycle, row: Any, sent: Sent) -> str:
    changes = {name: value for name, value in sent.items() if name != "version"}
    framing.change_cycle(actor=user, cycle=cycle, changes=changes, expected_version=sent["version"])
    return "The frame of the cycle is changed."


DEEDS = {
    "change": Deed(FrameForm, _change),
    "open_voting": Deed(MoveForm, _open),
    "freeze": Deed(MoveForm, _freeze),
    "reopen": Deed(ReopenForm, _reopen),
    "prepare": Deed(PrepareForm, _prepare),
    "plan_again": Deed(MoveForm, _plan_again),
    "close": Deed(MoveForm, _close),
    "meeting": Deed(MoveForm, _meeting),
    "approve": Deed(forms.Form, _approve, Candidate),
    "remove": Deed(RemoveForm, _remove, Candidate),
    "delegate": Deed(DelegateForm, _delegate, Share),
    "take_back": Deed(forms.Form, _take_back, Delegate),
}


@require_POST
@login_required
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Carries out `do` (on the `row` it names); what is refused comes back as the page, with what was typed."""
    found, do = cycle_by_slug(request.user, slug), request.POST.get("do", "")
    deed = DEEDS.get(do)
    if deed is None:
        raise Invalid("There is no such act on a cycle.", next_step="Load the page again.")
    row = _row(request, found, deed)
    place = do if row is None else f"{do}-{row.pk}"
    extra: dict[str, Any] = {"user": request.user} if do == "delegate" else {}
    extra |= {"cycle": found} if do == "change" else {}
    form = deed.form(request.POST, auto_id=f"{place.replace('-', '')}_%s", **extra)
    status = carried_out(request, form, lambda sent: deed.act(request.user, found, row, sent))
    if status != DONE:
        return _page(request, cycle_by_slug(request.user, slug), {place: form}, status)
    if do == "meeting":
        return redirect("roadmap:meeting", slug)
    setting_up = do == "remove" and request.POST.get("from") == "setup"
    return redirect("roadmap:cycle-setup" if setting_up else "roadmap:cycle", slug)


def _row(request: HttpRequest, cycle: Cycle, deed: Deed) -> Any | None:
    if deed.of is None:
        return None
    number = request.POST.get("row", "")
    rows = deed.of.objects.visible_to(request.user).filter(cycle=cycle)
    row = row_of(rows, int(number)) if number.isascii() and number.isdigit() and len(number) < 20 else None
    if row is None:
        raise NotFound("There is no such row in this cycle, or it is not shown to you.")
    return row


def _page(
    request: HttpRequest, found: Cycle, refused: dict[str, forms.Form] | None = None, status: int = DONE
) -> HttpResponse:
    return render(
        request, "roadmap/cycles/cycle.html", context_of(request, found, refused or {}), status=status
    )
