"""Ballots and advice over REST. A ballot is sealed until the freeze: its voter reads it, nobody else, on no surface."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest_problems import rules_are_conflicts
from apps.people.api.references import person_named
from apps.roadmap.actions import voting
from apps.roadmap.api import cycle_bodies
from apps.roadmap.api.cycles_shown import AdviceList, BallotList, CycleDetail
from apps.roadmap.api.preparing import CycleMoves, by_name
from apps.roadmap.api.references import candidate_named, share_named
from apps.roadmap.models import Advice, Ballot, BallotLine, Cycle


class Voting(CycleMoves):
    @extend_schema(responses=BallotList, summary="Read ballots")
    @action(detail=True, methods=["get"])
    def ballots(self, request: Request, **kwargs: Any) -> Response:
        """Before the freeze your own; after it all of them."""
        self.parameters()
        return self._ballots(self.get_object())

    @extend_schema(
        request=cycle_bodies.BallotCast, responses={201: BallotList}, summary="Cast or recast a ballot"
    )
    @ballots.mapping.post
    def cast_ballot(self, request: Request, **kwargs: Any) -> Response:
        """For the unit's sponsor or delegate; strategic: for the chair of the steering committee."""
        fields, cycle = self.body(cycle_bodies.BallotCast), self.get_object()
        share = share_named(request.user, cycle, fields["voter"])
        lines = by_name(fields["lines"], "request")
        points = {candidate_named(request.user, cycle, pk): row["points"] for pk, row in lines.items()}
        with rules_are_conflicts():
            voting.cast_ballot(
                actor=request.user, share=share, points=points, expected_version=fields.get("version")
            )
        return self._ballots(cycle, status=201)

    def _ballots(self, cycle: Cycle, status: int = 200) -> Response:
        user = self.request.user
        lines = (
            BallotLine.objects.visible_to(user).select_related("candidate__request").order_by("-points", "pk")
        )
        rows = Ballot.objects.visible_to(user).filter(cycle=cycle).select_related("share__unit", "cast_by")
        shown = rows.prefetch_related(Prefetch("lines", lines)).order_by("share__unit__name", "pk")
        return Response(BallotList({"results": shown}).data, status=status)

    @extend_schema(responses=AdviceList, summary="Read advice")
    @action(detail=True, methods=["get"])
    def advice(self, request: Request, **kwargs: Any) -> Response:
        """Your own, and that of the unit whose ballot you cast."""
        self.parameters()
        return self._advice(self.get_object())

    @extend_schema(
        request=cycle_bodies.AdviceGive, responses={201: AdviceList}, summary="Advise your unit's voter"
    )
    @advice.mapping.post
    def advise(self, request: Request, **kwargs: Any) -> Response:
        fields, cycle = self.body(cycle_bodies.AdviceGive), self.get_object()
        share = share_named(request.user, cycle, fields.pop("voter"))
        candidate = candidate_named(request.user, cycle, fields.pop("request"))
        with rules_are_conflicts():
            voting.advise(actor=request.user, share=share, candidate=candidate, **fields)
        return self._advice(cycle, status=201)

    def _advice(self, cycle: Cycle, status: int = 200) -> Response:
        rows = Advice.objects.visible_to(self.request.user).filter(share__cycle=cycle).order_by("at", "pk")
        joined = rows.select_related("share__unit", "candidate__request", "user")
        return Response(AdviceList({"results": joined}).data, status=status)

    @extend_schema(
        request=cycle_bodies.DelegateName, responses={201: CycleDetail}, summary="Name who casts besides you"
    )
    @action(detail=True, methods=["post"])
    def delegate(self, request: Request, **kwargs: Any) -> Response:
        """For the unit's sponsor."""
        fields, cycle = self.body(cycle_bodies.DelegateName), self.get_object()
        share = share_named(request.user, cycle, fields["voter"])
        user = person_named(request.user, fields["user"])
        assert user is not None
        with rules_are_conflicts():
            voting.name_delegate(actor=request.user, share=share, user=user)
        return self.answer(cycle, status=201)

    @extend_schema(request=cycle_bodies.DelegateName, responses=CycleDetail, summary="Take a delegate back")
    @action(detail=True, methods=["post"], url_path="take-back-delegate")
    def take_back_delegate(self, request: Request, **kwargs: Any) -> Response:
        """For the unit's sponsor. A ballot that the delegate has cast stays until it is recast."""
        fields, cycle = self.body(cycle_bodies.DelegateName), self.get_object()
        share = share_named(request.user, cycle, fields["voter"])
        user = person_named(request.user, fields["user"])
        assert user is not None
        with rules_are_conflicts():
            voting.take_back_delegate(actor=request.user, share=share, user=user)
        return self.answer(cycle)
