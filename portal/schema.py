"""The GraphQL schema: every app's questions and changes, listed."""

from __future__ import annotations

import graphene

from apps.catalog.graphql import CatalogMutation, CatalogQuery
from apps.core.graphql import GlobalNode
from apps.people.graphql import PeopleQuery
from apps.roadmap.graphql import RoadmapMutation, RoadmapQuery
from apps.tooling.graphql import ToolingMutation, ToolingQuery
from apps.wiki.graphql import WikiMutation, WikiQuery


class Query(CatalogQuery, PeopleQuery, RoadmapQuery, ToolingQuery, WikiQuery, graphene.ObjectType):
    """What can be asked."""

    node = GlobalNode.Field(description="Any object by its id.")


class Mutation(CatalogMutation, RoadmapMutation, ToolingMutation, WikiMutation, graphene.ObjectType):
    """What can be changed."""


schema = graphene.Schema(query=Query, mutation=Mutation)
