"""The roadmap through GraphQL: requests and cycles to read, intake and ballots to write, cycles to
plan again and to close. The center's work, meetings and
plans in full are REST's."""

from apps.roadmap.graphql.mutations import RoadmapMutation
from apps.roadmap.graphql.queries import RoadmapQuery

__all__ = ["RoadmapMutation", "RoadmapQuery"]
