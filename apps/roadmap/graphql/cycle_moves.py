"""What is done to a cycle through GraphQL: changing its frame, planning again after a failure, closing it, delegates."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Act, Write, Written, by_id, plain
from apps.people.graphql import person_by_username
from apps.roadmap import models
from apps.roadmap.actions import closing, framing, planning, voting
from apps.roadmap.graphql.cycles import CycleNode, ShareNode
from apps.roadmap.graphql.inputs import ChangeCycleInput, CycleMoveInput, DelegateInput
from apps.roadmap.queries.cycles import cycle_by_slug


class PlanningCyclePayload(graphene.ObjectType):
    """The cycle as it is now."""

    cycle = Written(CycleNode)


class OnCycle(Act):
    row, key, answers = "cycle", "slug", PlanningCyclePayload

    class Meta:
        abstract = True

    @classmethod
    def found(cls, user: Any, name: str) -> models.Cycle:
        return cycle_by_slug(user, name)


class PlanCycleAgain(OnCycle):
    """Has the frozen inputs planned again, where the last computation failed or was lost."""

    class Meta:
        takes, does = CycleMoveInput, planning.plan_again


class ClosePlanningCycle(OnCycle):
    """Ends a cycle that was decided on; what is not finished is offered to the next one."""

    class Meta:
        takes, does = CycleMoveInput, closing.close_cycle


class ChangePlanningCycle(OnCycle):
    """Changes the frame of a cycle while its state allows."""

    class Meta:
        takes, does = ChangeCycleInput, framing.change_cycle

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        changes = {name: value for name, value in plain(given).items() if name not in ("slug", "version")}
        return {"changes": changes, "expected_version": given.get("version")}


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
