"""What work took and who runs what came of it, as GraphQL answers with it."""

from __future__ import annotations

import graphene

from apps.core.graphql import Abilities, Node
from apps.roadmap import models
from apps.roadmap.graphql.enums import CapacityRole
from apps.roadmap.graphql.fields import exact


class ActualNode(Node):
    """Person-weeks of one role that a request really took in a month."""

    class Meta:
        model = models.Actual
        name = "RoadmapActual"
        fields = ("request", "role", "month", "author", "at")

    role = graphene.Field(CapacityRole, required=True)
    weeks = exact("weeks")


class HandoverNode(Node):
    """What was delivered stands in the catalog, and a team runs it."""

    class Meta:
        model = models.Handover
        name = "RoadmapHandover"
        fields = ("request", "entity", "team", "note", "accepted_by", "accepted_at", "at")

    abilities = Abilities(models.Handover, "accept")
