"""Planning cycles over REST: set up, voted on, frozen, planned and decided."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest_fields import Choice, QueryParameters
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, Retrieved
from apps.roadmap.actions.cycles import create_cycle
from apps.roadmap.api.cycle_bodies import CycleCreate
from apps.roadmap.api.cycles_shown import CycleDetail, CycleRow
from apps.roadmap.api.deciding import Deciding
from apps.roadmap.api.planned import Planned
from apps.roadmap.api.preparing import Preparing
from apps.roadmap.api.voting import Voting
from apps.roadmap.models import Candidate, Capacity, Cycle, Delegate, PlanRun, Share
from apps.roadmap.policies import voter_of
from apps.roadmap.workflow import CycleState


class CycleQuery(QueryParameters):
    state = Choice(choices=CycleState.choices, required=False)


class CycleViewSet(Preparing, Voting, Planned, Deciding, Listed, Retrieved):
    """Planning cycles by slug, newest first. Units vote, not people; ballots are sealed until the freeze."""

    model = Cycle
    order = Order("-id", descending=True)
    query = CycleQuery
    columns = {"state": "state"}
    serializer_class = CycleRow
    detail_serializer_class = CycleDetail
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9][-a-z0-9]{0,62}"

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(slug=value).first()

    def rows(self, visible: Any) -> Any:
        rows = visible.select_related("scoring_policy")
        return rows if self.action == "list" else rows.prefetch_related(*_whole(self.request.user))

    def get_serializer_context(self) -> dict[str, Any]:
        """With the shares whose ballots the caller casts."""
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False) or self.action == "list":
            return context
        own = Share.objects.visible_to(self.request.user).filter(voter_of(self.request.user))
        return context | {"own_shares": set(own.values_list("pk", flat=True))}

    @extend_schema(request=CycleCreate, responses={201: CycleDetail}, summary="Open a cycle")
    def create(self, request: Request) -> Response:
        """For CoE leads; in preparation until the vote is opened."""
        fields = self.body(CycleCreate)
        with rules_are_conflicts():
            row = create_cycle(actor=request.user, **fields)
        return self.answer(row, status=201)


def _whole(user: Any) -> list[Any]:
    delegates = Delegate.objects.visible_to(user).select_related("user").order_by("pk")
    runs = PlanRun.objects.visible_to(user).filter(sandbox={}).select_related("snapshot").order_by("-pk")
    return [
        visible_relation("capacities", Capacity, user),
        visible_relation("shares", Share, user, "unit", within=[Prefetch("delegates", delegates)]),
        visible_relation("candidates", Candidate, user, "request", "proposed_by", "approved_by"),
        Prefetch("runs", runs.defer("result")[:1], to_attr="real_runs"),
    ]
