"""What the page of a decision meeting shows to one person; somebody else's restricted request only as a number."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.core.policies import abilities
from apps.roadmap.actions.meetings import decided_items
from apps.roadmap.forms.meetings import AttendForm, DecideForm, OverrideForm
from apps.roadmap.models import Candidate, Cycle, Meeting, Override
from apps.roadmap.queries.explaining import Explained
from apps.roadmap.queries.meetings import (
    Seat,
    agenda,
    candidates,
    is_stale,
    overrides,
    quorum,
    role_use,
    seats,
)
from apps.roadmap.queries.naming import UNSEEN
from apps.roadmap.workflow import REVEALED, CycleState, PlanKind

SAYS = {
    PlanKind.EQUAL_SHARES: "Each unit gets what its share buys; what is left is filled by value.",
    PlanKind.VALUE_MAXIMUM: "The most value that fits, whoever asked for it.",
    PlanKind.SCORE_RANKING: "By value for each person-week, from the top.",
}


def plan_of(request: HttpRequest, row: Meeting) -> PlanKind:
    """The plan that is looked at: what was decided, else what the address says, else equal shares."""
    wanted = row.chosen or request.POST.get("plan", "") or request.GET.get("plan", "")
    return PlanKind(wanted) if wanted in PlanKind.values else PlanKind.EQUAL_SHARES


def context_of(
    request: HttpRequest, cycle: Cycle, row: Meeting | None, opened: dict[str, Any]
) -> dict[str, Any]:
    """`opened` holds forms that were refused, by act."""
    frame: dict[str, Any] = {"cycle": cycle, "meeting": row}
    if row is None:
        may_call = cycle.state == CycleState.PROPOSED and abilities(request.user, cycle)["run"]
        return frame | {"may_call": may_call}
    plan = plan_of(request, row)
    rows = candidates(request.user, cycle)
    moves = [override_shown(each, rows) for each in overrides(request.user, row)]
    standing = [each for each in moves if each["row"].taken_back_at is None]
    return frame | {
        "plan": plan,
        **_planned(request, cycle, row, plan, rows, {each["row"].displaces_id for each in standing}),
        "overrides": moves,
        "standing": standing,
        "stale": is_stale(row),
        **_presence(row, rows),
        **_forms(request, row, rows, plan, opened),
    }


def _planned(
    request: HttpRequest,
    cycle: Cycle,
    row: Meeting,
    plan: PlanKind,
    rows: list[Candidate],
    displaced: set[int],
) -> dict[str, Any]:
    """What the plans say; nothing while the vote is open again, since they were made from ballots."""
    if cycle.state not in REVEALED:
        return {"sealed": True}
    read, decided = Explained(row.run, request.user), decided_items(row, plan)
    return {
        "plans": _plans(request, row, read, plan),
        "agenda": agenda(read, rows, plan, decided, displaced),
        "roles": role_use(read.instance, decided),
    }


def _plans(request: HttpRequest, row: Meeting, read: Explained, plan: PlanKind) -> list[dict[str, Any]]:
    return [
        {
            "label": kind.label,
            "says": SAYS[kind],
            "count": len(read.taken[kind]),
            "value": read.value(kind),
            "active": kind == plan,
            "url": f"{reverse('roadmap:meeting', args=[row.cycle.slug])}?meeting={row.pk}&plan={kind}",
        }
        for kind in PlanKind
    ]


def override_shown(row: Override, shown: list[Candidate]) -> dict[str, Any]:
    """Its reason is read where everything that it moves is seen."""
    seen = {each.pk: str(each.request) for each in shown}
    items = [each for each in (row.takes_id, row.displaces_id) if each is not None]
    return {
        "row": row,
        "takes": seen.get(row.takes_id, UNSEEN) if row.takes_id else "",
        "displaces": seen.get(row.displaces_id, UNSEEN) if row.displaces_id else "",
        "reason": row.reason if all(each in seen for each in items) else "",
    }


def _presence(row: Meeting, shown: list[Candidate]) -> dict[str, Any]:
    seen = {each.pk: str(each.request) for each in shown}
    members = seats(row)
    there = sum(bool(each.attendance and each.seats) for each in members)
    return {
        "seats": [(each, _recused(each, seen)) for each in members],
        "there": there,
        "quorum": quorum(),
        "chairs": [each.user for each in members if each.chair],
    }


def _recused(seat: Seat, seen: dict[int, str]) -> list[str]:
    rows = seat.attendance.recused_from.all() if seat.attendance else []
    return [seen.get(each.pk, UNSEEN) for each in rows]


def _forms(
    request: HttpRequest, row: Meeting, rows: list[Candidate], plan: PlanKind, opened: dict[str, Any]
) -> dict[str, Any]:
    """Nobody moves a decided meeting, and nobody decides on stale plans."""
    can = abilities(request.user, row)
    found: dict[str, Any] = {"can": can, "opened": list(opened)}
    if can["change"]:
        mine = row.attendances.filter(user=request.user.pk).first()
        first = {"recused_from": list(mine.recused_from.values_list("pk", flat=True)) if mine else []}
        found["attend"] = opened.get("attend") or AttendForm(
            meeting=row, rows=rows, initial=first, auto_id="attend_%s"
        )
        found["attends"] = mine is not None
        found["override"] = opened.get("override") or OverrideForm(
            meeting=row, rows=rows, auto_id="override_%s"
        )
        _live(found["override"], row, plan)
    if can["decide"]:
        chosen = {"chosen": plan, "sha256": row.run.result_sha256}
        found["decide"] = opened.get("decide") or DecideForm(
            meeting=row, rows=rows, initial=chosen, auto_id="decide_%s"
        )
    found["refused"] = [form for name, form in opened.items() if name not in found]
    return found


def _live(form: Any, row: Meeting, plan: PlanKind) -> None:
    """Choosing an item shows at once what would be left of each role."""
    url = f"{reverse('roadmap:meeting', args=[row.cycle.slug])}?part=roles&meeting={row.pk}&plan={plan}"
    for name in ("takes", "displaces"):
        form.fields[name].widget.attrs |= {
            "hx-get": url,
            "hx-trigger": "change",
            "hx-target": "#roles",
            "hx-include": "#override_takes, #override_displaces",
        }
