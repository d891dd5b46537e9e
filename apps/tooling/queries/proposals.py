"""Proposals as pages and lists read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from apps.catalog.models import Entity
from apps.core.differences import Block, diff, summary
from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.core.policies import PolicyQuerySet
from apps.tooling.models import Proposal, Standard
from apps.tooling.queries.lookups import tools_by_ref
from apps.tooling.queries.rules import Change, compared, rules_of
from apps.tooling.workflow import ProposalState

UNDECIDED = (ProposalState.OPEN, ProposalState.VOTING)
DECIDED = (ProposalState.ACCEPTED, ProposalState.REJECTED, ProposalState.WITHDRAWN)


def proposals(user: Any) -> PolicyQuerySet[Proposal]:
    """All that the person sees, with what lists show and how many voted for and against."""
    rows = Proposal.objects.visible_to(user).select_related("capability", "proposer", "base", "outcome")
    return rows.annotate(
        in_favour=Count("votes", filter=Q(votes__approves=True)),
        against=Count("votes", filter=Q(votes__approves=False)),
    ).defer("rules", "reason", "rationale", "exit_criteria")


def proposal_by_id(user: Any, pk: int) -> Proposal:
    rows = Proposal.objects.visible_to(user).select_related("capability", "proposer", "base", "outcome")
    found = row_of(rows, pk)
    if found is None:
        raise NotFound("There is no such proposal.", next_step="Look in the list of proposals.")
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """One rule of the comparison with its tool, None where the person does not see it any more."""

    change: Change
    tool: Entity | None


@dataclass(frozen=True, slots=True)
class TextChange:
    title: str
    before: str
    after: str

    @property
    def same(self) -> bool:
        return self.before == self.after

    @property
    def blocks(self) -> list[Block]:
        return diff(self.before, self.after)

    @property
    def counts(self) -> tuple[int, int]:
        return summary(self.before, self.after)


def compared_rules(user: Any, proposal: Proposal, ground: Standard | None) -> list[Shown]:
    """The proposed rules beside those of `ground`, the revision that they would follow; two statements."""
    changes = compared(rules_of(user, ground), proposal.rules)
    known = tools_by_ref(user, {str(change.rule["tool"]) for change in changes})
    return [Shown(change, known.get(str(change.rule["tool"]))) for change in changes]


def compared_texts(proposal: Proposal, ground: Standard | None) -> list[TextChange]:
    before = (ground.rationale, ground.exit_criteria) if ground else ("", "")
    return [
        TextChange("Rationale", before[0], proposal.rationale),
        TextChange("Exit criteria", before[1], proposal.exit_criteria),
    ]
