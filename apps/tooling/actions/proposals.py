"""Proposals: anybody writes the next revision of a standard, everybody speaks about it, the committee votes.

A proposal is a whole revision on top of the one that its proposer read (`base`). Where a later one was published
meanwhile, nobody votes on: an open proposal is edited on top of the new revision, one that is in a vote is proposed
anew (`replaces`), because the votes given were about another text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.checking import checked_text, refuse, refuse_unknown
from apps.core.concurrency import differing, refused_as, swap
from apps.core.errors import Conflict, Invalid
from apps.core.events import record
from apps.core.policies import SYSTEM, require
from apps.tooling.actions.moving import moment
from apps.tooling.actions.rules import checked_rules
from apps.tooling.actions.standards import LONGEST, publish_standard
from apps.tooling.models import Capability, Proposal, ProposalComment, ProposalVote, Standard
from apps.tooling.queries.rules import last_revision
from apps.tooling.queries.voting import tally
from apps.tooling.workflow import ProposalState

LONGEST_COMMENT = 5_000
ONCE = "You have voted on this proposal already; a vote stays as it was given."
FIELDS = frozenset({"title", "reason", "rationale", "exit_criteria", "rules", "effective_from"})


@transaction.atomic
def propose_standard(
    *,
    actor: Any,
    capability: Capability,
    title: str,
    reason: str,
    rationale: str,
    rules: Sequence[Any],
    exit_criteria: str = "",
    effective_from: datetime | None = None,
    base_revision: int | None = None,
    replaces: Proposal | None = None,
    at: datetime | None = None,
) -> Proposal:
    """Proposes the next revision on top of `base_revision` (the last one without it; Conflict where it is not the last).

    `replaces` is the proposer's own earlier proposal, which is withdrawn with it and says where it goes on.
    """
    require(actor, "propose", capability)
    when = moment(at)
    written = {
        "title": title,
        "reason": reason,
        "rationale": rationale,
        "exit_criteria": exit_criteria,
        "rules": rules,
        "effective_from": effective_from,
    }
    fields = _checked(actor, written, when)
    base = _base(capability, base_revision)
    row = Proposal._base_manager.create(
        capability=capability, proposer_id=actor.pk, base=base, created_at=when, updated_at=when, **fields
    )
    record("tooling.proposal.opened", actor=actor, target=row, at=at)
    if replaces is not None:
        _replace(actor, replaces, row, when, at)
    return row


@transaction.atomic
def update_proposal(
    *,
    actor: Any,
    proposal: Proposal,
    changes: Mapping[str, Any],
    base_revision: int | None = None,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Proposal:
    """Its proposer writes on it until the vote; `base_revision` puts it on top of the revision that they have read."""
    require(actor, "view", proposal)
    row = _locked(proposal, (ProposalState.OPEN,))
    require(actor, "change", row)
    fields = _checked(actor, changes, moment(at))
    if base_revision is not None:
        fields["base"] = _base(row.capability, base_revision)
    changed = differing(row, fields)
    if changed:
        swap(row, expected_version or proposal.version, changed, at=at)
        record("tooling.proposal.changed", actor=actor, target=row, data={"changes": sorted(changed)}, at=at)
        proposal.refresh_from_db()
    return proposal


@transaction.atomic
def comment_on_proposal(
    *, actor: Any, proposal: Proposal, text: str, at: datetime | None = None
) -> ProposalComment:
    """Something said about a proposal that is not decided yet."""
    require(actor, "view", proposal)
    row = _locked(proposal, (ProposalState.OPEN, ProposalState.VOTING))
    require(actor, "comment", row)
    said = checked_text("text", text, LONGEST_COMMENT, lines=True, empty="Write something.")
    return _say(actor, row, said, at)


@transaction.atomic
def open_vote(
    *, actor: Any, proposal: Proposal, expected_version: int | None = None, at: datetime | None = None
) -> Proposal:
    """Calls the vote on the proposal as it is written now; from here on its text stays."""
    require(actor, "view", proposal)
    row = _locked(proposal, (ProposalState.OPEN,))
    require(actor, "open_vote", row)
    _require_base(row)
    when = moment(at)
    swap(row, expected_version, {"state": ProposalState.VOTING, "voting_since": when}, at=at)
    record("tooling.proposal.vote_opened", actor=actor, target=row, at=at)
    return row


@transaction.atomic
def cast_vote(
    *, actor: Any, proposal: Proposal, approves: bool, comment: str = "", at: datetime | None = None
) -> Proposal:
    """One seat's vote. Whoever votes against says why. The vote that decides publishes the revision or rejects it.

    Raises Conflict where the person has voted, the vote is over, or a later revision than the base was published.
    """
    require(actor, "view", proposal)
    row = _locked(proposal, (ProposalState.VOTING,))
    if row.votes.filter(user=actor.pk).exists():
        raise Conflict(ONCE)
    require(actor, "vote", row)
    text = checked_text("comment", comment, LONGEST_COMMENT, lines=True)
    if not approves and not text:
        raise refuse("comment", "Say why you are against it; it stays beside the decision.")
    _require_base(row)
    when = moment(at)
    with refused_as(proposal_vote_once=ONCE):
        ProposalVote._base_manager.create(
            proposal=row,
            user_id=actor.pk,
            proposer_id=row.proposer_id,
            approves=approves,
            comment=text,
            at=when,
        )
    record("tooling.proposal.voted", actor=actor, target=row, data={"approves": approves}, at=at)
    answer = tally(row).answer
    if answer is not None:
        _decide(row, answer, when, at)
    return row


@transaction.atomic
def withdraw_proposal(*, actor: Any, proposal: Proposal, at: datetime | None = None) -> Proposal:
    """Its proposer takes it back before it is decided; votes and comments stay readable."""
    require(actor, "view", proposal)
    row = _locked(proposal, (ProposalState.OPEN, ProposalState.VOTING))
    require(actor, "withdraw", row)
    swap(row, None, {"state": ProposalState.WITHDRAWN, "decided_at": moment(at)}, at=at)
    record("tooling.proposal.withdrawn", actor=actor, target=row, at=at)
    return row


def _decide(row: Proposal, accepted: bool, when: datetime, at: datetime | None) -> None:
    changes: dict[str, Any] = {"decided_at": when}
    if accepted:
        changes |= {"state": ProposalState.ACCEPTED, "outcome": _publish(row, when, at)}
    else:
        changes |= {"state": ProposalState.REJECTED}
    swap(row, None, changes, at=at)
    verb = "accepted" if accepted else "rejected"
    record(f"tooling.proposal.{verb}", actor=SYSTEM, target=row, at=at)


def _publish(row: Proposal, when: datetime, at: datetime | None) -> Standard:
    """The portal publishes what was decided; never with a beginning that has passed while people voted."""
    later = row.effective_from is not None and row.effective_from > when
    try:
        return publish_standard(
            actor=SYSTEM,
            capability=row.capability,
            rationale=row.rationale,
            rules=row.rules,
            exit_criteria=row.exit_criteria,
            summary=f"Proposal {row.pk}: {row.title}",
            effective_from=row.effective_from if later else when,
            base_revision=_number(row.base),
            at=at,
        )
    except Invalid as refusal:
        raise Conflict(
            f"The rules of the proposal cannot be published any more. {refusal.detail}",
            next_step="Your vote is not counted. The proposer has to propose it anew.",
        ) from refusal


def _replace(actor: Any, old: Proposal, new: Proposal, when: datetime, at: datetime | None) -> None:
    if old.capability_id != new.capability_id:
        raise Conflict("A proposal replaces one about the same capability.")
    row = withdraw_proposal(actor=actor, proposal=old, at=at)
    _say(actor, row, f"Proposed anew as proposal {new.pk}: {new.get_absolute_url()}", at)


def _say(actor: Any, row: Proposal, text: str, at: datetime | None) -> ProposalComment:
    said = ProposalComment._base_manager.create(proposal=row, author_id=actor.pk, text=text, at=moment(at))
    record("tooling.proposal.commented", actor=actor, target=row, at=at)
    return said


def _locked(proposal: Proposal, states: Sequence[str]) -> Proposal:
    """The proposal as it is now, held until the end of the transaction; Conflict where it is in no such state."""
    rows = Proposal._base_manager.select_for_update(of=("self",))
    row = rows.select_related("capability", "base").get(pk=proposal.pk)
    if row.state not in states:
        raise Conflict(f"The proposal is {_said(row)}.", possible=["reload"])
    return row


def _said(row: Proposal) -> str:
    return ProposalState(row.state).label.lower()


def _base(capability: Capability, base_revision: int | None) -> Standard | None:
    last = last_revision(capability)
    if base_revision is not None and base_revision != _number(last):
        raise Conflict(
            f"Revision {_number(last)} was published meanwhile; yours builds on {base_revision or 'none'}.",
            next_step="Look at what changed and write yours on top.",
            current_revision=_number(last),
        )
    return last


def _require_base(row: Proposal) -> None:
    """Nobody votes on a text whose ground has changed."""
    last = _number(last_revision(row.capability))
    if last != _number(row.base):
        raise Conflict(
            f"Revision {last} was published meanwhile; the proposal builds on {_number(row.base) or 'none'}.",
            next_step="Nothing was counted. Its proposer has to bring it up to date before the vote goes on.",
            current_revision=last,
        )


def _number(standard: Standard | None) -> int:
    return standard.revision if standard else 0


def _checked(actor: Any, written: Mapping[str, Any], when: datetime) -> dict[str, Any]:
    refuse_unknown(written, FIELDS)
    fields: dict[str, Any] = {}
    for name, limit, empty in TEXTS:
        if name in written:
            fields[name] = checked_text(name, written[name], limit, lines=name != "title", empty=empty)
    if "rules" in written:
        fields["rules"] = [draft.as_json() for draft in checked_rules(actor, written["rules"])]
    if "effective_from" in written:
        fields["effective_from"] = _beginning(written["effective_from"], when)
    return fields


TEXTS = (  # field, longest, what to say where it is empty
    ("title", 200, "Give it a title that says what changes."),
    ("reason", LONGEST, "Say why the standard should change; the committee reads it."),
    ("rationale", LONGEST, "Say why; teams read it beside every answer."),
    ("exit_criteria", LONGEST, ""),
)


def _beginning(since: Any, when: datetime) -> datetime | None:
    if since is not None and since < when:
        raise refuse(
            "effective_from", "A standard cannot begin in the past; decisions were given by the one before."
        )
    return since
