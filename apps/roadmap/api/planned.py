"""Freezing, plans, and the reason for each no over REST."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import NotFound
from apps.core.rest_fields import QueryParameters, WholeNumber
from apps.core.rest_problems import rules_are_conflicts
from apps.roadmap.actions import planning
from apps.roadmap.api import bodies, cycle_bodies
from apps.roadmap.api.cycles_shown import CycleDetail
from apps.roadmap.api.plans_shown import PlansRow, WhyRow, plans_of, why_of
from apps.roadmap.api.preparing import CycleMoves, by_name
from apps.roadmap.api.references import part_named
from apps.roadmap.models import Cycle, PlanRun
from apps.roadmap.queries.sight import readable_inputs


class RunQuery(QueryParameters):
    run = WholeNumber(
        min_value=1, required=False, help_text="A run of this cycle; the last real one without."
    )


class WhyQuery(RunQuery):
    request = WholeNumber(min_value=1, help_text="Id of a request of this cycle.")


class Planned(CycleMoves):
    extra_problems = {"inputs": [403]}

    @extend_schema(request=bodies.RoadmapVersion, responses=CycleDetail, summary="End the vote and plan")
    @action(detail=True, methods=["post"])
    def freeze(self, request: Request, **kwargs: Any) -> Response:
        """The inputs are kept with their hash, ballots are open, the worker plans."""
        return self.versioned(planning.freeze)

    @extend_schema(request=cycle_bodies.CycleReopen, responses=CycleDetail, summary="Open the vote again")
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        """Plans of the old inputs are stale from then on."""
        fields = self.body(cycle_bodies.CycleReopen)
        version = fields.pop("version", None)
        return self.did(planning.reopen, self.get_object(), expected_version=version, **fields)

    @extend_schema(
        request=bodies.RoadmapVersion, responses={202: PlansRow}, summary="Plan the frozen inputs again"
    )
    @action(detail=True, methods=["post"], url_path="plan-again")
    def plan_again(self, request: Request, **kwargs: Any) -> Response:
        """Where the last computation failed or was lost. GET …/plans/ reads the answer."""
        version, cycle = self.body(bodies.RoadmapVersion).get("version"), self.get_object()
        with rules_are_conflicts():
            run = planning.plan_again(actor=request.user, cycle=cycle, expected_version=version)
        return Response(plans_of(request.user, run), status=202)

    @extend_schema(parameters=[RunQuery], responses=PlansRow, summary="The three plans side by side")
    @action(detail=True, methods=["get"])
    def plans(self, request: Request, **kwargs: Any) -> Response:
        """Requests that you do not see are counted, not named."""
        wanted, cycle = self.parameters(RunQuery), self.get_object()
        return Response(plans_of(request.user, self._run(cycle, wanted)))

    @extend_schema(parameters=[WhyQuery], responses=WhyRow, summary="A request's receipt, or why not")
    @action(detail=True, methods=["get"])
    def why(self, request: Request, **kwargs: Any) -> Response:
        wanted, cycle = self.parameters(WhyQuery), self.get_object()
        run = self._run(cycle, wanted)
        found = why_of(request.user, run, wanted["request"]) if run.state == PlanRun.State.DONE else None
        if found is None:
            raise NotFound("These plans do not speak of this request, or it is not shown to you.")
        return Response(found)

    @extend_schema(
        operation_id="roadmap_cycles_inputs_retrieve",
        responses={(200, "application/json"): {"type": "object"}},
        summary="The frozen inputs, byte for byte",
    )
    @action(detail=True, methods=["get"], url_path="inputs.json")
    def inputs(self, request: Request, **kwargs: Any) -> HttpResponse:
        """From these bytes anybody computes the same plans; for those who see every request of the cycle."""
        self.parameters()
        snapshot = planning.last_snapshot(self.get_object())
        if snapshot is None:
            raise NotFound("The cycle has not been frozen.")
        answer = HttpResponse(readable_inputs(request.user, snapshot), content_type="application/json")
        answer["X-Content-SHA256"] = snapshot.sha256
        return answer

    @extend_schema(
        request=cycle_bodies.SandboxTry, responses={202: PlansRow}, summary="Try other capacities or shares"
    )
    @action(detail=True, methods=["post"])
    def sandbox(self, request: Request, **kwargs: Any) -> Response:
        """For the center and the committee; nothing follows from it. GET …/plans/?run= reads the answer."""
        moved, cycle = _moved(self.body(cycle_bodies.SandboxTry)), self.get_object()
        with rules_are_conflicts():
            run = planning.try_out(actor=request.user, cycle=cycle, sandbox=moved)
        return Response(plans_of(request.user, run), status=202)

    def _run(self, cycle: Cycle, wanted: dict[str, Any]) -> PlanRun:
        user = self.request.user
        if "run" in wanted:
            found: PlanRun = part_named(user, PlanRun, wanted["run"], cycle=cycle)
            return found
        rows = PlanRun.objects.visible_to(user).filter(cycle=cycle, sandbox={}).select_related("snapshot")
        last = rows.order_by("-pk").first()
        if last is None:
            raise NotFound("Nothing has been planned in this cycle yet.")
        return last


def _moved(fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """As the action takes it: role to weeks, voter to basis points."""
    capacities = by_name(fields.get("capacities", ()), "role")
    shares = by_name(fields.get("shares", ()), "voter")
    moved = {
        "capacities": {role: row["weeks"] for role, row in capacities.items()},
        "shares": {voter: row["basis_points"] for voter, row in shares.items()},
    }
    return {name: part for name, part in moved.items() if part}
