"""Proposals: what waits for a vote. Words and votes are given on the portal's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin import Operation, PolicyAdmin, PolicyInline
from apps.tooling.actions import proposals as actions
from apps.tooling.models import Proposal, ProposalVote
from apps.tooling.queries.proposals import proposals
from apps.tooling.workflow import ProposalState

STATE_LABELS = {
    ProposalState.OPEN.label: "info",
    ProposalState.VOTING.label: "warning",
    ProposalState.ACCEPTED.label: "success",
    ProposalState.REJECTED.label: "danger",
}


def open_vote(actor: Any, proposal: Proposal, answers: Mapping[str, Any]) -> str:
    actions.open_vote(actor=actor, proposal=proposal, expected_version=answers["expected_version"])
    return f"The vote on “{proposal}” is open."


class VoteInline(PolicyInline):
    model = ProposalVote
    fields = ("user", "approves", "comment", "at")
    ordering = ("at", "id")

    def joined(self) -> tuple[str, ...]:
        return ("user",)


@admin.register(Proposal)
class ProposalAdmin(PolicyAdmin):
    list_display = ("title", "capability", "state_shown", "in_favour", "against", "proposer", "created_at")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("capability", AutocompleteSelectFilter),
        ("proposer", AutocompleteSelectFilter),
    )
    list_select_related = ("capability", "proposer")
    search_fields = ("title", "capability__name")
    ordering = ("-id",)
    fields = (
        "title", "capability", "state_shown", "reason", "rationale", "exit_criteria", "base", "effective_from",
        "proposer", "created_at", "voting_since", "decided_at", "outcome",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (VoteInline,)
    operations = (
        Operation("open-vote", "Open the vote", open_vote, ("open_vote",), icon="how_to_vote",
                  explain="From here on the text stays, and the standards committee votes."),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        return proposals(request.user).order_by(*self.ordering)

    @display(description="State", label=STATE_LABELS, ordering="state")
    def state_shown(self, row: Proposal) -> str:
        return row.get_state_display()

    @display(description="For", ordering="in_favour")
    def in_favour(self, row: Any) -> int:
        return int(row.in_favour)

    @display(description="Against", ordering="against")
    def against(self, row: Any) -> int:
        return int(row.against)
