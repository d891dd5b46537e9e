"""Who acts next on a request, and what happens then: one answer for pages, lists, cards and APIs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from apps.roadmap.queries.obstacles import obstacles
from apps.roadmap.workflow import BEFORE_PLAN, CycleState, Entry, State

CENTER = "the central team"
OFF_THE_TOP = "Comes off the top; nobody votes on it"
BEFORE_FREEZE = (CycleState.PREPARING, CycleState.VOTING)


@dataclass(frozen=True, slots=True)
class Turn:
    """`who` (empty where nobody has to act) does `what`; `then` is what happens after that.

    `by` is when it is due or likely, where that is known: an instant (excluded) or a day; `likely` says which of both.
    """

    who: str
    what: str
    then: str = ""
    by: datetime | date | None = None
    likely: bool = False

    def __str__(self) -> str:
        return f"{self.who} {self.what}".strip()


def who_is_next(request: Any) -> Turn:
    """No statement where the request comes from `queries.requests.requests`."""
    return TURNS.get(State(request.state), _nobody)(request)


def _draft(request: Any) -> Turn:
    return Turn(str(request.owner), "completes and sends it", "The center answers, whatever the answer is.")


def _submitted(request: Any) -> Turn:
    return Turn(
        CENTER,
        "looks at it first",
        "It is scored, or you read why not: a question, a duplicate, a deferral or a refusal with its reason.",
    )


def _triage(request: Any) -> Turn:
    who = str(request.triager) if request.triager_id else CENTER
    return Turn(who, "takes it to scoring, asks for more or says no", "A no says why.")


def _needs_info(request: Any) -> Turn:
    return Turn(str(request.owner), "answers the question", "It goes back into triage.")


def _scoring(request: Any) -> Turn:
    """Several may act at once; each obstacle names who takes it away, and the first one leads the sentence."""
    found = obstacles(request)
    if not found:
        return Turn("a CoE lead", "declares it ready", "It may come into the next planning cycle.")
    first, *others = found
    parts = [first.what]
    for before, each in zip(found, others, strict=False):
        parts.append(each.what if each.who == before.who else f"{each.who} {each.what}")
    return Turn(first.who, "; ".join(parts), "Then it is ready for a cycle.")


def _ready(request: Any) -> Turn:
    return Turn("a CoE lead", "takes it into the next planning cycle", "The units vote on it.")


def _in_cycle(request: Any) -> Turn:
    candidacy = _candidacy(request)
    if candidacy is None:
        return Turn("a CoE lead", "runs the cycle", "The plan says whether it is in, and why.")
    cycle = candidacy.cycle
    if candidacy.entry == Entry.MANDATORY and candidacy.approved_by_id is None:
        return Turn(
            "the steering committee", f"approves it as mandatory in {cycle}", "It is planned before the vote."
        )
    if candidacy.entry != Entry.OPEN and cycle.state in BEFORE_FREEZE:
        return _off_the_top(cycle)
    return CYCLE_TURNS[CycleState(cycle.state)](cycle)


def _off_the_top(cycle: Any) -> Turn:
    """What is mandatory or carried over takes its part before the wallets are shared out."""
    return Turn(
        "", OFF_THE_TOP, f"It stands in every plan of {cycle}; the steering committee decides on them."
    )


def _preparing(cycle: Any) -> Turn:
    return Turn("a CoE lead", f"opens the vote of {cycle}", "The units share out their points.")


def _voting(cycle: Any) -> Turn:
    return Turn(
        "the sponsors of the units",
        f"vote in {cycle}",
        "The ballots are opened together, and three plans are computed.",
        cycle.ballots_until,
    )


def _frozen(cycle: Any) -> Turn:
    return Turn("a CoE lead", f"has the plans of {cycle} computed", "The steering committee decides on them.")


def _proposed(cycle: Any) -> Turn:
    return Turn(
        "the steering committee", f"decides on the plans of {cycle}", "You read a receipt or why not."
    )


def _decided(cycle: Any) -> Turn:
    return Turn("a CoE lead", f"closes {cycle}", "It is carried over or comes back as ready.")


CYCLE_TURNS: dict[CycleState, Callable[[Any], Turn]] = {
    CycleState.PREPARING: _preparing,
    CycleState.VOTING: _voting,
    CycleState.FROZEN: _frozen,
    CycleState.PROPOSED: _proposed,
    CycleState.DECIDED: _decided,
    CycleState.CLOSED: _decided,
}


def off_the_top(request: Any) -> bool:
    """Whether no unit voted, or will vote, on it: it was mandatory in the cycle that took it. What is carried over was
    voted on before that; carried over alone, it comes from a time before the cycles."""
    if request.state in BEFORE_PLAN and request.state != State.IN_CYCLE:
        return False
    rows = sorted(request.candidacies.all(), key=lambda each: each.pk)
    taken = [each for each in rows if each.entry != Entry.CARRIED] or rows
    return bool(taken) and taken[-1].entry != Entry.OPEN


def _planned(request: Any) -> Turn:
    candidacy = _candidacy(request)
    ends = candidacy.cycle.ends if candidacy else None
    return Turn(CENTER, "starts the work", "Milestones with windows stand here.", ends, likely=True)


def _in_progress(request: Any) -> Turn:
    blocks = [block for block in request.blocks.all() if block.ended_at is None]
    if blocks:
        return Turn(str(blocks[0].owner), f"ends the block: {blocks[0].waits_for}", "The work goes on.")
    left = [each for each in request.milestones.all() if each.done_at is None]
    if not left:
        return Turn(CENTER, "hands it over", "A team runs it, and its outcome is reviewed.")
    return Turn(CENTER, f"works on “{left[0]}”", "The next milestone follows.", left[0].p90, likely=True)


def _delivered(request: Any) -> Turn:
    return _reviewed(request, "The first review after 90 days says whether it is used.")


def _outcome_review(request: Any) -> Turn:
    return _reviewed(request, "After the last review it is closed.")


def _reviewed(request: Any, then: str) -> Turn:
    open_ = [each for each in request.outcome_reviews.all() if each.done_at is None]
    first = min(open_, key=lambda each: each.due) if open_ else None
    return Turn(str(request.owner), "measures what came of it", then, first.due if first else None)


def _deferred(request: Any) -> Turn:
    return Turn(CENTER, "takes it up again when the reason is gone", "It goes back into triage.")


def _duplicate(request: Any) -> Turn:
    return Turn("", "Its supporters and links joined the other request; that one goes on")


def _nobody(request: Any) -> Turn:
    return Turn("", "It has ended; nobody has to act")


def _candidacy(request: Any) -> Any | None:
    """The newest one: a request that was not planned may stand in a later cycle again."""
    return max(request.candidacies.all(), key=lambda each: each.pk, default=None)


TURNS: dict[State, Callable[[Any], Turn]] = {
    State.DRAFT: _draft,
    State.SUBMITTED: _submitted,
    State.TRIAGE: _triage,
    State.NEEDS_INFO: _needs_info,
    State.SCORING: _scoring,
    State.READY: _ready,
    State.IN_CYCLE: _in_cycle,
    State.PLANNED: _planned,
    State.IN_PROGRESS: _in_progress,
    State.DELIVERED: _delivered,
    State.OUTCOME_REVIEW: _outcome_review,
    State.DEFERRED: _deferred,
    State.DUPLICATE: _duplicate,
}
