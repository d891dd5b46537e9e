"""The decision meeting: what stands on its agenda, who is there, and what is left of each role with the overrides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, Prefetch, Q, TextField, Value, When
from django.utils import timezone

from apps.people.models import Committee, CommitteeSeat
from apps.roadmap.models import Attendance, Candidate, Cycle, Meeting, Override, Snapshot
from apps.roadmap.planning.instance import Instance
from apps.roadmap.queries.explaining import Explained, Fate
from apps.roadmap.queries.instance import key
from apps.roadmap.queries.planner_words import figure, role_name
from apps.roadmap.queries.why_words import reason_of
from apps.roadmap.workflow import CycleState, PlanKind

NEARLY = 80  # percent of its cost that its supporters could have paid


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """`candidate` is None for a request that the reader does not see: it has neither title nor figures.

    `planned` by the chosen plan, `taken` with the overrides; `plans` are the others that take it. `reason` says why the
    plan left it out, and of what it took how.
    """

    candidate: Candidate | None
    weeks: str
    way: str
    planned: bool
    taken: bool
    plans: tuple[str, ...]
    reason: str
    close: bool
    displaced: bool = False

    @property
    def moved(self) -> bool:
        return self.planned != self.taken


@dataclass(frozen=True, slots=True)
class Agenda:
    """`hidden` requests are counted, in and out. `displaced` were in the plan and are not with the overrides."""

    taken: tuple[AgendaItem, ...]
    displaced: tuple[AgendaItem, ...]
    close: tuple[AgendaItem, ...]
    out: tuple[AgendaItem, ...]
    hidden_in: int
    hidden_out: int


@dataclass(frozen=True, slots=True)
class RoleUse:
    """Micro-weeks of one role, the reserve kept."""

    role: str
    there: int
    used: int

    @property
    def name(self) -> str:
        return role_name(self.role)

    @property
    def text(self) -> str:
        return f"{figure(self.used)} of {figure(self.there)} person-weeks"

    @property
    def overfull(self) -> bool:
        return self.used > self.there


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who may sit in the meeting, and whether they do."""

    user: Any
    seats: tuple[str, ...]
    attendance: Attendance | None
    chair: bool


def meetings_of(user: Any, cycle: Cycle) -> list[Meeting]:
    """Newest first."""
    rows = Meeting.objects.visible_to(user).filter(cycle=cycle.pk)
    return list(rows.select_related("run__snapshot", "cycle", "decided_by").order_by("-pk"))


def is_stale(meeting: Meeting) -> bool:
    """The cycle was opened again since its plans were made, so that nothing can be decided on them."""
    if meeting.decided_at is not None:
        return False
    last = Snapshot._base_manager.filter(cycle=meeting.cycle_id).order_by("-pk").values_list("pk", flat=True)
    return meeting.cycle.state != CycleState.PROPOSED or meeting.run.snapshot_id != last.first()


def candidates(user: Any, cycle: Cycle) -> list[Candidate]:
    """Those whose request `user` may see."""
    rows = Candidate.objects.visible_to(user).filter(cycle=cycle.pk)
    return list(rows.select_related("request__unit").defer("request__search_vector").order_by("pk"))


def agenda(
    read: Explained, rows: Iterable[Candidate], kind: PlanKind, decided: set[int], displaced: set[int]
) -> Agenda:
    """`decided` are the ids of the requests that the plan takes with the overrides, `displaced` those of the candidates
    that an override leaves out. No statement."""
    known = {key(row.request_id): row for row in rows}
    names = {key(pk) for pk in decided}
    items = {
        name: _item(read, known.get(name), name, kind, name in names, displaced) for name in read.requests
    }
    seen = {name: item for name, item in items.items() if item.candidate is not None}
    left = [item for item in seen.values() if not item.taken and not item.displaced]
    return Agenda(
        taken=tuple(item for item in seen.values() if item.taken),
        displaced=tuple(item for item in seen.values() if item.displaced),
        close=tuple(item for item in left if item.close),
        out=tuple(item for item in left if not item.close),
        hidden_in=sum(item.taken for name, item in items.items() if name not in seen),
        hidden_out=sum(not item.taken for name, item in items.items() if name not in seen),
    )


def _item(
    read: Explained, row: Candidate | None, name: str, kind: PlanKind, taken: bool, displaced: set[int]
) -> AgendaItem:
    if row is None or not read.names.shows(name):
        return AgendaItem(None, "", "", name in read.taken[kind], taken, (), "", False)
    fate, planned = read.fate(name), name in read.taken[kind]
    left_out = planned and not taken and row.pk in displaced
    others = tuple(str(PlanKind(each).label) for each in PlanKind if each in fate.plans and each != kind)
    return AgendaItem(
        candidate=row,
        weeks=figure(read.requests[name].cost),
        way=fate.label,
        planned=planned,
        taken=taken,
        plans=others,
        reason="" if taken else _once_in(fate, kind, left_out) if planned else reason_of(read, name),
        close=not planned and (bool(others) or _nearly(read, name)),
        displaced=left_out,
    )


def _once_in(fate: Fate, kind: PlanKind, left_out: bool) -> str:
    """Of what the plan took and is not taken now; only equal shares buy and fill."""
    how = fate.label if kind == PlanKind.EQUAL_SHARES else f"In the plan of the {kind.label.lower()}"
    return f"{how}, then displaced by the committee." if left_out else f"{how}; it left the cycle since."


def _nearly(read: Explained, name: str) -> bool:
    """A little cheaper, and its supporters would have bought it."""
    limit = read.result["why_not"].get(name, {}).get("cost_at_most")
    return limit is not None and limit * 100 >= NEARLY * read.requests[name].cost


def role_use(instance: Instance, decided: set[int]) -> list[RoleUse]:
    """What these requests need of each role, of what there is without the reserve."""
    names = {key(pk) for pk in decided}
    used = dict.fromkeys(instance.capacities, 0)
    for request in instance.requests:
        if request.id in names:
            for role, weeks in request.weeks.items():
                used[role] = used.get(role, 0) + weeks
    return [
        RoleUse(role, instance.capacities.get(role, 0) - instance.reserve.get(role, 0), weeks)
        for role, weeks in used.items()
    ]


def overrides(user: Any, meeting: Meeting) -> list[Override]:
    """In the order in which they were moved, those that were taken back too; with `can_take_back`."""
    rows = (
        Override.objects.visible_to(user).with_can(user, "take_back").filter(meeting=meeting).order_by("pk")
    )
    return list(rows.select_related("takes__request", "displaces__request", "moved_by", "taken_back_by"))


def with_told_reasons(user: Any, rows: Any) -> Any:
    """Overrides with `told_reason`: empty where it speaks of a request that `user` does not see."""
    seen = Candidate.objects.visible_to(user).order_by().values("pk")
    shown = (Q(takes=None) | Q(takes__in=seen)) & (Q(displaces=None) | Q(displaces__in=seen))
    return rows.annotate(
        told_reason=Case(When(shown, then=F("reason")), default=Value(""), output_field=TextField())
    )


def seats(meeting: Meeting) -> list[Seat]:
    """The steering committee's running seats, and whoever attended and has none any more; three statements."""
    now = timezone.now()
    rows = CommitteeSeat._base_manager.filter(
        Q(ends=None) | Q(ends__gt=now), committee__purpose="steering", starts__lte=now
    )
    found: dict[int, tuple[Any, list[str], bool]] = {}
    for row in rows.select_related("user", "committee").order_by("user__name", "pk"):
        person = found.setdefault(row.user_id, (row.user, [], row.committee.chair_id == row.user_id))
        person[1].append(row.get_seat_display())
    there = {row.user_id: row for row in _attendances(meeting)}
    for pk, row in there.items():
        found.setdefault(pk, (row.user, [], False))
    return [Seat(user, tuple(held), there.get(pk), chair) for pk, (user, held, chair) in found.items()]


def _attendances(meeting: Meeting) -> Any:
    recused = Prefetch("recused_from", Candidate._base_manager.select_related("request"))
    rows = Attendance._base_manager.filter(meeting=meeting).select_related("user")
    return rows.prefetch_related(recused).order_by("at", "pk")


def quorum() -> int:
    """How many have to be there, as `actions.meetings.decide` asks it."""
    found = Committee._base_manager.filter(purpose="steering").order_by("pk").values_list("quorum", flat=True)
    return found.first() or 1
