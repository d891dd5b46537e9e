"""What the center does with requests over REST before they come into a cycle: answering, scoring, estimating."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.roadmap.actions import scoring, triage
from apps.roadmap.api import bodies
from apps.roadmap.api.acting import Acting
from apps.roadmap.api.references import request_named
from apps.roadmap.api.requests_shown import RoadmapRequestDetail as Detail
from apps.roadmap.models import Dependency


class AnsweringMoves(Acting):
    @extend_schema(request=None, responses=Detail, summary="Take it for triage")
    @action(detail=True, methods=["post"])
    def triage(self, request: Request, **kwargs: Any) -> Response:
        """Also brings back what was deferred."""
        return self.bare(triage.take_triage)

    @extend_schema(request=bodies.RoadmapQuestion, responses=Detail, summary="Ask the team for more")
    @action(detail=True, methods=["post"], url_path="ask-info")
    def ask_info(self, request: Request, **kwargs: Any) -> Response:
        return self.done(triage.ask_info, **self.body(bodies.RoadmapQuestion))

    @extend_schema(request=None, responses=Detail, summary="Take it to scoring")
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **kwargs: Any) -> Response:
        return self.bare(triage.accept)

    @extend_schema(request=bodies.RoadmapReason, responses=Detail, summary="Say no, and why")
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, **kwargs: Any) -> Response:
        return self.done(triage.decline, **self.body(bodies.RoadmapReason))

    @extend_schema(request=bodies.RoadmapReason, responses=Detail, summary="Say not now, and why")
    @action(detail=True, methods=["post"])
    def defer(self, request: Request, **kwargs: Any) -> Response:
        return self.done(triage.defer, **self.body(bodies.RoadmapReason))

    @extend_schema(
        request=bodies.RoadmapStrategic, responses=Detail, summary="Let the strategic wallet stand for it"
    )
    @action(detail=True, methods=["post"])
    def strategic(self, request: Request, **kwargs: Any) -> Response:
        """Instead of a second unit."""
        return self.done(triage.set_strategic, **self.body(bodies.RoadmapStrategic))

    @extend_schema(request=bodies.RoadmapMerge, responses=Detail, summary="Join it to another request")
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, **kwargs: Any) -> Response:
        """Supporters, followers and links join the other one; this one becomes its duplicate."""
        into = request_named(request.user, self.body(bodies.RoadmapMerge)["into"])
        return self.done(triage.merge, into=into)

    @extend_schema(request=bodies.RoadmapScore, responses={201: Detail}, summary="Score it blind")
    @action(detail=True, methods=["post"])
    def score(self, request: Request, **kwargs: Any) -> Response:
        """Once a round, every figure once. Sealed until the round is revealed."""
        return self.done(scoring.give_score, 201, **self.body(bodies.RoadmapScore))

    @extend_schema(request=None, responses=Detail, summary="Reveal the round's scores")
    @action(detail=True, methods=["post"])
    def reveal(self, request: Request, **kwargs: Any) -> Response:
        return self.bare(scoring.reveal_scores)

    @extend_schema(request=None, responses=Detail, summary="Declare it ready for a cycle")
    @action(detail=True, methods=["post"])
    def ready(self, request: Request, **kwargs: Any) -> Response:
        """409 with what lacks in `possible`."""
        return self.bare(scoring.declare_ready)

    @extend_schema(request=bodies.RoadmapScoreAgain, responses=Detail, summary="Back to scoring")
    @action(detail=True, methods=["post"], url_path="score-again")
    def score_again(self, request: Request, **kwargs: Any) -> Response:
        return self.done(scoring.score_again, **self.body(bodies.RoadmapScoreAgain))

    @extend_schema(request=bodies.RoadmapEstimate, responses={201: Detail}, summary="Estimate a role's weeks")
    @action(detail=True, methods=["post"])
    def estimate(self, request: Request, **kwargs: Any) -> Response:
        return self.done(scoring.estimate, 201, **self.body(bodies.RoadmapEstimate))

    @extend_schema(
        request=bodies.RoadmapDependency, responses={201: Detail}, summary="Join it to another one"
    )
    @action(detail=True, methods=["post"], url_path="add-dependency")
    def add_dependency(self, request: Request, **kwargs: Any) -> Response:
        """It needs the other one first, or excludes it. 409 for a circle of needs."""
        fields = self.body(bodies.RoadmapDependency)
        fields["other"] = request_named(request.user, fields["other"])
        return self.done(scoring.add_dependency, 201, **fields)

    @extend_schema(request=bodies.RoadmapDependencyEnd, responses=Detail, summary="Part it from another one")
    @action(detail=True, methods=["post"], url_path="remove-dependency")
    def remove_dependency(self, request: Request, **kwargs: Any) -> Response:
        return self.to_part(scoring.remove_dependency, bodies.RoadmapDependencyEnd, "dependency", Dependency)
