"""Tooling through GraphQL: decisions, standards, and the life of exception requests as far as teams and reviewers go."""

import graphene

from apps.tooling.graphql.deciding import DecideQuery
from apps.tooling.graphql.mutations import ToolingMutation
from apps.tooling.graphql.queries import ResourceQuery

__all__ = ["ToolingMutation", "ToolingQuery"]


class ToolingQuery(DecideQuery, ResourceQuery, graphene.ObjectType):
    """What can be asked of tooling."""
