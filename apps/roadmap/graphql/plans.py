"""Kept plans through GraphQL, one cycle at a time: the three plans, what was bought for what, and why not.

Requests that the caller may not see are counted, never named. Weeks are person-weeks as text with every digit.
"""

from __future__ import annotations

from typing import Any

import graphene
from graphql_relay import to_global_id

from apps.core.graphql import by_id, strings
from apps.roadmap import models
from apps.roadmap.graphql.cycles import PlanRunNode
from apps.roadmap.graphql.enums import PlanKindEnum
from apps.roadmap.graphql.meetings import MeetingNode
from apps.roadmap.graphql.requests import RequestNode
from apps.roadmap.queries.cycles import cycle_by_slug
from apps.roadmap.queries.exact import weeks_text
from apps.roadmap.queries.plans_told import plans_told, run_of, why_told


def person_weeks(name: str, *, required: bool = True, description: str | None = None) -> graphene.Field:
    """The planner's micro-weeks as person-weeks."""

    def tell(root: dict[str, Any], info: Any) -> str | None:
        return None if root[name] is None else weeks_text(root[name])

    return graphene.Field(graphene.String, resolver=tell, required=required, description=description)


def many(kind: Any, description: str | None = None) -> graphene.List:
    return graphene.List(graphene.NonNull(kind), required=True, description=description)


class PlannedRequest(graphene.ObjectType):
    """A request of the cycle that you see."""

    id = graphene.ID(required=True, description="As in `node(id)`.")
    title = graphene.String(required=True)

    @staticmethod
    def resolve_id(root: dict[str, Any], info: Any) -> str:
        return to_global_id(RequestNode._meta.name, root["id"])


class PlanVoterWeeks(graphene.ObjectType):
    """`voter` is “strategic” or “unit:” with a slug."""

    voter = graphene.String(required=True)
    weeks = person_weeks("weeks")


class PlanVoterPoints(graphene.ObjectType):
    """Points of one voter, of 100."""

    voter = graphene.String(required=True)
    points = graphene.Int(required=True)


class PlanVoterPart(graphene.ObjectType):
    """Points funded over points given, as an exact fraction; null without points given."""

    voter = graphene.String(required=True)
    part = graphene.String()


class PlanRoleWeeks(graphene.ObjectType):
    """Person-weeks of one role."""

    role = graphene.String(required=True)
    weeks = person_weeks("weeks")


class ProposedPlan(graphene.ObjectType):
    """One of the three plans; `hidden` counts its requests that are not shown to you."""

    kind = graphene.Field(PlanKindEnum, required=True)
    items = many(PlannedRequest)
    hidden = graphene.Int(required=True)
    value = graphene.String(required=True, description="Whole points a year; may be beyond 32 bits.")
    used = many(PlanRoleWeeks)
    received = many(PlanVoterPart)
    limit = graphene.String(
        required=True, description="What the solver could not prove before its limit; empty where it did."
    )


class PlanReceipt(graphene.ObjectType):
    """A purchase. `cost` is null and `payments` are empty where it holds a request that you do not see."""

    round = graphene.Int(required=True)
    items = many(PlannedRequest, "What was bought together.")
    hidden = graphene.Int(required=True)
    cost = person_weeks("cost", required=False)
    payments = many(PlanVoterWeeks)


class PlanningPlans(graphene.ObjectType):
    """The three plans of a run side by side, byte for byte those with this hash."""

    run = graphene.ID(required=True)
    inputs_sha256 = graphene.String(required=True, description="Of the frozen inputs.")
    sha256 = graphene.String(required=True, description="Of the plans.")
    equal_shares = graphene.Field(ProposedPlan, required=True)
    value_maximum = graphene.Field(ProposedPlan, required=True)
    score_ranking = graphene.Field(ProposedPlan, required=True)
    wallets = many(PlanVoterWeeks, "After what comes off the top.")
    without_ballot = strings()
    price_of_fairness = graphene.String(required=True, description="An exact fraction.")


class PlanWhyNot(graphene.ObjectType):
    """Why equal shares did not buy it, and what would have sufficed: one change at a time, the rest held.

    Figures that would tell of a request that you do not see are null or left out.
    """

    reason = graphene.String(required=True, description="excluded, quarrel, no_points, role or price.")
    sentence = graphene.String(required=True)
    changes = strings(description="Each alone would have sufficed.")
    limits = strings()
    cost = person_weeks("cost", required=False, description="With what it needs first.")
    payable = person_weeks("payable", description="What its supporters had left in the end.")
    cost_at_most = person_weeks("cost_at_most", required=False)
    points_at_least = many(PlanVoterPoints)
    unreachable = strings(description="Voters whose 100 points would not have done.")
    lacking = many(PlanRoleWeeks, "What its roles lacked in the end.")
    more_room = many(PlanRoleWeeks, "Or with so much more of a role.")


class PlanningWhy(graphene.ObjectType):
    """What became of one request in the default plan, and which plans take it."""

    request = graphene.Field(PlannedRequest, required=True)
    sha256 = graphene.String(required=True)
    how = graphene.String(required=True, description="top, bought, filled or out.")
    plans = many(PlanKindEnum)
    receipt = graphene.Field(PlanReceipt, description="Null where units did not buy it.")
    why_not = graphene.Field(PlanWhyNot, description="Null where they did, and off the top.")


RUN = graphene.ID(description="A run of the cycle; the last real one without.")


class PlansQuery(graphene.ObjectType):
    """Plans and reasons, while a cycle's ballots are open."""

    planning_plans = graphene.Field(
        PlanningPlans,
        cycle=graphene.String(required=True, description="The cycle's slug."),
        run=RUN,
        description="Null while they are computed, and where that failed (`cycle { runs { error } }`).",
    )
    planning_why = graphene.Field(
        PlanningWhy,
        cycle=graphene.String(required=True, description="The cycle's slug."),
        request=graphene.ID(required=True, description="Of a request of the cycle."),
        run=RUN,
        description="A request's receipt, or why not.",
    )
    planning_meeting = graphene.Field(
        MeetingNode,
        cycle=graphene.String(required=True, description="The cycle's slug."),
        description="The cycle's last meeting; null where none was called.",
    )

    @staticmethod
    def resolve_planning_plans(root: Any, info: Any, cycle: str, run: str | None = None) -> Any:
        user = info.context.user
        found = _run(user, cycle, run)
        told = plans_told(user, found)
        if told is None:
            return None
        frame = {"run": to_global_id(PlanRunNode._meta.name, found.pk), "sha256": found.result_sha256}
        plans = {str(plan["kind"]): plan for plan in told["plans"]}
        return told | plans | frame | {"inputs_sha256": found.snapshot.sha256}

    @staticmethod
    def resolve_planning_why(root: Any, info: Any, cycle: str, request: str, run: str | None = None) -> Any:
        user = info.context.user
        row = by_id(user, models.Request, RequestNode, request)
        return why_told(user, _run(user, cycle, run), row.pk)

    @staticmethod
    def resolve_planning_meeting(root: Any, info: Any, cycle: str) -> Any:
        user = info.context.user
        rows = models.Meeting.objects.visible_to(user).filter(cycle=cycle_by_slug(user, cycle))
        last = rows.order_by("-pk").values_list("pk", flat=True).first()
        return MeetingNode.get_node(info, last) if last else None


def _run(user: Any, slug: str, run: str | None) -> models.PlanRun:
    pk = None if run is None else by_id(user, models.PlanRun, PlanRunNode, run).pk
    return run_of(user, cycle_by_slug(user, slug), pk)
