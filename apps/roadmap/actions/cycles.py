"""Cycles: capacity, shares and candidates are set up, units cast sealed ballots, then everything is frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.core.checking import checked_choice, checked_text, refuse
from apps.core.concurrency import refused_as
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.models import SLUG, BusinessUnit
from apps.people.standing import standing_of
from apps.roadmap.actions.figures import exact_number, whole_number
from apps.roadmap.actions.freshness import refuse_stale
from apps.roadmap.actions.moving import locked, locked_cycle, moment, move, move_cycle
from apps.roadmap.models import (
    Advice,
    BallotLine,
    Candidate,
    Capacity,
    Cycle,
    Estimate,
    Override,
    Request,
    Share,
)
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.queries.instance import plannable
from apps.roadmap.queries.naming import told
from apps.roadmap.queries.scores import current_policy, is_stale
from apps.roadmap.workflow import UNDER_WAY, CycleState, Entry, Role, State

WHOLE = 10_000
LAST_YEAR = 2199  # instants near the end of time cannot be told in every time zone
MOST_WEEKS = Decimal(100_000)


@transaction.atomic
def create_cycle(
    *,
    actor: Any,
    slug: str,
    name: str,
    starts: date,
    ends: date,
    mandatory_cap: int = 4_000,
    ballots_until: datetime | None = None,
    at: datetime | None = None,
) -> Cycle:
    """A new cycle in preparation; CoE leads make it."""
    if not isinstance(actor, System) and not standing_of(actor).coe_lead:
        raise Forbidden("CoE leads open planning cycles.")
    if not isinstance(slug, str) or not SLUG.regex.fullmatch(slug):  # type: ignore[union-attr]
        raise refuse("slug", "Use a-z, 0-9 and inner hyphens, at most 63 characters.")
    if ends <= starts:
        raise refuse("ends", "The cycle ends after it starts.")
    whole_number("mandatory_cap", mandatory_cap, 0, WHOLE)
    title = checked_text("name", name, 100, empty="Give it a name.")
    if ends.year > LAST_YEAR or (ballots_until is not None and ballots_until.year > LAST_YEAR):
        raise refuse("ends", f"A cycle and its vote end before {LAST_YEAR + 1}.")
    taken = "There is a cycle with this address already."
    if Cycle._base_manager.filter(slug=slug).exists():
        raise Conflict(errors={"slug": [taken]})
    when = moment(at)
    with refused_as(roadmap_cycle_slug_key=taken):
        cycle = Cycle._base_manager.create(
            slug=slug,
            name=title,
            starts=starts,
            ends=ends,
            mandatory_cap=mandatory_cap,
            ballots_until=ballots_until,
            scoring_policy=current_policy(),
            created_at=when,
            updated_at=when,
        )
    require(actor, "run", cycle)
    record("roadmap.cycle.created", actor=actor, target=cycle, at=at)
    return cycle


@transaction.atomic
def set_capacity(
    *, actor: Any, cycle: Cycle, weeks: Mapping[str, tuple[Any, Any]], at: datetime | None = None
) -> Cycle:
    """Replaces the capacities: role to (person-weeks, of which in reserve)."""
    cycle = _changeable(actor, cycle)
    rows = {_role(role): (_weeks(role, whole), _weeks(role, kept)) for role, (whole, kept) in weeks.items()}
    for role, (whole, kept) in rows.items():
        if kept > whole:
            raise refuse("capacity", f"{Role(role).label}: the reserve is larger than the capacity.")
    Capacity._base_manager.filter(cycle=cycle).delete()
    Capacity._base_manager.bulk_create(
        Capacity(cycle=cycle, role=role, weeks=whole, reserve=kept) for role, (whole, kept) in rows.items()
    )
    record("roadmap.cycle.capacity_set", actor=actor, target=cycle, data={"roles": len(rows)}, at=at)
    return cycle


@transaction.atomic
def set_shares(
    *, actor: Any, cycle: Cycle, shares: Mapping[BusinessUnit | None, int], at: datetime | None = None
) -> Cycle:
    """Replaces the shares: unit (None: the strategic wallet) to basis points, 10,000 together, no unit in another.

    Units that stay keep their delegates and their advice; the event names the voters that left with theirs.
    """
    cycle = _changeable(actor, cycle)
    total = sum(whole_number("shares", part, 1, WHOLE) for part in shares.values())
    if total != WHOLE:
        raise refuse("shares", f"The shares add up to {total:,} basis points; they must be 10,000.")
    _refuse_nested([unit for unit in shares if unit is not None])
    if Share._base_manager.filter(cycle=cycle, ballot__isnull=False).exists():
        raise Conflict("Ballots are cast already; shares stay as they are.")
    data = {
        "shares": len(shares),
        "left": _drop_shares(cycle, {unit.pk if unit else None for unit in shares}),
    }
    for unit, part in shares.items():
        Share._base_manager.update_or_create(cycle=cycle, unit=unit, defaults={"basis_points": part})
    record("roadmap.cycle.shares_set", actor=actor, target=cycle, data=data, at=at)
    return cycle


def _drop_shares(cycle: Cycle, staying: set[int | None]) -> list[str]:
    """Takes away the shares of all others, with what hangs on them; returns their voters."""
    gone = [share for share in cycle.shares.select_related("unit") if share.unit_id not in staying]
    for share in gone:
        share.delegates.all().delete()
        share.advice.all().delete()
        share.delete()
    return [str(share.unit or "Strategic wallet") for share in gone]


def _refuse_nested(units: Sequence[BusinessUnit]) -> None:
    chosen = {unit.pk: unit for unit in units}
    for unit in units:
        above = unit.parent
        while above is not None:
            if above.pk in chosen:
                raise refuse("shares", f"{above} contains {unit}; only one of them has a share.")
            above = above.parent


@transaction.atomic
def add_candidate(
    *,
    actor: Any,
    cycle: Cycle,
    request: Request,
    entry: str = Entry.OPEN,
    obligation: str = "",
    at: datetime | None = None,
) -> Candidate:
    """Takes a ready request into the cycle. A mandatory one names its obligation and needs somebody else's approval."""
    require(actor, "plan", request)
    cycle = _changeable(actor, cycle)
    checked_choice("entry", entry, Entry.values)
    reference = checked_text("obligation", obligation, 300)
    if entry == Entry.MANDATORY and not reference:
        raise refuse("obligation", "Name the law, contract or finding that makes it mandatory.")
    request, when = locked(request), moment(at)
    if request.state != State.READY:
        raise Conflict(f"“{request}” is {State(request.state).label.lower()}, not ready.")
    if is_stale(request, when, cycle.scoring_policy):
        raise Conflict(f"The scores of “{request}” are stale; score it again first.")
    with refused_as(candidate_once="It is in this cycle already."):
        row = Candidate._base_manager.create(
            cycle=cycle, request=request, entry=entry, obligation=reference, proposed_by_id=actor.pk, at=when
        )
    move(actor, request, State.IN_CYCLE, when, "in_cycle", data={"cycle": cycle.slug})
    return row


@transaction.atomic
def carry_over(*, actor: Any, cycle: Cycle, request: Request, at: datetime | None = None) -> Candidate:
    """Work that is under way comes off the top of the next cycle; its estimate is renewed before."""
    require(actor, "estimate", request)
    cycle = _changeable(actor, cycle)
    if request.state not in (State.PLANNED, State.IN_PROGRESS):
        raise Conflict(f"“{request}” is not under way.")
    with refused_as(candidate_once="It is in this cycle already."):
        row = Candidate._base_manager.create(
            cycle=cycle, request=request, entry=Entry.CARRIED, proposed_by_id=actor.pk, at=moment(at)
        )
    record("roadmap.request.carried", actor=actor, target=request, data={"cycle": cycle.slug}, at=at)
    return row


@transaction.atomic
def approve_mandatory(*, actor: Any, candidate: Candidate, at: datetime | None = None) -> Candidate:
    """The steering committee agrees that the obligation is one."""
    require(actor, "approve", candidate)
    with refused_as(mandatory_four_eyes="Somebody else approves what you proposed."):
        Candidate._base_manager.filter(pk=candidate.pk, approved_by=None).update(approved_by_id=actor.pk)
    candidate.refresh_from_db()
    data = {"obligation": candidate.obligation}
    record("roadmap.request.mandate_approved", actor=actor, target=candidate.request, data=data, at=at)
    return candidate


@transaction.atomic
def remove_candidate(
    *, actor: Any, candidate: Candidate, reason: str = "", at: datetime | None = None
) -> None:
    """Takes a request out of a cycle in preparation; it is ready for another one. Points that a ballot gave to it are
    free again."""
    require(actor, "change", candidate)
    cycle = _changeable(actor, candidate.cycle)
    request = locked(candidate.request)
    _require_unmoved(candidate)
    why = checked_text("reason", reason, 2_000, lines=True)
    for table in (BallotLine, Advice):
        table._base_manager.filter(candidate=candidate.pk).delete()
    candidate.delete()
    if request.state == State.IN_CYCLE:
        move(actor, request, State.READY, moment(at), "left_cycle", data={"cycle": cycle.slug}, reason=why)


def _require_unmoved(candidate: Candidate) -> None:
    """What a meeting moved stays on its record."""
    if Override._base_manager.filter(Q(takes=candidate.pk) | Q(displaces=candidate.pk)).exists():
        raise Conflict(
            f"An override of an earlier meeting names “{candidate.request}”, and that record is kept.",
            next_step="Leave it in: the committee displaces it, or its team withdraws it.",
        )


@transaction.atomic
def open_voting(
    *, actor: Any, cycle: Cycle, expected_version: int | None = None, at: datetime | None = None
) -> Cycle:
    """Units may cast ballots from now on. Capacity, shares and candidates must be there."""
    require(actor, "run", cycle)
    cycle = locked_cycle(cycle, expected_version)
    if cycle.state != CycleState.PREPARING:
        raise Conflict(
            f"{cycle} is {CycleState(cycle.state).label.lower()}; a vote opens after the preparation."
        )
    lacking = _unprepared(cycle) or _unplannable(actor, cycle)
    if lacking:
        raise Conflict(" ".join(lacking), possible=lacking)
    when = moment(at)
    refuse_stale(cycle, max(when, cycle.ballots_until or when))
    move_cycle(actor, cycle, CycleState.VOTING, when, "voting_opened")
    return cycle


def _unprepared(cycle: Cycle) -> list[str]:
    lacking = []
    if not cycle.capacities.filter(weeks__gt=0).exists():
        lacking.append("No role has any capacity.")
    if sum(cycle.shares.values_list("basis_points", flat=True)) != WHOLE:
        lacking.append("The shares do not add up to 10,000 basis points.")
    if not cycle.candidates.exists():
        lacking.append("No request is in the cycle.")
    waiting = cycle.candidates.filter(entry=Entry.MANDATORY, approved_by=None).count()
    if waiting:
        lacking.append(f"{waiting} mandatory items wait for the committee's approval.")
    return [*lacking, *_not_estimated_again(cycle)]


def _not_estimated_again(cycle: Cycle) -> Iterator[str]:
    """Of work that goes on, what is left is estimated: after it was planned or begun."""
    since = Estimate._base_manager.filter(
        request=OuterRef("request"), at__gte=OuterRef("request__state_since")
    )
    rows = cycle.candidates.filter(~Exists(since), entry=Entry.CARRIED, request__state__in=UNDER_WAY)
    for row in rows.select_related("request").order_by("request__title", "pk"):
        yield f"“{row.request}” is carried over with its old estimate; estimate what is left of it."


def _unplannable(actor: Any, cycle: Cycle) -> list[str]:
    """What would stop the planner after the vote is said before it."""
    try:
        plannable(cycle)
    except PlanningError as error:
        return [told(actor, problem) for problem in error.problems]
    return []


def _changeable(actor: Any, cycle: Cycle) -> Cycle:
    require(actor, "change", cycle)
    cycle = locked_cycle(cycle)
    if cycle.state != CycleState.PREPARING:
        raise Conflict(
            f"The cycle is {CycleState(cycle.state).label.lower()}; it cannot be changed any more."
        )
    return cycle


def _role(role: str) -> str:
    if role not in Role.values:
        raise refuse("capacity", f"“{str(role)[:40]}” is no role; choose one of {', '.join(Role.values)}.")
    return str(role)


def _weeks(role: str, value: Any) -> Decimal:
    number = exact_number("capacity", value)
    if not 0 <= number <= MOST_WEEKS:
        raise refuse("capacity", f"{role}: between 0 and {MOST_WEEKS:,} person-weeks.")
    return number.quantize(Decimal("0.001"))
