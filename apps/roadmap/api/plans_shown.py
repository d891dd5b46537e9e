"""Kept plans as REST answers with them: what each takes, who paid what, and what would have sufficed."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.roadmap.api.cycles_shown import RunRow
from apps.roadmap.api.fields import MicroWeeks
from apps.roadmap.models import PlanRun
from apps.roadmap.planning.why_not import Reason
from apps.roadmap.queries.explaining import Way
from apps.roadmap.queries.failing import stopped
from apps.roadmap.queries.plans_told import plans_told, why_told
from apps.roadmap.workflow import PlanKind, Role

Shown = dict[str, Any]
PLANS = ("plans", "price_of_fairness", "wallets", "without_ballot")


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
    limit = serializers.CharField(
        allow_blank=True,
        help_text="What the solver could not prove before its limit; empty where it proved the plan.",
    )


class PlansTold(serializers.Serializer):
    plans = PlanRow(many=True)
    price_of_fairness = serializers.CharField()
    wallets = VoterWeeks(many=True)
    without_ballot = serializers.ListField(child=serializers.CharField())


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
    failure = stopped(user, run)
    error = f"{failure.why} {failure.next_step}" if failure else ""
    told = plans_told(user, run)
    if told is None:
        return dict(RunRow(run).data) | {"error": error} | dict.fromkeys(PLANS)
    return dict(RunRow(run).data) | {"error": error} | dict(PlansTold(told).data)


def why_of(user: Any, run: PlanRun, pk: int) -> Shown:
    """What became of the request. NotFound where the run does not speak of it or `user` does not see it."""
    return dict(WhyRow(why_told(user, run, pk)).data)
