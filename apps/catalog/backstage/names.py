"""Names for entities whose kinds Backstage does not tell apart.

A model and a service `fraud-score` are two Components there; of two with one name it keeps one and drops the
other. Where published entities collide, the kind that stands first in `KINDS_OF` keeps the name (a model
before a service) and each other one gets its kind behind it: `fraud-score-service`. The rule looks at
published entities only: a suffix that hints at a hidden entity of the same name would be a leak. Each
document keeps our reference in an annotation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from apps.catalog.exchange import KINDS_OF
from apps.catalog.models import Entity

LONGEST = 63
_PLACE = {kind: (form, place) for form, kinds in KINDS_OF.items() for place, kind in enumerate(kinds)}

Key = tuple[str, str, str]


def published_names(entities: Iterable[Entity]) -> dict[int, str]:
    """Entity id -> the name in the file, unique for each Backstage kind and namespace, whatever its case."""
    names: dict[int, str] = {}
    taken: set[Key] = set()
    later: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: (_PLACE[entity.kind][1], entity.pk)):
        if _key(entity, entity.name) in taken:
            later.append(entity)
        else:
            names[entity.pk] = entity.name
            taken.add(_key(entity, entity.name))
    for entity in later:
        names[entity.pk] = next(name for name in _candidates(entity) if _key(entity, name) not in taken)
        taken.add(_key(entity, names[entity.pk]))
    return names


def _key(entity: Entity, name: str) -> Key:
    return _PLACE[entity.kind][0], entity.namespace.lower(), name.lower()


def _candidates(entity: Entity) -> Iterator[str]:
    suffix = "-" + entity.kind.replace("_", "-")
    yield _suffixed(entity.name, suffix)
    yield _suffixed(entity.name, f"{suffix}-{entity.pk}")
    yield from (_suffixed(entity.name, f"{suffix}-{entity.pk}-{number}") for number in count(2))


def _suffixed(name: str, suffix: str) -> str:
    return name[: LONGEST - len(suffix)] + suffix
