"""What teams, sponsors and readers do with requests over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.people.api.owned import VisibilityChange
from apps.roadmap.actions import intake, showing
from apps.roadmap.api import bodies
from apps.roadmap.api.acting import Acting
from apps.roadmap.api.references import unit_named
from apps.roadmap.api.requests_shown import RoadmapRequestDetail


class IntakeMoves(Acting):
    @extend_schema(
        request=bodies.RoadmapVersion, responses=RoadmapRequestDetail, summary="Send a complete draft"
    )
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, **kwargs: Any) -> Response:
        """409 with `errors` by field where something is missing."""
        return self.done(
            intake.submit_request, expected_version=self.body(bodies.RoadmapVersion).get("version")
        )

    @extend_schema(
        request=bodies.RoadmapAnswer, responses=RoadmapRequestDetail, summary="Answer the center's question"
    )
    @action(detail=True, methods=["post"], url_path="answer-info")
    def answer_info(self, request: Request, **kwargs: Any) -> Response:
        return self.done(intake.answer_info, **self.body(bodies.RoadmapAnswer))

    @extend_schema(
        request=bodies.RoadmapWithdrawal, responses=RoadmapRequestDetail, summary="Want it no more"
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        return self.done(intake.withdraw, **self.body(bodies.RoadmapWithdrawal))

    @extend_schema(request=VisibilityChange, responses=RoadmapRequestDetail, summary="Set who sees it")
    @action(detail=True, methods=["post"])
    def visibility(self, request: Request, **kwargs: Any) -> Response:
        """In any state, for the owner team's lead and CoE leads. company: everybody; unit: the owner's unit and the
        center; restricted: the team and who was given access."""
        fields = self.body(VisibilityChange)
        version = fields.pop("version", None)
        return self.done(showing.set_visibility, expected_version=version, **fields)

    @extend_schema(request=None, responses=RoadmapRequestDetail, summary="Answer for its business value")
    @action(detail=True, methods=["post"])
    def sponsor(self, request: Request, **kwargs: Any) -> Response:
        """For the sponsor of its unit."""
        return self.bare(intake.confirm_sponsorship)

    @extend_schema(
        request=bodies.RoadmapSupport, responses={201: RoadmapRequestDetail}, summary="A unit needs it too"
    )
    @action(detail=True, methods=["post"])
    def support(self, request: Request, **kwargs: Any) -> Response:
        fields = self.body(bodies.RoadmapSupport)
        fields["unit"] = unit_named(request.user, fields["unit"])
        return self.done(intake.support, 201, **fields)

    @extend_schema(request=bodies.RoadmapFollow, responses=RoadmapRequestDetail, summary="Hear of it, or not")
    @action(detail=True, methods=["post"])
    def follow(self, request: Request, **kwargs: Any) -> Response:
        return self.done(intake.follow, **self.body(bodies.RoadmapFollow))

    @extend_schema(
        request=bodies.RoadmapComment, responses={201: RoadmapRequestDetail}, summary="Say something"
    )
    @action(detail=True, methods=["post"])
    def comment(self, request: Request, **kwargs: Any) -> Response:
        return self.done(intake.comment, 201, **self.body(bodies.RoadmapComment))
