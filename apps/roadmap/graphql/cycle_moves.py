"""What is done to a cycle through GraphQL: moving it on and back, changing its frame, naming delegates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import graphene

from apps.core.graphql import Write, by_id, plain
from apps.people.graphql import person_by_username
from apps.roadmap import models
from apps.roadmap.actions import closing, cycles, framing, planning, voting
from apps.roadmap.graphql.cycles import CycleNode, ShareNode
from apps.roadmap.graphql.inputs import ChangeCycleInput, CycleMoveInput, CycleReasonInput, DelegateInput
from apps.roadmap.queries.cycles import cycle_by_slug


class PlanningCyclePayload(graphene.ObjectType):
    """The cycle as it is now."""

    cycle = graphene.Field(CycleNode)

    @staticmethod
    def resolve_cycle(root: models.Cycle, info: Any) -> Any:
        return CycleNode.get_node(info, root.pk)


class OnCycle(Write):
    """A move of a cycle: `act` takes the cycle, the version that was read and whatever else the input holds."""

    class Meta:
        abstract = True

    act: ClassVar[Callable[..., Any]]

    @classmethod
    def __init_subclass_with_meta__(
        cls, takes: Any = CycleMoveInput, answers: Any = PlanningCyclePayload, **options: Any
    ) -> None:
        super().__init_subclass_with_meta__(takes=takes, answers=answers, **options)

    @classmethod
    def write(cls, user: Any, given: Any) -> models.Cycle:
        sent = dict(plain(given))
        cycle, version = cycle_by_slug(user, sent.pop("slug")), sent.pop("version", None)
        cls.act(actor=user, cycle=cycle, expected_version=version, **sent)
        return cycle


class OpenPlanningVote(OnCycle):
    """Units may cast sealed ballots from now on."""

    act = cycles.open_voting


class PreparePlanningCycleAgain(OnCycle):
    """Breaks the vote off, so that capacity and candidates can be changed; ballots are kept, sealed."""

    class Meta:
        takes = CycleReasonInput

    act = closing.prepare_again


class FreezePlanningCycle(OnCycle):
    """Ends the vote: the inputs are kept byte for byte, ballots are open, the worker plans."""

    act = planning.freeze


class ReopenPlanningVote(OnCycle):
    """Opens the vote again; plans of what was frozen are stale from then on."""

    class Meta:
        takes = CycleReasonInput

    act = planning.reopen


class PlanCycleAgain(OnCycle):
    """Has the frozen inputs planned again, where the last computation failed or was lost."""

    act = planning.plan_again


class ClosePlanningCycle(OnCycle):
    """Ends a cycle that was decided on; what is not finished is offered to the next one."""

    act = closing.close_cycle


class ChangePlanningCycle(OnCycle):
    """Changes the frame of a cycle while its state allows."""

    class Meta:
        takes = ChangeCycleInput

    @staticmethod
    def act(actor: Any, cycle: models.Cycle, expected_version: int | None, **changes: Any) -> None:
        framing.change_cycle(actor=actor, cycle=cycle, changes=changes, expected_version=expected_version)


class OnDelegate(Write):
    """Who casts the ballot of a share besides its sponsor: `act` takes the share and the person."""

    class Meta:
        abstract = True

    act: ClassVar[Callable[..., Any]]

    @classmethod
    def __init_subclass_with_meta__(
        cls, takes: Any = DelegateInput, answers: Any = PlanningCyclePayload, **options: Any
    ) -> None:
        super().__init_subclass_with_meta__(takes=takes, answers=answers, **options)

    @classmethod
    def write(cls, user: Any, given: Any) -> models.Cycle:
        share: models.Share = by_id(user, models.Share, ShareNode, given["share"])
        cls.act(actor=user, share=share, user=person_by_username(user, "user", given["user"]))
        return share.cycle


class NameBallotDelegate(OnDelegate):
    """Lets somebody cast a unit's ballot besides its sponsor, who says so."""

    act = voting.name_delegate


class TakeBackBallotDelegate(OnDelegate):
    """The unit's sponsor takes a delegate back; a ballot that is cast stays until it is recast."""

    act = voting.take_back_delegate


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
