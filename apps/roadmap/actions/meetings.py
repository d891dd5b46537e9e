"""The steering committee decides on a proposed plan: with quorum, with recusal, and with reasons for each override."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, When

from apps.core import jobs
from apps.core.checking import checked_text, refuse
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Committee, User
from apps.people.standing import standing_of
from apps.roadmap.actions.moving import locked_candidates, locked_cycle, moment, move, move_cycle
from apps.roadmap.actions.planning import last_snapshot
from apps.roadmap.models import Attendance, Candidate, Cycle, Meeting, Override, PlanRun, Request
from apps.roadmap.policies import sits_on_steering
from apps.roadmap.queries.instance import COMPETING
from apps.roadmap.queries.naming import told
from apps.roadmap.queries.plans import broken_ties, items_of, overfull_roles
from apps.roadmap.workflow import CycleState, Entry, PlanKind, State


@transaction.atomic
def call_meeting(*, actor: Any, cycle: Cycle, at: datetime | None = None) -> Meeting:
    """Opens the decision on the cycle's last finished plans."""
    require(actor, "run", cycle)
    cycle = locked_cycle(cycle)
    run = (
        PlanRun._base_manager.filter(
            cycle=cycle, snapshot=last_snapshot(cycle), state=PlanRun.State.DONE, sandbox={}
        )
        .order_by("-pk")
        .first()
    )
    if cycle.state != CycleState.PROPOSED or run is None:
        raise Conflict("There are no plans to decide on yet.")
    waiting = cycle.meetings.filter(decided_at=None, run=run).first()
    if waiting is not None:
        return waiting
    meeting = Meeting._base_manager.create(cycle=cycle, run=run, held_at=moment(at))
    record("roadmap.cycle.meeting_called", actor=actor, target=cycle, at=at)
    return meeting


@transaction.atomic
def attend(
    *, actor: Any, meeting: Meeting, recused_from: list[Candidate] | None = None, at: datetime | None = None
) -> Attendance:
    """A seat is taken in the meeting; from some items its holder may keep out, and does so until the decision."""
    require(actor, "change", meeting)
    meeting = _held(meeting)
    row, _ = Attendance._base_manager.get_or_create(
        meeting=meeting, user_id=actor.pk, defaults={"at": moment(at)}
    )
    if recused_from is not None:
        wanted = {each.pk for each in recused_from if each.cycle_id == meeting.cycle_id}
        seen = Candidate.objects.visible_to(actor).order_by().values("pk")
        if row.recused_from.filter(pk__in=seen).exclude(pk__in=wanted).exists():
            raise Conflict("Who keeps out of an item keeps out of it until the decision.")
        row.recused_from.add(*wanted)
    return row


@transaction.atomic
def override(
    *,
    actor: Any,
    meeting: Meeting,
    reason: str,
    takes: Candidate | None = None,
    displaces: Candidate | None = None,
    at: datetime | None = None,
) -> Override:
    """Another item than the plan's: says why and what it displaces. Nobody moves what they are recused from."""
    require(actor, "change", meeting)
    meeting = _held(meeting)
    text = checked_text("reason", reason, 5_000, lines=True)
    if not text:
        raise refuse("reason", "Say why; those whom it displaces read it.")
    items = _named(takes, displaces)
    if not items or any(each.cycle_id != meeting.cycle_id for each in items):
        raise refuse("takes", "Choose an item of this cycle to take or to displace.")
    for item in items:
        require(actor, "view", item)
        _require_no_stake(actor, meeting, item)
        _require_competing(item)
    if displaces is not None:
        _require_displaceable(displaces)
    if not Attendance._base_manager.filter(meeting=meeting, user=actor.pk).exists():
        raise Conflict("Only who attends moves items.", next_step="Say that you attend first.")
    with refused_as(override_of_two_items="An item cannot displace itself."):
        row = Override._base_manager.create(
            meeting=meeting,
            takes=takes,
            displaces=displaces,
            reason=text,
            moved_by_id=actor.pk,
            at=moment(at),
        )
    record("roadmap.cycle.overridden", actor=actor, target=meeting.cycle, at=at)
    return row


@transaction.atomic
def take_back_override(*, actor: Any, override: Override, at: datetime | None = None) -> Override:
    """The override moves nothing any more, and stays on record as taken back. Whoever made it, or the chair, before the
    decision, and never of an item in which they have a stake."""
    require(actor, "view", override)
    meeting = _held(override.meeting)
    if override.taken_back_at is not None:
        raise Conflict("This override is taken back already.", possible=["reload"])
    require(actor, "take_back", override)
    for item in _named(override.takes, override.displaces):
        _require_no_stake(actor, meeting, item)
    rows = Override._base_manager.filter(pk=override.pk, taken_back_at=None)
    if not rows.update(taken_back_at=moment(at), taken_back_by_id=actor.pk):
        raise Conflict("This override is taken back already.", possible=["reload"])
    record("roadmap.cycle.override_taken_back", actor=actor, target=meeting.cycle, at=at)
    override.refresh_from_db()
    return override


def _named(takes: Candidate | None, displaces: Candidate | None) -> list[Candidate]:
    return [each for each in (takes, displaces) if each is not None]


def _require_no_stake(actor: Any, meeting: Meeting, item: Candidate) -> None:
    """Nobody moves what they or their team asked for, and nobody what they keep out of."""
    request = item.request
    if request.requester_id == actor.pk or request.owner_id in standing_of(actor).teams:
        raise Forbidden(f"Your team asked for “{request}”; somebody else of the committee moves it.")
    attendance = Attendance._base_manager.filter(meeting=meeting, user=actor.pk)
    if attendance.filter(recused_from=item.pk).exists():
        raise Forbidden("You keep out of this item.")


def _require_competing(item: Candidate) -> None:
    """Nobody moves what has left the cycle."""
    request = item.request
    if request.state not in COMPETING:
        raise Conflict(f"“{request}” is {State(request.state).label.lower()}; there is nothing to move.")


def _require_displaceable(item: Candidate) -> None:
    """What comes off the top was never up for the vote, so that no override can trade it for something else."""
    if item.entry == Entry.CARRIED:
        raise Conflict(
            f"“{item.request}” is carried over: work that is under way is not displaced by an override.",
            next_step="To end it, the center stops the work on its delivery page and says why; its weeks are free then.",
        )
    if item.entry == Entry.MANDATORY:
        raise Conflict(
            f"“{item.request}” is mandatory ({item.obligation}): an override does not displace it.",
            next_step="If the obligation has gone, a CoE lead opens the vote again, takes the cycle back to preparation "
            "and takes the item out there.",
        )


@transaction.atomic
def decide(
    *,
    actor: Any,
    meeting: Meeting,
    chosen: str,
    sha256: str,
    notes: str = "",
    at: datetime | None = None,
) -> Meeting:
    """The chair says what was decided: the chosen plan with the overrides. `sha256` is the hash of the plans that were
    looked at; Conflict where the cycle was frozen anew since, without quorum, or where roles would be overfull."""
    require(actor, "decide", meeting)
    if chosen not in PlanKind.values:
        raise refuse("chosen", f"Choose one of {', '.join(PlanKind.values)}.")
    text, when = checked_text("notes", notes, 20_000, lines=True), moment(at)
    cycle = locked_cycle(meeting.cycle)
    meeting = _held(meeting)
    _require_fresh(cycle, meeting, sha256)
    _require_quorum(meeting)
    taken = decided_items(meeting, chosen)
    full = overfull_roles(meeting.run, taken)
    if full:
        raise Conflict(f"With these overrides there are not enough person-weeks of {', '.join(full)}.")
    broken = broken_ties(meeting.run, taken)
    if broken:
        raise Conflict(
            " ".join(told(actor, sentence) for sentence in broken),
            next_step="Move another item, then decide.",
        )
    _settle(actor, cycle, taken, when)
    changes = {"chosen": chosen, "decided_at": when, "decided_by_id": actor.pk, "notes": text}
    swap(meeting, meeting.version, changes, at=when)
    data = {
        "plan": chosen,
        "items": len(taken),
        "overrides": meeting.overrides.filter(taken_back_at=None).count(),
    }
    move_cycle(actor, cycle, CycleState.DECIDED, when, "decided", data=data)
    jobs.defer("roadmap.keep_minutes", meeting=meeting.pk)
    return meeting


def decided_items(meeting: Meeting, chosen: str) -> set[int]:
    """The ids of requests that the chosen plan takes, with the overrides that stand applied in their order, without what
    was withdrawn since. Once it is decided: what was decided."""
    if meeting.decided_at is not None:
        return set(meeting.cycle.candidates.filter(planned=True).values_list("request", flat=True))
    taken = items_of(meeting.run, chosen)
    standing = meeting.overrides.filter(taken_back_at=None)
    for row in standing.select_related("takes", "displaces").order_by("pk"):
        if row.displaces is not None:
            taken.discard(row.displaces.request_id)
        if row.takes is not None:
            taken.add(row.takes.request_id)
    return set(Request._base_manager.filter(pk__in=taken, state__in=COMPETING).values_list("pk", flat=True))


def _settle(actor: Any, cycle: Cycle, taken: set[int], at: datetime) -> None:
    """Each candidate learns what became of it; one that was withdrawn since stays withdrawn."""
    requests = list(locked_candidates(cycle))
    planned = {each.pk for each in requests if each.pk in taken and each.state in COMPETING}
    cycle.candidates.update(planned=Case(When(request__in=planned, then=True), default=False))
    data = {"cycle": cycle.slug}
    no = f"Not in the plan of {cycle}. Its page among the plans says why, and what would have sufficed."
    for request in requests:
        if request.state != State.IN_CYCLE:
            continue
        if request.pk in planned:
            move(actor, request, State.PLANNED, at, "planned", data=data, decided_at=at)
        else:
            move(actor, request, State.READY, at, "not_planned", data=data, reason=no, decided_at=at)


def _require_fresh(cycle: Cycle, meeting: Meeting, sha256: str) -> None:
    if meeting.run.snapshot != last_snapshot(cycle) or cycle.state != CycleState.PROPOSED:
        raise Conflict("The cycle was opened again since; these plans are stale.", possible=["reload"])
    if sha256 != meeting.run.result_sha256:
        raise Conflict(
            "These are not the plans that you looked at.",
            next_step="Load them again and decide then.",
            possible=["reload"],
            current_sha256=meeting.run.result_sha256,
        )


def _require_quorum(meeting: Meeting) -> None:
    committee = Committee._base_manager.filter(purpose=Committee.Purpose.STEERING).order_by("pk").first()
    quorum = committee.quorum if committee else 1
    users = User._base_manager.filter(pk__in=meeting.attendances.values("user"), is_active=True)
    there = sum(sits_on_steering(user, committee) for user in users)
    if there < quorum:
        raise Conflict(f"{there} of {quorum} members that a decision needs are there.")


def _held(meeting: Meeting) -> Meeting:
    row = (
        Meeting._base_manager.select_for_update(of=("self",))
        .select_related("cycle", "run")
        .get(pk=meeting.pk)
    )
    if row.decided_at is not None:
        raise Conflict("The meeting has decided already.")
    return row
