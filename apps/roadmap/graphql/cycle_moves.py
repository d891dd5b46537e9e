"""What whoever runs a cycle does to it through GraphQL: planning it again after a failure, and closing it."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Write
from apps.roadmap import models
from apps.roadmap.actions import closing, planning
from apps.roadmap.graphql.cycles import CycleNode
from apps.roadmap.graphql.inputs import CycleMoveInput
from apps.roadmap.queries.cycles import cycle_by_slug


class PlanningCyclePayload(graphene.ObjectType):
    """The cycle as it is now."""

    cycle = graphene.Field(CycleNode)

    @staticmethod
    def resolve_cycle(root: models.Cycle, info: Any) -> Any:
        return CycleNode.get_node(info, root.pk)


class PlanCycleAgain(Write):
    """Has the frozen inputs planned again, where the last computation failed or was lost."""

    class Meta:
        takes, answers = CycleMoveInput, PlanningCyclePayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Cycle:
        cycle = cycle_by_slug(user, given["slug"])
        planning.plan_again(actor=user, cycle=cycle, expected_version=given.get("version"))
        return cycle


class ClosePlanningCycle(Write):
    """Ends a cycle that was decided on; what is not finished is offered to the next one."""

    class Meta:
        takes, answers = CycleMoveInput, PlanningCyclePayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Cycle:
        cycle = cycle_by_slug(user, given["slug"])
        return closing.close_cycle(actor=user, cycle=cycle, expected_version=given.get("version"))


class CycleMutation(graphene.ObjectType):
    """What moves a cycle on."""

    plan_cycle_again = PlanCycleAgain.Field()
    close_planning_cycle = ClosePlanningCycle.Field()
