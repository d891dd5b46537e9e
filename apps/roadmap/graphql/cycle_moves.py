"""What is done to a cycle through GraphQL: changing its frame, planning again after a failure, closing it, delegates."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Write, by_id, plain
from apps.people.graphql import person_by_username
from apps.roadmap import models
from apps.roadmap.actions import closing, framing, planning, voting
from apps.roadmap.graphql.cycles import CycleNode, ShareNode
from apps.roadmap.graphql.inputs import ChangeCycleInput, CycleMoveInput, DelegateInput
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


class ChangePlanningCycle(Write):
    """Changes the frame of a cycle while its state allows."""

    class Meta:
        takes, answers = ChangeCycleInput, PlanningCyclePayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Cycle:
        changes = {name: value for name, value in plain(given).items() if name not in ("slug", "version")}
        cycle, version = cycle_by_slug(user, given["slug"]), given.get("version")
        return framing.change_cycle(actor=user, cycle=cycle, changes=changes, expected_version=version)


class NameBallotDelegate(Write):
    """Lets somebody cast a unit's ballot besides its sponsor, who says so."""

    class Meta:
        takes, answers = DelegateInput, PlanningCyclePayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Cycle:
        share, person = _delegate(user, given)
        voting.name_delegate(actor=user, share=share, user=person)
        return share.cycle


class TakeBackBallotDelegate(Write):
    """The unit's sponsor takes a delegate back; a ballot that is cast stays until it is recast."""

    class Meta:
        takes, answers = DelegateInput, PlanningCyclePayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Cycle:
        share, person = _delegate(user, given)
        voting.take_back_delegate(actor=user, share=share, user=person)
        return share.cycle


def _delegate(user: Any, given: Any) -> tuple[models.Share, Any]:
    share: models.Share = by_id(user, models.Share, ShareNode, given["share"])
    return share, person_by_username(user, "user", given["user"])


class CycleMutation(graphene.ObjectType):
    """What moves a cycle on."""

    plan_cycle_again = PlanCycleAgain.Field()
    close_planning_cycle = ClosePlanningCycle.Field()
    change_planning_cycle = ChangePlanningCycle.Field()
    name_ballot_delegate = NameBallotDelegate.Field()
    take_back_ballot_delegate = TakeBackBallotDelegate.Field()
