"""Proposals: the list, one with its comparison, words and votes, and the form that writes it."""

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
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.ids import row_of
from apps.core.narrowing import Narrowing, address
from apps.core.pagination import Order, page
from apps.core.policies import abilities, require
from apps.tooling.actions import proposals as actions
from apps.tooling.forms.proposals import CommentForm, NothingForm, OpenVoteForm, VoteForm
from apps.tooling.models import Capability, Proposal
from apps.tooling.queries import clock
from apps.tooling.queries.proposals import (
    DECIDED,
    UNDECIDED,
    compared_rules,
    compared_texts,
    hidden_rules,
    proposal_by_id,
)
from apps.tooling.queries.proposals import proposals as all_proposals
from apps.tooling.queries.revisiting import to_revisit
from apps.tooling.queries.rules import last_revision
from apps.tooling.queries.voting import tally
from apps.tooling.views.tabs import room_tabs
from apps.tooling.views.writing_proposals import WrittenProposal
from apps.tooling.workflow import ProposalState

PAGE_ROWS = 50
FORM = ("GET", "HEAD", "POST")
NEWEST = Order("newest", descending=True)
STATES = [("open", "Open to comments"), ("voting", "Voting"), ("decided", "Decided"), ("any", "Any")]
CHOSEN: dict[str, tuple[str, ...]] = {
    "": UNDECIDED,
    "open": (ProposalState.OPEN,),
    "voting": (ProposalState.VOTING,),
    "decided": DECIDED,
    "any": tuple(ProposalState.values),
}


@require_safe
@login_required
def proposals(request: HttpRequest) -> HttpResponse:
    narrowing = Narrowing(request.GET, "tooling:proposals")
    narrowing.choose("state", "State", STATES, "Not decided")
    capabilities = Capability.objects.visible_to(request.user).values_list("slug", "name")
    narrowing.choose("capability", "Capability", capabilities)
    chosen = narrowing.chosen
    rows = all_proposals(request.user).filter(state__in=CHOSEN.get(chosen.get("state", ""), ()))
    if slug := chosen.get("capability"):
        rows = rows.filter(capability__slug=slug)
    found = page(rows, order=NEWEST, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context: dict[str, Any] = {
        "rows": found.rows,
        "narrowing": narrowing,
        "tabs": room_tabs(request, "proposals"),
        "demands": [] if chosen else to_revisit(request.user, clock.now()),
    }
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and address(request.GET, "tooling:proposals", cursor=cursor)
    return render(request, "tooling/proposals/list.html", context)


@require_safe
@login_required
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, proposal_by_id(request.user, pk))


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done on the page: its form, and the action that it calls, which returns the sentence to say."""

    form: type[forms.Form]
    act: Callable[[Any, Proposal, dict[str, Any]], str]
    field: str | None = None


def _comment(actor: Any, row: Proposal, sent: dict[str, Any]) -> str:
    actions.comment_on_proposal(actor=actor, proposal=row, text=sent["text"])
    return "Your comment stands there."


def _open(actor: Any, row: Proposal, sent: dict[str, Any]) -> str:
    actions.open_vote(actor=actor, proposal=row, expected_version=sent["version"])
    return "The vote is open; the text stays as it is."


def _vote(actor: Any, row: Proposal, sent: dict[str, Any]) -> str:
    row = actions.cast_vote(
        actor=actor, proposal=row, approves=sent["approves"] == "yes", comment=sent["comment"]
    )
    if row.state == ProposalState.ACCEPTED and row.outcome is not None:
        return f"Your vote decided: revision {row.outcome.revision} is published."
    return "Your vote decided: the proposal is rejected." if row.decided_at else "Your vote is counted."


def _withdraw(actor: Any, row: Proposal, sent: dict[str, Any]) -> str:
    actions.withdraw_proposal(actor=actor, proposal=row)
    return "The proposal is withdrawn."


DEEDS = {
    "comment": Deed(CommentForm, _comment, "text"),
    "open_vote": Deed(OpenVoteForm, _open),
    "vote": Deed(VoteForm, _vote),
    "withdraw": Deed(NothingForm, _withdraw),
}


@require_POST
@login_required
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Carries out `do`; what is refused comes back as the page, with what was typed."""
    row = proposal_by_id(request.user, pk)
    do = request.POST.get("do", "")
    deed = DEEDS.get(do)
    if deed is None:
        raise Invalid("There is no such act on a proposal.", next_step="Load the page again.")
    form = deed.form(request.POST, auto_id=f"{do}_%s")
    status = carried_out(request, form, lambda sent: deed.act(request.user, row, sent), deed.field)
    if status == DONE:
        return redirect(row)
    return _page(request, proposal_by_id(request.user, pk), {do: form}, status)


def _page(
    request: HttpRequest, row: Proposal, opened: dict[str, forms.Form] | None = None, status: int = DONE
) -> HttpResponse:
    can, last = abilities(request.user, row), last_revision(row.capability)
    undecided = row.state in UNDECIDED
    ground = row.base
    initial = {"open_vote": {"version": row.version}}
    shown = {
        f"{do}_form": (opened or {}).get(do) or deed.form(initial=initial.get(do), auto_id=f"{do}_%s")
        for do, deed in DEEDS.items()
    }
    context = {
        "proposal": row,
        "can": can,
        "undecided": undecided,
        "later": last if undecided and last != ground else None,
        "rules": compared_rules(request.user, row, ground),
        "hidden_rules": hidden_rules(row),
        "texts": compared_texts(row, ground),
        "votes": row.votes.select_related("user"),
        "comments": row.comments.select_related("author"),
        "tally": tally(row),
        "crumbs": crumbs(str(row)),
        "refused": list((opened or {}).values()),
        **shown,
    }
    return render(request, "tooling/proposals/proposal.html", context, status=status)


@require_http_methods(FORM)
@login_required
def propose(request: HttpRequest, slug: str) -> HttpResponse:
    """A new proposal, begun with the current revision; `?again=` with one's own that is in a vote no more."""
    capability = Capability.objects.visible_to(request.user).filter(slug=slug).first()
    if capability is None:
        raise NotFound("There is no such capability.", next_step="Look at the radar.")
    require(request.user, "propose", capability)
    again = _again(request, capability)
    written = WrittenProposal(request, capability, again)
    made, status = written.carried_out(
        lambda fields: actions.propose_standard(
            actor=request.user, capability=capability, replaces=again, **fields
        )
    )
    if made is not None:
        messages.success(request, "Your proposal is open to comments.")
        return redirect(made)
    return written.page("Propose a change", status)


def _again(request: HttpRequest, capability: Capability) -> Proposal | None:
    number = request.GET.get("again", "")
    if not number:
        return None
    rows = Proposal.objects.allowed(request.user, "withdraw").filter(capability=capability)
    found: Proposal | None = row_of(rows, int(number)) if number.isascii() and number.isdigit() else None
    if found is None:
        raise NotFound("There is no such proposal of yours that could be proposed anew.")
    return found


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = proposal_by_id(request.user, pk)
    if row.state != ProposalState.OPEN and row.proposer_id == request.user.pk:
        raise Conflict(f"The proposal is {row.get_state_display().lower()}; its text stays.")
    require(request.user, "change", row)
    written = WrittenProposal(request, row.capability, row, edited=True)
    made, status = written.carried_out(
        lambda fields: actions.update_proposal(
            actor=request.user,
            proposal=row,
            base_revision=fields.pop("base_revision"),
            expected_version=fields.pop("version"),
            changes=fields,
        )
    )
    if made is not None:
        messages.success(request, f"“{made}” is saved.")
        return redirect(made)
    return written.page("Edit the proposal", status)


def crumbs(label: str) -> list[tuple[str, str]]:
    return [
        ("Tooling", reverse("tooling:home")),
        ("Proposals", reverse("tooling:proposals")),
        (label, ""),
    ]
