"""Proposals as pages and lists read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    TextField,
    Value,
)
from django.db.models.functions import Concat, JSONObject

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
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
    found = row_of(with_seen_tools(user, rows), pk)
    if found is None:
        raise NotFound("There is no such proposal.", next_step="Look in the list of proposals.")
    return found


def with_seen_tools(user: Any, rows: Any) -> Any:
    """Annotates what `shown_rules` reads; a tool may have been narrowed since it was proposed. No further statement."""
    ref = Concat(Value(f"{Kind.TOOL}:"), F("namespace"), Value("/"), F("name"), output_field=TextField())
    named = Func(JSONObject(tool=ref), function="jsonb_build_array", output_field=JSONField())
    tools = Entity.objects.visible_to(user).filter(kind=Kind.TOOL)
    proposed = tools.alias(among=ExpressionWrapper(OuterRef("rules"), output_field=JSONField()), one=named)
    seen = proposed.filter(among__contains=F("one")).order_by().values(ref=ref)
    # Wrapped: a plain F() shares the column of `rules` in a nested page's window query and would be decoded twice.
    whole = ExpressionWrapper(F("rules"), output_field=JSONField())
    return rows.annotate(proposed_rules=whole, seen_tools=ArraySubquery(seen))


def shown_rules(proposal: Any) -> list[dict[str, Any]]:
    """Of a row of `with_seen_tools`, the proposed rules whose tools the reader sees."""
    seen = set(proposal.seen_tools)
    return [rule for rule in proposal.proposed_rules if rule["tool"] in seen]


def hidden_rules(proposal: Any) -> int:
    """How many of its rules are kept from the reader."""
    return len(proposal.proposed_rules) - len(shown_rules(proposal))


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
    changes = compared(rules_of(user, ground), shown_rules(proposal))
    known = tools_by_ref(user, {str(change.rule["tool"]) for change in changes})
    return [Shown(change, known.get(str(change.rule["tool"]))) for change in changes]


def compared_texts(proposal: Proposal, ground: Standard | None) -> list[TextChange]:
    before = (ground.rationale, ground.exit_criteria) if ground else ("", "")
    return [
        TextChange("Rationale", before[0], proposal.rationale),
        TextChange("Exit criteria", before[1], proposal.exit_criteria),
    ]
