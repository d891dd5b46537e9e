"""Kept plans as plain data: what each takes, who paid what, and what would have sufficed.

Requests that the reader may not see stand in totals only: they are counted, never named, and nothing is told of them
alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from apps.roadmap.api.cycles_shown import RunRow
from apps.roadmap.api.fields import MicroWeeks
from apps.roadmap.models import PlanRun
from apps.roadmap.planning.why_not import Reason
from apps.roadmap.queries.explaining import Explained, Receipt, Way
from apps.roadmap.queries.failing import failure_of
from apps.roadmap.queries.instance import key, request_id
from apps.roadmap.queries.plans import PARTS
from apps.roadmap.queries.why_words import no_of
from apps.roadmap.workflow import PlanKind, Role

Shown = dict[str, Any]


class PlannedItem(serializers.Serializer):
    id = serializers.IntegerField()
    title = serializers.CharField()


class VoterWeeks(serializers.Serializer):
    voter = serializers.CharField()
    weeks = MicroWeeks()


class VoterPoints(serializers.Serializer):
    voter = serializers.CharField()
    points = serializers.IntegerField()


class VoterPart(serializers.Serializer):
    voter = serializers.CharField()
    part = serializers.CharField(
        allow_null=True, help_text="As an exact fraction; null without points given."
    )


class RoleWeeks(serializers.Serializer):
    role = serializers.ChoiceField(choices=Role.choices)
    weeks = MicroWeeks()


class PlanRow(serializers.Serializer):
    """One of the three plans; `hidden` counts its requests that are not shown to you."""

    kind = serializers.ChoiceField(choices=PlanKind.choices)
    items = PlannedItem(many=True)
    hidden = serializers.IntegerField()
    value = serializers.IntegerField()
    used = RoleWeeks(many=True)
    received = VoterPart(many=True, help_text="Points funded over points given.")


class PlansRow(RunRow):
    """The three plans of a run side by side; null while it is not done."""

    error = serializers.CharField(allow_blank=True, help_text="Why it failed, and what to do about it.")
    plans = PlanRow(many=True, allow_null=True)
    price_of_fairness = serializers.CharField(allow_null=True, help_text="An exact fraction.")
    wallets = VoterWeeks(many=True, allow_null=True, help_text="After what comes off the top.")
    without_ballot = serializers.ListField(child=serializers.CharField(), allow_null=True)


class PlanReceipt(serializers.Serializer):
    """The round that bought it. `payments` is empty where a request is bought with it that you do not see."""

    round = serializers.IntegerField()
    items = PlannedItem(many=True, help_text="What was bought together.")
    hidden = serializers.IntegerField()
    cost = MicroWeeks(allow_null=True)
    payments = VoterWeeks(many=True)


class WhyNotRow(serializers.Serializer):
    """Why equal shares did not buy it, and what would have sufficed: one change at a time, the rest held.

    Figures that would tell of a request that you do not see are null or left out.
    """

    reason = serializers.ChoiceField(choices=[each.value for each in Reason])
    sentence = serializers.CharField()
    changes = serializers.ListField(
        child=serializers.CharField(), help_text="Each alone would have sufficed."
    )
    limits = serializers.ListField(child=serializers.CharField())
    cost = MicroWeeks(allow_null=True, help_text="With what it needs first.")
    payable = MicroWeeks(help_text="What its supporters had left in the end.")
    cost_at_most = MicroWeeks(allow_null=True, help_text="It would have been bought at this cost.")
    points_at_least = VoterPoints(many=True, help_text="Or with so many points of this voter.")
    unreachable = serializers.ListField(child=serializers.CharField(), help_text="Not even with 100 points.")
    lacking = RoleWeeks(many=True, help_text="What its roles lacked in the end.")
    more_room = RoleWeeks(many=True, help_text="Or with so much more of a role.")


class WhyRow(serializers.Serializer):
    """What became of one request in the default plan, and which plans take it."""

    request = PlannedItem()
    run = serializers.IntegerField()
    sha256 = serializers.CharField()
    how = serializers.ChoiceField(choices=[each.value for each in Way])
    plans = serializers.ListField(child=serializers.ChoiceField(choices=PlanKind.choices))
    receipt = PlanReceipt(allow_null=True)
    why_not = WhyNotRow(allow_null=True)


def plans_of(user: Any, run: PlanRun) -> Shown:
    """A run with its plans as `user` may read them."""
    failure = failure_of(user, run)
    error = f"{failure.why} {failure.next_step}" if failure else ""
    shown: Shown = dict(RunRow(run).data) | {"error": error}
    if run.state != PlanRun.State.DONE:
        return shown | dict.fromkeys(("plans", "price_of_fairness", "wallets", "without_ballot"))
    read = Explained(run, user)
    return shown | {
        "plans": [_plan(read, kind, read.result[part]) for kind, part in PARTS.items()],
        "price_of_fairness": read.result["price_of_fairness"],
        "wallets": VoterWeeks(_by_voter(read.result["wallets"]), many=True).data,
        "without_ballot": read.result["without_ballot"],
    }


def _plan(read: Explained, kind: str, plan: Shown) -> Shown:
    received = [{"voter": voter, "part": part} for voter, part in sorted(plan["received"].items())]
    used = _by_role(plan["used"])
    row = {"kind": kind, "value": plan["value"], "used": used, "received": received}
    return dict(PlanRow(row | _items(read, plan["requests"])).data)


def _items(read: Explained, names: Iterable[str]) -> Shown:
    every = list(names)
    shown = [_item(read, name) for name in every if read.names.shows(name)]
    return {"items": shown, "hidden": len(every) - len(shown)}


def _item(read: Explained, name: str) -> Shown:
    return {"id": request_id(name), "title": read.names.requests[name].title}


def why_of(user: Any, run: PlanRun, pk: int) -> Shown | None:
    """What became of the request; None where the run does not speak of it or `user` does not see it."""
    read, name = Explained(run, user), key(pk)
    if name not in read.requests or not read.names.shows(name):
        return None
    fate, receipt, why = read.fate(name), read.receipt(name), read.result["why_not"].get(name)
    row = {
        "request": _item(read, name),
        "run": run.pk,
        "sha256": run.result_sha256,
        "how": fate.way.value,
        "plans": sorted(fate.plans),
        "receipt": receipt and _receipt(read, receipt),
        "why_not": why and _why_not(read, name, why),
    }
    return dict(WhyRow(row).data)


def _receipt(read: Explained, receipt: Receipt) -> Shown:
    payments = [{"voter": each.unit, "weeks": each.paid} for each in receipt.payments]
    cost = receipt.cost if receipt.complete else None
    return {"round": receipt.round, "cost": cost, "payments": payments} | _items(read, receipt.items)


def _why_not(read: Explained, name: str, why: Shown) -> Shown:
    """The figures, and the same in words."""
    told, complete = no_of(read, name), read.names.all_shown(why["bundle"])
    assert told is not None
    points = [{"voter": voter, "points": least} for voter, least in sorted(why["points_at_least"].items())]
    plain = {each: why[each] for each in ("reason", "payable", "cost_at_most", "unreachable")}
    return plain | {
        "sentence": told.reason,
        "changes": [change.sentence for change in told.changes],
        "limits": told.limits,
        "points_at_least": points,
        "cost": why["cost"] if complete else None,
        "lacking": _by_role(why["lacking"] if complete else {}),
        "more_room": _by_role(why["more_room"] if complete else {}),
    }


def _by_voter(weeks: Mapping[str, int]) -> list[Shown]:
    return [{"voter": voter, "weeks": amount} for voter, amount in sorted(weeks.items())]


def _by_role(weeks: Mapping[str, int]) -> list[Shown]:
    return [{"role": role, "weeks": amount} for role, amount in sorted(weeks.items())]
