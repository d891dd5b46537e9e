"""Reading a capability: its revisions with what each of them is now, its rules, and what differs between two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.core.differences import Block, diff, summary
from apps.core.errors import NotFound
from apps.tooling.book import Book, ever_holding
from apps.tooling.models import Capability, Proposal, Standard, StandardRule
from apps.tooling.queries.book import Snapshot
from apps.tooling.queries.rings import PLACE
from apps.tooling.queries.rules import Change, compared, rules_of
from apps.tooling.vocabulary import Ring
from apps.tooling.workflow import ProposalState

MOST_REVISIONS = 200


class Phase(StrEnum):
    """What a revision is at an instant."""

    UPCOMING = "upcoming"
    IN_FORCE = "in force"
    SUPERSEDED = "superseded"
    NEVER = "never in force"


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision with its phase; `until` is when another one supersedes it."""

    standard: Standard
    phase: Phase
    until: datetime | None


def capability_of(user: Any, slug: str) -> Capability:
    found = Capability.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such capability.", next_step="Choose one on the radar.")
    return found


def revisions(user: Any, capability: Capability, now: Snapshot) -> list[Revision]:
    """The newest first, with their authors; one statement."""
    rows = Standard.objects.visible_to(user).filter(capability=capability)
    told = rows.select_related("author", "capability").order_by("-revision")[:MOST_REVISIONS]
    spans = _spans(now.book, capability.slug)
    return [_revision(row, spans, now.at) for row in told]


def _spans(book: Book, capability: str) -> dict[int, tuple[datetime, datetime | None]]:
    """From when until when each revision holds; those that never do are not there."""
    holding = ever_holding(each for each in book.standards if each.capability == capability)
    ends = [*(each.effective_from for each in holding[1:]), None]
    return {each.revision: (each.effective_from, end) for each, end in zip(holding, ends, strict=False)}


def _revision(row: Standard, spans: dict[int, tuple[datetime, datetime | None]], at: datetime) -> Revision:
    if row.revision not in spans:
        return Revision(row, Phase.NEVER, None)
    begins, ends = spans[row.revision]
    if at < begins:
        return Revision(row, Phase.UPCOMING, ends)
    return Revision(row, Phase.IN_FORCE if ends is None or at < ends else Phase.SUPERSEDED, ends)


def rule_rows(user: Any, standard: Standard) -> list[StandardRule]:
    """The rules whose tool this person sees, from the inside out; one statement."""
    rows = StandardRule.objects.visible_to(user).filter(standard=standard)
    found = list(rows.select_related("tool__owner", "environment", "standard__capability"))
    return sorted(found, key=lambda row: (PLACE[Ring(row.ring)], str(row.tool).lower(), row.pk))


def open_proposals(user: Any, capability: Capability) -> list[Proposal]:
    rows = Proposal.objects.visible_to(user).filter(capability=capability)
    going_on = rows.filter(state__in=(ProposalState.OPEN, ProposalState.VOTING))
    return list(going_on.select_related("proposer").order_by("-id")[:20])


@dataclass(frozen=True, slots=True)
class TextChange:
    """How one text of a standard differs; no blocks where it is the same."""

    title: str
    blocks: list[Block]
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    old: Standard
    new: Standard
    rules: list[Change]
    same: int
    texts: list[TextChange]


def comparison(user: Any, old: Standard, new: Standard) -> Comparison:
    """What the newer revision changed; two statements."""
    changes = compared(rules_of(user, old), rules_of(user, new))
    changed = [each for each in changes if each.kind != "same"]
    texts = [
        _text("Rationale", old.rationale, new.rationale),
        _text("Exit criteria", old.exit_criteria, new.exit_criteria),
    ]
    return Comparison(old, new, changed, len(changes) - len(changed), texts)


def _text(title: str, old: str, new: str) -> TextChange:
    if old == new:
        return TextChange(title, [], 0, 0)
    return TextChange(title, diff(old, new), *summary(old, new))
