"""What can be done to requests and ballots: each mutation reads its input, calls one action and answers with the row."""

from __future__ import annotations

from typing import Any

import graphene

from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid, NotFound
from apps.core.graphql import Act, Write, Written, by_id, plain, split_id
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

    roadmap_request = Written(RequestNode)


class BallotPayload(graphene.ObjectType):
    """The ballot as it is now."""

    ballot = Written(BallotNode)


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


class OnRequest(Act):
    row, node, answers = "request", RequestNode, RoadmapRequestPayload

    class Meta:
        abstract = True


class SubmitRoadmapRequest(OnRequest):
    """Sends a complete draft to the center."""

    class Meta:
        takes, does = SubmitInput, intake.submit_request


class WithdrawRoadmapRequest(OnRequest):
    """The team does not want it any more."""

    class Meta:
        takes, does = WithdrawInput, intake.withdraw


class SetRoadmapRequestVisibility(OnRequest):
    """Says who sees it, in any state: for the owner team's lead and CoE leads."""

    class Meta:
        takes, does = RequestVisibilityInput, showing.set_visibility


class AnswerRoadmapQuestion(OnRequest):
    """Answers what the center asked; it goes back into triage."""

    class Meta:
        takes, does = TextInput, intake.answer_info
        calls = {"text": "answer"}


class SupportRoadmapRequest(OnRequest):
    """A unit needs it too."""

    class Meta:
        takes, does = SupportInput, intake.support

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        return super().arguments(user, given) | {"unit": unit_by_slug(user, given["unit"])}


class CommentOnRoadmapRequest(OnRequest):
    """Says something about a request that was sent."""

    class Meta:
        takes, does = TextInput, intake.comment


class FollowRoadmapRequest(OnRequest):
    """Hears of a request, or no longer."""

    class Meta:
        takes, does = FollowInput, intake.follow


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
