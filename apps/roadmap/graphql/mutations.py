"""What can be done to requests and ballots: each mutation reads its input, calls one action and answers with the row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import graphene

from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid, NotFound
from apps.core.graphql import Write, by_id, plain, split_id
from apps.people.graphql import person_by_username
from apps.people.models import BusinessUnit
from apps.people.queries import acting_team
from apps.roadmap import models
from apps.roadmap.actions import intake, showing, voting
from apps.roadmap.graphql.cycle_moves import CycleMutation
from apps.roadmap.graphql.cycles import BallotNode, ShareNode
from apps.roadmap.graphql.inputs import (
    BallotInput,
    BeginInput,
    FollowInput,
    RequestVisibilityInput,
    SaveInput,
    SubmitInput,
    SupportInput,
    TextInput,
    WithdrawInput,
)
from apps.roadmap.graphql.requests import KpiNode, RequestNode

EMPTY: dict[str, Any] = {"kpis": [], "links": [], "type": "use_case", "visibility": "company"}


class RoadmapRequestPayload(graphene.ObjectType):
    """The request as it is now."""

    roadmap_request = graphene.Field(RequestNode)

    @staticmethod
    def resolve_roadmap_request(root: models.Request, info: Any) -> Any:
        return RequestNode.get_node(info, root.pk)


class BallotPayload(graphene.ObjectType):
    """The ballot as it is now."""

    ballot = graphene.Field(BallotNode)

    @staticmethod
    def resolve_ballot(root: models.Ballot, info: Any) -> Any:
        return BallotNode.get_node(info, root.pk)


class BeginRoadmapRequest(Write):
    """Begins a draft of one of your teams; nothing is asked yet."""

    class Meta:
        takes, answers = BeginInput, RoadmapRequestPayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Request:
        fields = written(user, given)
        owner = acting_team(user, fields.pop("team", None))
        if fields.get("unit") is not None:
            fields["unit"] = unit_by_slug(user, fields["unit"])
        return intake.begin_request(actor=user, owner=owner, **fields)


class SaveRoadmapRequest(Write):
    """Keeps what is written, complete or not."""

    class Meta:
        takes, answers = SaveInput, RoadmapRequestPayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Request:
        request, fields = named(user, given), written(user, given)
        changes = {name: value for name, value in fields.items() if name not in {"id", "version"}}
        version = given.get("version")
        return intake.save_request(actor=user, request=request, changes=changes, expected_version=version)


class OnRequest(Write):
    """A move of a request: `act` takes the request and whatever else the input holds; what is null is not given."""

    class Meta:
        abstract = True

    act: ClassVar[Callable[..., Any]]

    @classmethod
    def __init_subclass_with_meta__(
        cls, takes: Any = None, answers: Any = RoadmapRequestPayload, **options: Any
    ) -> None:
        super().__init_subclass_with_meta__(takes=takes, answers=answers, **options)

    @classmethod
    def write(cls, user: Any, given: Any) -> models.Request:
        request = named(user, given)
        sent = {name: value for name, value in plain(given).items() if name != "id" and value is not None}
        cls.act(actor=user, request=request, **sent)
        return request


class SubmitRoadmapRequest(OnRequest):
    """Sends a complete draft to the center."""

    class Meta:
        takes = SubmitInput

    @staticmethod
    def act(version: int | None = None, **sent: Any) -> None:
        intake.submit_request(expected_version=version, **sent)


class WithdrawRoadmapRequest(OnRequest):
    """The team does not want it any more."""

    class Meta:
        takes = WithdrawInput

    act = intake.withdraw


class SetRoadmapRequestVisibility(OnRequest):
    """Says who sees it, in any state: for the owner team's lead and CoE leads."""

    class Meta:
        takes = RequestVisibilityInput

    @staticmethod
    def act(version: int | None = None, **sent: Any) -> None:
        showing.set_visibility(expected_version=version, **sent)


class AnswerRoadmapQuestion(OnRequest):
    """Answers what the center asked; it goes back into triage."""

    class Meta:
        takes = TextInput

    @staticmethod
    def act(text: str, **sent: Any) -> None:
        intake.answer_info(answer=text, **sent)


class SupportRoadmapRequest(OnRequest):
    """A unit needs it too."""

    class Meta:
        takes = SupportInput

    @staticmethod
    def act(actor: Any, unit: str, **sent: Any) -> None:
        intake.support(actor=actor, unit=unit_by_slug(actor, unit), **sent)


class CommentOnRoadmapRequest(OnRequest):
    """Says something about a request that was sent."""

    class Meta:
        takes = TextInput

    act = intake.comment


class FollowRoadmapRequest(OnRequest):
    """Hears of a request, or no longer."""

    class Meta:
        takes = FollowInput

    act = intake.follow


class CastBallot(Write):
    """Casts or recasts the ballot of a unit, or the strategic one."""

    class Meta:
        takes, answers = BallotInput, BallotPayload

    @staticmethod
    def write(user: Any, given: Any) -> models.Ballot:
        share = by_id(user, models.Share, ShareNode, given["share"])
        points = {candidate_of(user, share, line["request"]): line["points"] for line in given["lines"]}
        if len(points) < len(given["lines"]):
            raise Invalid(errors={"lines": ["Name each request once."]})
        version = given.get("version")
        return voting.cast_ballot(actor=user, share=share, points=points, expected_version=version)


class RoadmapMutation(CycleMutation, graphene.ObjectType):
    """What can be done to requests, ballots and cycles."""

    begin_roadmap_request = BeginRoadmapRequest.Field()
    save_roadmap_request = SaveRoadmapRequest.Field()
    submit_roadmap_request = SubmitRoadmapRequest.Field()
    withdraw_roadmap_request = WithdrawRoadmapRequest.Field()
    answer_roadmap_question = AnswerRoadmapQuestion.Field()
    support_roadmap_request = SupportRoadmapRequest.Field()
    comment_on_roadmap_request = CommentOnRoadmapRequest.Field()
    follow_roadmap_request = FollowRoadmapRequest.Field()
    set_roadmap_request_visibility = SetRoadmapRequestVisibility.Field()
    cast_ballot = CastBallot.Field()


def named(user: Any, given: Any) -> models.Request:
    row: models.Request = by_id(user, models.Request, RequestNode, given["id"])
    return row


def candidate_of(user: Any, share: models.Share, request: str) -> models.Candidate:
    """The request's place in the voter's cycle."""
    row = by_id(user, models.Request, RequestNode, request)
    seen = models.Candidate.objects.visible_to(user).filter(cycle=share.cycle_id, request=row)
    found: models.Candidate | None = seen.select_related("request", "cycle").first()
    if found is None:
        raise Invalid(errors={"lines": [f"“{row}” is not in this cycle."]})
    return found


def unit_by_slug(user: Any, slug: str) -> BusinessUnit:
    found: BusinessUnit | None = BusinessUnit.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise Invalid(errors={"unit": [f"There is no unit “{slug[:63]}”."]})
    return found


def written(user: Any, given: Any) -> dict[str, Any]:
    """A draft's input with rows in place of names, and null as the field's empty value."""
    sent = dict(plain(given))
    fields: dict[str, Any] = {name: EMPTY.get(name) if sent[name] is None else sent[name] for name in sent}
    if "kpis" in fields:
        fields["kpis"] = [_kpi(user, row) for row in fields["kpis"]]
    if "links" in fields:
        fields["links"] = [entity_by_ref(user, ref) for ref in fields["links"]]
    return fields


def _kpi(user: Any, row: dict[str, Any]) -> dict[str, Any]:
    """With the id as the action takes it, and the person in place of the user name."""
    owner, line = row.get("owner"), row.get("id")
    given = row | {"owner": None if owner is None else person_by_username(user, "kpis", owner)}
    if line is None:
        return given
    kind, pk = split_id(line)
    if kind != KpiNode._meta.name:
        raise NotFound("There is no figure with this id.", next_step="Use an id of the request's `kpis`.")
    return given | {"id": pk}
