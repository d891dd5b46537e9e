"""What is done with requests over REST once they are planned: delivery, hand-over, and what came of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.references import entity_named
from apps.people.api.references import person_named, team_named
from apps.roadmap.actions import delivery, outcomes
from apps.roadmap.api import bodies
from apps.roadmap.api.acting import Acting
from apps.roadmap.api.requests_shown import RoadmapRequestDetail as Detail
from apps.roadmap.models import Block, Handover, Milestone, Outcome, OutcomeReview, RequestKpi


class DeliveryMoves(Acting):
    @extend_schema(request=None, responses=Detail, summary="Begin the work")
    @action(detail=True, methods=["post"])
    def start(self, request: Request, **kwargs: Any) -> Response:
        return self.bare(delivery.start_work)

    @extend_schema(request=bodies.RoadmapReason, responses=Detail, summary="Stop the work, and say why")
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        return self.done(delivery.cancel, **self.body(bodies.RoadmapReason))

    @extend_schema(request=None, responses=Detail, summary="Say that it is delivered")
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, **kwargs: Any) -> Response:
        """409 while a block is open."""
        return self.bare(delivery.deliver)

    @extend_schema(request=bodies.RoadmapMilestone, responses={201: Detail}, summary="Add a milestone")
    @action(detail=True, methods=["post"])
    def milestone(self, request: Request, **kwargs: Any) -> Response:
        return self.done(delivery.add_milestone, 201, **self.body(bodies.RoadmapMilestone))

    @extend_schema(request=bodies.RoadmapMilestoneDone, responses=Detail, summary="Finish a milestone")
    @action(detail=True, methods=["post"], url_path="finish-milestone")
    def finish_milestone(self, request: Request, **kwargs: Any) -> Response:
        return self.to_part(delivery.finish_milestone, bodies.RoadmapMilestoneDone, "milestone", Milestone)

    @extend_schema(request=bodies.RoadmapBlock, responses={201: Detail}, summary="Say what it waits for")
    @action(detail=True, methods=["post"])
    def block(self, request: Request, **kwargs: Any) -> Response:
        fields = self.body(bodies.RoadmapBlock)
        fields["owner"] = person_named(request.user, fields["owner"])
        return self.done(delivery.block, 201, **fields)

    @extend_schema(request=bodies.RoadmapBlockEnd, responses=Detail, summary="End a block")
    @action(detail=True, methods=["post"])
    def unblock(self, request: Request, **kwargs: Any) -> Response:
        """For the center and for whom it waits."""
        return self.to_part(delivery.unblock, bodies.RoadmapBlockEnd, "block", Block, into="row")

    @extend_schema(request=bodies.RoadmapActual, responses=Detail, summary="Record weeks that were spent")
    @action(detail=True, methods=["post"])
    def actual(self, request: Request, **kwargs: Any) -> Response:
        """A later figure of the same role and month replaces the former."""
        return self.done(delivery.record_actual, **self.body(bodies.RoadmapActual))

    @extend_schema(request=bodies.RoadmapHandover, responses={201: Detail}, summary="Offer it to a team")
    @action(detail=True, methods=["post"])
    def handover(self, request: Request, **kwargs: Any) -> Response:
        fields = self.body(bodies.RoadmapHandover)
        fields["entity"] = entity_named(request.user, fields["entity"])
        fields["team"] = team_named(request.user, fields["team"])
        return self.done(delivery.hand_over, 201, **fields)

    @extend_schema(request=bodies.RoadmapHandoverAccept, responses=Detail, summary="Take it over")
    @action(detail=True, methods=["post"], url_path="accept-handover")
    def accept_handover(self, request: Request, **kwargs: Any) -> Response:
        """For the lead of the team that is to run it."""
        return self.to_part(delivery.accept_handover, bodies.RoadmapHandoverAccept, "handover", Handover)

    @extend_schema(request=bodies.RoadmapOutcome, responses={201: Detail}, summary="Record what came of it")
    @action(detail=True, methods=["post"])
    def outcome(self, request: Request, **kwargs: Any) -> Response:
        answer = self.to_part(outcomes.record_outcome, bodies.RoadmapOutcome, "kpi", RequestKpi)
        answer.status_code = 201
        return answer

    @extend_schema(request=bodies.RoadmapOutcomeConfirm, responses=Detail, summary="Confirm a figure")
    @action(detail=True, methods=["post"], url_path="confirm-outcome")
    def confirm_outcome(self, request: Request, **kwargs: Any) -> Response:
        """For business or finance; never for who recorded or asked."""
        return self.to_part(outcomes.confirm_outcome, bodies.RoadmapOutcomeConfirm, "outcome", Outcome)

    @extend_schema(request=bodies.RoadmapReview, responses=Detail, summary="Look back")
    @action(detail=True, methods=["post"])
    def review(self, request: Request, **kwargs: Any) -> Response:
        """The first review opens the outcome review, the last one closes the request."""
        return self.to_part(outcomes.review_outcome, bodies.RoadmapReview, "review", OutcomeReview)
