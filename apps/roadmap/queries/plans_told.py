"""Kept plans as plain data for the APIs: what each takes, who paid what, and what would have sufficed.

Requests that the reader may not see stand in totals only: they are counted, never named, and nothing is told of them
alone. Weeks are the planner's micro-weeks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.roadmap.models import Cycle, PlanRun
from apps.roadmap.queries.explaining import Explained, Receipt
from apps.roadmap.queries.instance import key, request_id
from apps.roadmap.queries.limits import limit_of
from apps.roadmap.queries.plans import PARTS
from apps.roadmap.queries.why_words import no_of
from apps.roadmap.workflow import PlanKind

Told = dict[str, Any]


def run_of(user: Any, cycle: Cycle, pk: int | None = None) -> PlanRun:
    """The run with this id, or the cycle's last real one. NotFound where `user` sees none: while a vote is open, say."""
    rows = PlanRun.objects.visible_to(user).filter(cycle=cycle).select_related("cycle", "snapshot")
    if pk is not None:
        found: PlanRun | None = row_of(rows, pk)
        if found is None:
            raise NotFound(f"There is no plan run {pk} here.", next_step="Use an id from the answer.")
        return found
    last = rows.filter(sandbox={}).order_by("-pk").first()
    if last is None:
        raise NotFound("Nothing has been planned in this cycle yet.")
    return last


def plans_told(user: Any, run: PlanRun) -> Told | None:
    """The three plans with what each voter could spend; None while the run is not done."""
    if run.state != PlanRun.State.DONE:
        return None
    read = Explained(run, user)
    return {
        "plans": [_plan(read, kind, read.result[part]) for kind, part in PARTS.items()],
        "price_of_fairness": read.result["price_of_fairness"],
        "wallets": _by_voter(read.result["wallets"]),
        "without_ballot": read.result["without_ballot"],
    }


def _plan(read: Explained, kind: PlanKind, plan: Told) -> Told:
    received = [{"voter": voter, "part": part} for voter, part in sorted(plan["received"].items())]
    row = {"kind": kind, "value": plan["value"], "used": _by_role(plan["used"]), "received": received}
    row["limit"] = limit_of(read, kind)
    return row | _items(read, plan["requests"])


def _items(read: Explained, names: Iterable[str]) -> Told:
    every = list(names)
    shown = [_item(read, name) for name in every if read.names.shows(name)]
    return {"items": shown, "hidden": len(every) - len(shown)}


def _item(read: Explained, name: str) -> Told:
    return {"id": request_id(name), "title": read.names.requests[name].title}


def why_told(user: Any, run: PlanRun, pk: int) -> Told:
    """What became of the request. NotFound where the run does not speak of it or `user` does not see it."""
    read, name = Explained(run, user) if run.state == PlanRun.State.DONE else None, key(pk)
    if read is None or name not in read.requests or not read.names.shows(name):
        raise NotFound("These plans do not speak of this request, or it is not shown to you.")
    fate, receipt, why = read.fate(name), read.receipt(name), read.result["why_not"].get(name)
    return {
        "request": _item(read, name),
        "run": run.pk,
        "sha256": run.result_sha256,
        "how": fate.way.value,
        "plans": sorted(fate.plans),
        "receipt": receipt and _receipt(read, receipt),
        "why_not": why and _why_not(read, name, why),
    }


def _receipt(read: Explained, receipt: Receipt) -> Told:
    payments = [{"voter": each.unit, "weeks": each.paid} for each in receipt.payments]
    cost = receipt.cost if receipt.complete else None
    return {"round": receipt.round, "cost": cost, "payments": payments} | _items(read, receipt.items)


def _why_not(read: Explained, name: str, why: Told) -> Told:
    """The figures, and the same in words."""
    told, complete = no_of(read, name), read.names.all_shown(why["bundle"])
    assert told is not None
    points = [{"voter": voter, "points": least} for voter, least in sorted(why["points_at_least"].items())]
    plain = {each: why[each] for each in ("reason", "payable")}
    return plain | {
        "cost_at_most": why["cost_at_most"] if complete else None,
        "unreachable": why["unreachable"] if complete else [],
        "sentence": told.reason,
        "changes": [change.sentence for change in told.changes],
        "limits": told.limits,
        "points_at_least": points if complete else [],
        "cost": why["cost"] if complete else None,
        "lacking": _by_role(why["lacking"] if complete else {}),
        "more_room": _by_role(why["more_room"] if complete else {}),
    }


def _by_voter(weeks: Mapping[str, int]) -> list[Told]:
    return [{"voter": voter, "weeks": amount} for voter, amount in sorted(weeks.items())]


def _by_role(weeks: Mapping[str, int]) -> list[Told]:
    return [{"role": role, "weeks": amount} for role, amount in sorted(weeks.items())]
