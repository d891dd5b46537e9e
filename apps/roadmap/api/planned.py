"""Freezing, plans, and the reason for each no over REST."""

from __future__ import annotations

from hashlib import sha256
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
from apps.roadmap.models import Cycle, PlanRun, Snapshot
from apps.roadmap.queries.plans_told import run_of
from apps.roadmap.queries.sight import readable_election, readable_inputs, readable_plans


class RunQuery(QueryParameters):
    run = WholeNumber(
        min_value=1, required=False, help_text="A run of this cycle; the last real one without."
    )


class WhyQuery(RunQuery):
    request = WholeNumber(min_value=1, help_text="Id of a request of this cycle.")


class Planned(CycleMoves):
    extra_problems = {"inputs": [403], "election": [403], "plans_as_kept": [403]}

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
        return Response(why_of(request.user, run, wanted["request"]))

    @extend_schema(
        operation_id="roadmap_cycles_inputs_retrieve",
        responses={(200, "application/json"): {"type": "object"}},
        summary="The frozen inputs, byte for byte",
    )
    @action(detail=True, methods=["get"], url_path=r"inputs\.json")
    def inputs(self, request: Request, **kwargs: Any) -> HttpResponse:
        """From these bytes anybody computes the same plans; for those who see every request of the cycle."""
        self.parameters()
        snapshot = self._snapshot()
        return _file(readable_inputs(request.user, snapshot), "application/json", snapshot.sha256)

    @extend_schema(
        operation_id="roadmap_cycles_election_retrieve",
        responses={(200, "text/plain"): str},
        summary="The vote as a Pabulib file",
    )
    @action(detail=True, methods=["get"], url_path=r"inputs\.pb")
    def election(self, request: Request, **kwargs: Any) -> HttpResponse:
        """For tools that try other rules on it: one cost a request, columns of our own for the rest.

        For those who see every request of the cycle.
        """
        self.parameters()
        content = readable_election(request.user, self._snapshot())
        return _file(content, "text/plain; charset=utf-8", sha256(content).hexdigest())

    @extend_schema(
        operation_id="roadmap_cycles_plans_as_kept_retrieve",
        parameters=[RunQuery],
        responses={(200, "application/json"): {"type": "object"}},
        summary="The plans, byte for byte",
    )
    @action(detail=True, methods=["get"], url_path=r"plans\.json")
    def plans_as_kept(self, request: Request, **kwargs: Any) -> HttpResponse:
        """What a recomputation of the frozen inputs has to equal; for those who see every request of the cycle."""
        wanted = self.parameters(RunQuery)
        run = self._run(self.get_object(), wanted)
        return _file(readable_plans(request.user, run), "application/json", run.result_sha256)

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

    def _snapshot(self) -> Snapshot:
        found = planning.last_snapshot(self.get_object())
        if found is None:
            raise NotFound("The cycle has not been frozen.")
        return found

    def _run(self, cycle: Cycle, wanted: dict[str, Any]) -> PlanRun:
        return run_of(self.request.user, cycle, wanted.get("run"))


def _file(content: bytes, kind: str, digest: str) -> HttpResponse:
    """Exactly the bytes, with their hash beside them."""
    answer = HttpResponse(content, content_type=kind)
    answer["X-Content-SHA256"] = digest
    return answer


def _moved(fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """As the action takes it: role to weeks, voter to basis points."""
    capacities = by_name(fields.get("capacities", ()), "role")
    shares = by_name(fields.get("shares", ()), "voter")
    moved = {
        "capacities": {role: row["weeks"] for role, row in capacities.items()},
        "shares": {voter: row["basis_points"] for voter, row in shares.items()},
    }
    return {name: part for name, part in moved.items() if part}
