"""Full-text search over entities: PostgreSQL finds candidates, similarity ranks them (words: core.text_search)."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import F, Q, Value
from rapidfuzz import fuzz

from apps.catalog.models import Entity
from apps.catalog.models.entities import LABELS, named
from apps.core.policies import PolicyQuerySet
from apps.core.text_search import LONGEST_QUERY, folded, text_query

CANDIDATES = 60
MOST_RANKED = 500  # of more matches, any: a word that thousands share does not tell them apart


def refresh_search(entity: Entity) -> None:
    """Writes the entity's search vector; called by every action that changes a searched field."""
    vector = (
        SearchVector(Value(folded(f"{entity.name} {entity.title}")), weight="A", config="simple")
        + SearchVector(
            Value(folded(f"{entity.namespace} {' '.join(entity.tags)}")), weight="B", config="simple"
        )
        + SearchVector(Value(folded(entity.description)[:50_000]), weight="C", config="english")
        + SearchVector(Value(folded(entity.description)[:50_000]), weight="D", config="simple")
    )
    Entity._base_manager.filter(pk=entity.pk).update(search_vector=vector)


def matching(rows: PolicyQuerySet[Entity], text: str) -> PolicyQuerySet[Entity]:
    """Rows that have every word of `text`, the last one as a beginning; none where `text` has no word."""
    query = text_query(text)
    return rows.none() if query is None else rows.filter(search_vector=query)


def search_entities(rows: PolicyQuerySet[Entity], text: str, limit: int) -> list[tuple[Entity, float]]:
    """The best `limit` entities among `rows` with a score of 0 to 1; a reference typed whole comes first."""
    exact = _by_reference(rows, text)
    query = text_query(text)
    if query is None:
        return [(entity, 1.0) for entity in exact[:limit]]
    ranked = _candidates(rows.filter(tombstoned_at=None), query)
    wanted = folded(text)
    scored = [(entity, _score(entity, wanted)) for entity in ranked if entity not in exact]
    scored.sort(key=lambda pair: (-pair[1], pair[0].pk))
    return ([(entity, 1.0) for entity in exact] + scored)[:limit]


def _candidates(rows: PolicyQuerySet[Entity], query: SearchQuery) -> list[Entity]:
    """What has the words in its name, title or tags; where that is not enough, also what has them in its text."""
    found = _best(rows.alias(labels=LABELS).filter(labels=query), query, CANDIDATES)
    if len(found) < CANDIDATES:
        others = rows.filter(search_vector=query).exclude(pk__in=[entity.pk for entity in found])
        found += _best(others, query, CANDIDATES - len(found))
    return found


def _best(matches: PolicyQuerySet[Entity], query: SearchQuery, count: int) -> list[Entity]:
    some = matches.order_by().values("pk")[:MOST_RANKED]
    ranked = Entity.objects.filter(pk__in=some).annotate(rank=SearchRank(F("search_vector"), query))
    return list(ranked.select_related("owner").order_by("-rank", "id")[:count])


def _by_reference(rows: PolicyQuerySet[Entity], text: str) -> list[Entity]:
    """Entities whose name, or `kind:namespace/name`, is exactly what was typed."""
    typed = text.strip().lower()[:LONGEST_QUERY]
    kind, _, rest = typed.rpartition(":")
    namespace, _, name = rest.rpartition("/")
    if not name or "\x00" in typed:  # which no name holds, and no database takes
        return []
    condition = Q(named(name))
    if namespace:
        condition &= Q(namespace__iexact=namespace)
    if kind:
        condition &= Q(kind=kind)
    return list(rows.filter(condition).select_related("owner").order_by("id")[:5])


def _score(entity: Any, wanted: str) -> float:
    """Likeness of the name weighs most; what runs in production is what people usually look for."""
    likeness = max(fuzz.WRatio(wanted, folded(entity.name)), fuzz.WRatio(wanted, folded(entity.title))) / 100
    stage = {"production": 0.1, "pilot": 0.05, "retired": -0.1, "stopped": -0.1}.get(entity.stage, 0.0)
    kind = 0.03 if entity.kind == "model" else 0.0
    return round(min(1.0, max(0.0, 0.6 * likeness + 0.27 * min(1.0, float(entity.rank)) + stage + kind)), 4)
