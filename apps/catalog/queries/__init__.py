"""Every non-trivial read of the catalog. Each starts from what the person may see."""

from apps.catalog.queries.compare import Comparison, compare
from apps.catalog.queries.entities import (
    EntityFilter,
    entities,
    entity_by_id,
    entity_by_parts,
    entity_by_ref,
    filter_entities,
    grants,
    relations_of,
)
from apps.catalog.queries.facets import Facet, facets
from apps.catalog.queries.lineage import Edge, Graph, Node, effective_classification, lineage
from apps.catalog.queries.operations import (
    findings,
    orphaned,
    source_health,
    sync_runs,
    unowned,
    with_last_state,
)
from apps.catalog.queries.search import search_entities

__all__ = [
    "Comparison",
    "Edge",
    "EntityFilter",
    "Facet",
    "Graph",
    "Node",
    "compare",
    "effective_classification",
    "entities",
    "entity_by_id",
    "entity_by_parts",
    "entity_by_ref",
    "facets",
    "filter_entities",
    "findings",
    "grants",
    "lineage",
    "orphaned",
    "relations_of",
    "search_entities",
    "source_health",
    "sync_runs",
    "unowned",
    "with_last_state",
]
