"""The catalog through GraphQL: what is asked (`queries`), answered with (`nodes`) and done (`mutations`)."""

from apps.catalog.graphql.mutations import CatalogMutation
from apps.catalog.graphql.queries import CatalogQuery

__all__ = ["CatalogMutation", "CatalogQuery"]
