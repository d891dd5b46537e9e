"""The roadmap through GraphQL: requests, cycles, plans and meetings to read, intake and ballots to write, cycles to
plan again and to close. The rest of the center's work is REST's."""

from apps.roadmap.graphql.mutations import RoadmapMutation
from apps.roadmap.graphql.queries import RoadmapQuery

__all__ = ["RoadmapMutation", "RoadmapQuery"]
