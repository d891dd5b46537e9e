"""Reading cycles: who acts next, what there is to share, who shares it, what is asked; never a sealed ballot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch
from django.utils import timezone

from apps.core.errors import NotFound
from apps.core.policies import PolicyQuerySet
from apps.people.models import Committee
from apps.people.standing import standing_of
from apps.roadmap.models import (
    Advice,
    Ballot,
    BallotLine,
    Candidate,
    Cycle,
    Delegate,
    Dependency,
    PlanRun,
    Share,
    Snapshot,
)
from apps.roadmap.planning.instance import Instance
from apps.roadmap.policies import voter_of
from apps.roadmap.queries.failing import Failure
from apps.roadmap.queries.frozen import values_by_request, weeks_by_request
from apps.roadmap.queries.planner_words import listed
from apps.roadmap.queries.turns import Turn
from apps.roadmap.workflow import REVEALED, CycleState, Entry, Link, Role

WHOLE = 10_000
NOBODY = Decimal(0)


def cycles(user: Any) -> PolicyQuerySet[Cycle]:
    """Newest first, with how many requests stand in each."""
    rows = Cycle.objects.visible_to(user).annotate(candidate_count=Count("candidates"))
    return rows.order_by("-starts", "-pk")


def cycle_by_slug(user: Any, slug: str) -> Cycle:
    rows = Cycle.objects.visible_to(user).select_related("scoring_policy")
    row = rows.filter(slug=slug).first()
    if row is None:
        raise NotFound("There is no such planning cycle.", next_step="Look at the list of cycles.")
    return row


@dataclass(frozen=True, slots=True)
class Voter:
    """A share with who casts its ballot and whether that is done; never what is in it."""

    share: Share
    voters: tuple[str, ...]
    cast_at: datetime | None
    cast_by: str
    mine: bool = False
    advises: bool = False

    @property
    def name(self) -> str:
        return str(self.share.unit or "Strategic wallet")

    @property
    def percent(self) -> str:
        return f"{self.share.basis_points / 100:g}%"


def voters(user: Any, cycle: Cycle) -> list[Voter]:
    """Largest share first: five statements."""
    delegates = Prefetch("delegates", Delegate._base_manager.select_related("user").order_by("pk"))
    rows = Share.objects.visible_to(user).filter(cycle=cycle).select_related("unit__sponsor")
    mine = set(Share._base_manager.filter(voter_of(user), cycle=cycle).values_list("pk", flat=True))
    cast = _cast(cycle)
    units, chair = standing_of(user).units, _chair()
    return [
        Voter(
            share,
            _who(share, chair),
            cast_at=cast.get(share.pk, (None, ""))[0],
            cast_by=cast.get(share.pk, (None, ""))[1],
            mine=share.pk in mine,
            advises=share.unit_id in units,
        )
        for share in rows.prefetch_related(delegates).order_by("-basis_points", "unit__name")
    ]


def _cast(cycle: Cycle) -> dict[int, tuple[datetime, str]]:
    """That a ballot was cast, when and by whom, is public as its event is; nothing else of it is."""
    rows = Ballot._base_manager.filter(cycle=cycle).values_list("share", "cast_at", "cast_by__name")
    return {share: (at, name) for share, at, name in rows}


def _chair() -> str:
    row = Committee._base_manager.filter(purpose=Committee.Purpose.STEERING).select_related("chair").first()
    return str(row.chair) if row else ""


def _who(share: Share, chair: str) -> tuple[str, ...]:
    first = chair if share.unit is None else str(share.unit.sponsor or "")
    named = [str(each.user) for each in share.delegates.all()]
    return tuple(dict.fromkeys(name for name in (first, *named) if name))


@dataclass(slots=True)
class Candidacy:
    """A candidate with what it takes (P50 person-weeks by role) and what it is worth under the cycle's policy."""

    row: Candidate
    weeks: dict[str, Decimal]
    value: Decimal | None
    needs: list[Any] = field(default_factory=list)
    excludes: list[Any] = field(default_factory=list)
    can_change: bool = False
    can_approve: bool = False

    @property
    def total(self) -> Decimal:
        return sum(self.weeks.values(), NOBODY)

    @property
    def roles(self) -> list[tuple[str, Decimal]]:
        return [(str(Role(role).label), part) for role, part in sorted(self.weeks.items())]


def candidacies(
    user: Any, cycle: Cycle, entries: Iterable[str] = Entry.values, frozen: Instance | None = None
) -> list[Candidacy]:
    """What the reader sees of the candidates, by title: about ten statements, whatever their number. With `frozen`
    their figures are those of the freeze."""
    rows = Candidate.objects.visible_to(user).filter(cycle=cycle, entry__in=list(entries))
    joined = ("request__unit", "request__owner", "request__requester", "proposed_by", "approved_by")
    shown = list(
        rows.select_related(*joined).with_can(user, "change", "approve").order_by("request__title", "pk")
    )
    ids = [row.request_id for row in shown]
    weeks, values = (
        weeks_by_request(frozen, ids),
        values_by_request(frozen, cycle, [row.request for row in shown]),
    )
    found = {
        row.request_id: Candidacy(
            row,
            weeks.get(row.request_id, {}),
            values.get(row.request_id),
            can_change=row.can_change,
            can_approve=row.can_approve,
        )
        for row in shown
    }
    _tie(user, found)
    return list(found.values())


def _tie(user: Any, found: dict[int, Candidacy]) -> None:
    rows = Dependency.objects.visible_to(user).filter(request__in=found).select_related("request", "other")
    for row in rows.order_by("pk"):
        if row.kind == Link.NEEDS:
            found[row.request_id].needs.append(row.other)
        else:
            found[row.request_id].excludes.append(row.other)
            if row.other_id in found:
                found[row.other_id].excludes.append(row.request)


def hidden_candidates(cycle: Cycle, shown: int) -> int:
    return max(0, cycle.candidates.count() - shown)


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """Person-weeks of a role: how many there are, kept back, off the top, and asked of the vote."""

    role: str
    weeks: Decimal
    reserve: Decimal
    top: Decimal
    asked: Decimal

    @property
    def label(self) -> str:
        return str(Role(self.role).label)

    @property
    def left(self) -> Decimal:
        return self.weeks - self.reserve - self.top


def offers(cycle: Cycle, frozen: Instance | None = None) -> list[RoleOffer]:
    """Totals over all candidates, also those that a reader does not see: three statements. With `frozen` as they were
    frozen."""
    entries = dict(cycle.candidates.values_list("request", "entry"))
    top: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for request, parts in weeks_by_request(frozen, entries).items():
        for role, weeks in parts.items():
            (asked if entries[request] == Entry.OPEN else top)[role] += weeks  # type: ignore[assignment]
    return [
        RoleOffer(row.role, row.weeks, row.reserve, Decimal(top[row.role]), Decimal(asked[row.role]))
        for row in cycle.capacities.all()
    ]


def ballots(user: Any, cycle: Cycle) -> dict[tuple[int, int], int]:
    """(candidate, share) to points, of the ballots that the reader may see."""
    lines = BallotLine.objects.visible_to(user).filter(ballot__cycle=cycle)
    return {
        (candidate, share): points
        for candidate, share, points in lines.values_list("candidate", "ballot__share", "points")
    }


def advice_for(user: Any, share: Share) -> dict[int, list[Advice]]:
    """What members of the unit would give, by candidate; for the voter, and of one's own."""
    rows = (
        Advice.objects.visible_to(user)
        .filter(share=share)
        .select_related("user")
        .order_by("-points", "user__name")
    )
    found: dict[int, list[Advice]] = {}
    for row in rows:
        found.setdefault(row.candidate_id, []).append(row)
    return found


def last_run(cycle: Cycle) -> PlanRun | None:
    """The newest real computation of the snapshot that counts; None while the vote is open."""
    if cycle.state not in REVEALED:
        return None
    snapshot = Snapshot._base_manager.filter(cycle=cycle).order_by("-pk").first()
    runs = PlanRun._base_manager.filter(cycle=cycle, snapshot=snapshot, sandbox={})
    return runs.select_related("cycle", "snapshot", "started_by").order_by("-pk").first()


def next_turn(cycle: Cycle, shares: list[Voter], failure: Failure | None) -> Turn:
    """Who acts next on the cycle, and what follows; `failure` of its last computation."""
    state = CycleState(cycle.state)
    if state == CycleState.PREPARING:
        return Turn(
            "a CoE lead",
            "sets up capacity, shares and candidates and opens the vote",
            "The units share out their points.",
        )
    if state == CycleState.VOTING:
        return _voting(cycle, shares)
    if state == CycleState.FROZEN:
        return _frozen(failure)
    if state == CycleState.PROPOSED:
        return Turn(
            "the steering committee",
            "decides on the plans",
            "Each request learns what became of it, and why.",
        )
    if state == CycleState.DECIDED:
        return _decided(cycle)
    return Turn("", "Nobody: it is closed")


def _voting(cycle: Cycle, shares: list[Voter]) -> Turn:
    waiting = [each.name for each in shares if each.cast_at is None]
    if waiting and cycle.ballots_until is not None and cycle.ballots_until <= timezone.now():
        return Turn(
            "a CoE lead",
            "freezes the cycle, or gives the vote a later end: no ballot is taken any more",
            "The ballots are opened together, and three plans are computed.",
        )
    if not waiting:
        return Turn(
            "a CoE lead",
            "freezes the cycle: every ballot is cast",
            "The ballots are opened together, and three plans are computed.",
        )
    who = listed(waiting) if len(waiting) < 4 else f"{len(waiting)} of {len(shares)} units"
    verb = "has its ballot to cast" if len(waiting) == 1 else "have their ballots to cast"
    return Turn(
        who,
        verb,
        "Then a CoE lead freezes the cycle, and the ballots are opened together.",
        cycle.ballots_until,
    )


def _decided(cycle: Cycle) -> Turn:
    """Until its last day one works; then it is closed."""
    then = "What is not finished is carried over into the next one."
    if timezone.localdate() >= cycle.ends:
        return Turn("a CoE lead", "closes the cycle: it is over", then)
    return Turn("the central team", "works through what was planned", then, cycle.ends, likely=True)


def _frozen(failure: Failure | None) -> Turn:
    if failure is not None:
        what = (
            "opens the vote again and puts right what stopped the planner"
            if failure.foreseen
            else "has it planned again"
        )
        return Turn("a CoE lead", what, "The steering committee decides on the plans.")
    return Turn(
        "the planner", "computes three plans from what was frozen", "The steering committee decides on them."
    )
