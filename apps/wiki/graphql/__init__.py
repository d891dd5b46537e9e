"""The wiki through GraphQL: reading and commenting. What else is done to pages, REST does (surfaces.md)."""

from apps.wiki.graphql.mutations import WikiMutation
from apps.wiki.graphql.queries import WikiQuery

__all__ = ["WikiMutation", "WikiQuery"]
