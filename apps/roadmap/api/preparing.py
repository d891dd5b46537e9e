"""What CoE leads do with cycles over REST before the vote: capacity, shares, candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Conflict
from apps.core.rest_fields import Body
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import PolicyViewSet
from apps.roadmap.actions import closing, cycles, framing
from apps.roadmap.api import bodies, cycle_bodies
from apps.roadmap.api.cycles_shown import CycleDetail
from apps.roadmap.api.references import candidate_named, request_named, unit_named


def by_name(rows: Sequence[Any], name: str) -> dict[Any, Any]:
    """Rows of a body by what they name; Conflict for a name that stands there twice."""
    found = {row[name]: row for row in rows}
    if len(found) < len(rows):
        raise Conflict(f"Name each {name.replace('_', ' ')} once.")
    return found


class CycleMoves(PolicyViewSet):
    def did(self, act: Callable[..., Any], row: Any, status: int = 200, /, **arguments: Any) -> Response:
        """Does it to the cycle and answers with the cycle as it is then."""
        with rules_are_conflicts():
            act(actor=self.request.user, cycle=row, **arguments)
        return self.answer(row, status=status)

    def versioned(self, act: Callable[..., Any]) -> Response:
        version = self.body(bodies.RoadmapVersion).get("version")
        return self.did(act, self.get_object(), expected_version=version)

    def to_candidate(self, act: Callable[..., Any], form: type[Body]) -> Response:
        fields, row = self.body(form), self.get_object()
        candidate = candidate_named(self.request.user, row, fields.pop("request"))
        with rules_are_conflicts():
            act(actor=self.request.user, candidate=candidate, **fields)
        return self.answer(row)


class Preparing(CycleMoves):
    @extend_schema(request=cycle_bodies.CycleChange, responses=CycleDetail, summary="Change the frame")
    @action(detail=True, methods=["post"])
    def change(self, request: Request, **kwargs: Any) -> Response:
        """All of it in preparation; the name and the end of the vote while that is open, also one that has passed."""
        changes = self.body(cycle_bodies.CycleChange)
        version = changes.pop("version", None)
        return self.did(framing.change_cycle, self.get_object(), changes=changes, expected_version=version)

    @extend_schema(request=cycle_bodies.CycleCapacities, responses=CycleDetail, summary="Set the capacity")
    @action(detail=True, methods=["post"])
    def capacity(self, request: Request, **kwargs: Any) -> Response:
        """Replaces what is there."""
        rows = by_name(self.body(cycle_bodies.CycleCapacities)["capacities"], "role")
        weeks = {role: (row["weeks"], row.get("reserve", "0")) for role, row in rows.items()}
        return self.did(cycles.set_capacity, self.get_object(), weeks=weeks)

    @extend_schema(request=cycle_bodies.CycleShares, responses=CycleDetail, summary="Set the shares")
    @action(detail=True, methods=["post"])
    def shares(self, request: Request, **kwargs: Any) -> Response:
        """Replaces what is there."""
        rows = by_name(self.body(cycle_bodies.CycleShares)["shares"], "voter")
        parts = {self._unit(voter): row["basis_points"] for voter, row in rows.items()}
        return self.did(cycles.set_shares, self.get_object(), shares=parts)

    def _unit(self, voter: str) -> Any:
        if voter == "strategic":
            return None
        return unit_named(self.request.user, voter.removeprefix("unit:"))

    @extend_schema(
        request=cycle_bodies.CandidateCreate, responses={201: CycleDetail}, summary="Take a request in"
    )
    @action(detail=True, methods=["post"])
    def candidates(self, request: Request, **kwargs: Any) -> Response:
        """It is ready and its scores are fresh; a mandatory one names its obligation."""
        fields = self.body(cycle_bodies.CandidateCreate)
        fields["request"] = request_named(request.user, fields["request"])
        return self.did(cycles.add_candidate, self.get_object(), 201, **fields)

    @extend_schema(request=cycle_bodies.CarryOver, responses={201: CycleDetail}, summary="Carry work over")
    @action(detail=True, methods=["post"], url_path="carry-over")
    def carry_over(self, request: Request, **kwargs: Any) -> Response:
        """Work under way comes off the top; renew its estimate before."""
        named = request_named(request.user, self.body(cycle_bodies.CarryOver)["request"])
        return self.did(cycles.carry_over, self.get_object(), 201, request=named)

    @extend_schema(request=cycle_bodies.CandidateRemove, responses=CycleDetail, summary="Take a request out")
    @action(detail=True, methods=["post"], url_path="remove-candidate")
    def remove_candidate(self, request: Request, **kwargs: Any) -> Response:
        return self.to_candidate(cycles.remove_candidate, cycle_bodies.CandidateRemove)

    @extend_schema(
        request=cycle_bodies.CandidateName, responses=CycleDetail, summary="Agree that it is mandatory"
    )
    @action(detail=True, methods=["post"], url_path="approve-mandatory")
    def approve_mandatory(self, request: Request, **kwargs: Any) -> Response:
        """For the steering committee; never for who proposed it."""
        return self.to_candidate(cycles.approve_mandatory, cycle_bodies.CandidateName)

    @extend_schema(request=bodies.RoadmapVersion, responses=CycleDetail, summary="Open the vote")
    @action(detail=True, methods=["post"], url_path="open-voting")
    def open_voting(self, request: Request, **kwargs: Any) -> Response:
        """409 with what lacks in `possible`."""
        return self.versioned(cycles.open_voting)

    @extend_schema(
        request=cycle_bodies.CyclePrepareAgain, responses=CycleDetail, summary="Break the vote off"
    )
    @action(detail=True, methods=["post"], url_path="prepare-again")
    def prepare_again(self, request: Request, **kwargs: Any) -> Response:
        """Back to preparation. Ballots are kept, sealed; points for what is taken out are free again."""
        fields = self.body(cycle_bodies.CyclePrepareAgain)
        version = fields.pop("version", None)
        return self.did(closing.prepare_again, self.get_object(), expected_version=version, **fields)

    @extend_schema(request=bodies.RoadmapVersion, responses=CycleDetail, summary="Close the cycle")
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> Response:
        """After the decision. What is not finished goes on; the next cycle takes it by `carry-over`."""
        return self.versioned(closing.close_cycle)
