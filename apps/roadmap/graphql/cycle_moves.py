"""What is done to a cycle through GraphQL: moving it on and back, changing its frame, naming delegates."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import Act, Written, plain
from apps.people.graphql import person_by_username
from apps.roadmap import models
from apps.roadmap.actions import closing, cycles, framing, planning, voting
from apps.roadmap.graphql.cycles import CycleNode, ShareNode
from apps.roadmap.graphql.inputs import ChangeCycleInput, CycleMoveInput, CycleReasonInput, DelegateInput
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


class OpenPlanningVote(OnCycle):
    """Units may cast sealed ballots from now on."""

    class Meta:
        takes, does = CycleMoveInput, cycles.open_voting


class PreparePlanningCycleAgain(OnCycle):
    """Breaks the vote off, so that capacity and candidates can be changed; ballots are kept, sealed."""

    class Meta:
        takes, does = CycleReasonInput, closing.prepare_again


class FreezePlanningCycle(OnCycle):
    """Ends the vote: the inputs are kept byte for byte, ballots are open, the worker plans."""

    class Meta:
        takes, does = CycleMoveInput, planning.freeze


class ReopenPlanningVote(OnCycle):
    """Opens the vote again; plans of what was frozen are stale from then on."""

    class Meta:
        takes, does = CycleReasonInput, planning.reopen


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


class OnDelegate(Act):
    """Who casts the ballot of a share besides its sponsor."""

    row, key, node, answers = "share", "share", ShareNode, PlanningCyclePayload

    class Meta:
        abstract = True

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        return {"user": person_by_username(user, "user", given["user"])}

    @classmethod
    def write(cls, user: Any, given: Any) -> models.Cycle:
        share: models.Share = super().write(user, given)
        return share.cycle


class NameBallotDelegate(OnDelegate):
    """Lets somebody cast a unit's ballot besides its sponsor, who says so."""

    class Meta:
        takes, does = DelegateInput, voting.name_delegate


class TakeBackBallotDelegate(OnDelegate):
    """The unit's sponsor takes a delegate back; a ballot that is cast stays until it is recast."""

    class Meta:
        takes, does = DelegateInput, voting.take_back_delegate


class CycleMutation(graphene.ObjectType):
    """What moves a cycle on."""

    open_planning_vote = OpenPlanningVote.Field()
    prepare_planning_cycle_again = PreparePlanningCycleAgain.Field()
    freeze_planning_cycle = FreezePlanningCycle.Field()
    reopen_planning_vote = ReopenPlanningVote.Field()
    plan_cycle_again = PlanCycleAgain.Field()
    close_planning_cycle = ClosePlanningCycle.Field()
    change_planning_cycle = ChangePlanningCycle.Field()
    name_ballot_delegate = NameBallotDelegate.Field()
    take_back_ballot_delegate = TakeBackBallotDelegate.Field()
