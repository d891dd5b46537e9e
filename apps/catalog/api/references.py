"""How requests name things of the catalog: an entity by id or reference, a source by name."""

from __future__ import annotations

from typing import Any

from apps.catalog.models import Entity, Source
from apps.catalog.queries import entity_by_id, entity_by_ref
from apps.core.errors import NotFound
from apps.core.ids import LARGEST_ID
from apps.core.rest_fields import Text

# For route and document. Letters of any case find an entity; what breaks Backstage's rules finds nothing.
NAMED = r"[0-9]{1,19}|[a-z_]{1,12}:[-A-Za-z0-9]{1,63}/[-A-Za-z0-9_.]{1,63}"
REF_SENTENCE = "Give an id or a reference such as model:retail-banking/fraud-score."


class EntityName(Text):
    """`123` or `model:retail-banking/fraud-score`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", REF_SENTENCE)
        super().__init__(pattern=rf"^({NAMED})$", says=REF_SENTENCE, **options)


def entity_named(user: Any, value: str) -> Entity:
    """The entity that a request names; NotFound where there is none that `user` sees."""
    if not value.isdigit():
        return entity_by_ref(user, value)
    return entity_by_id(user, min(int(value), LARGEST_ID))


def entity_id(user: Any, value: str) -> int:
    """The id for a list's filter; 0, which no row has, where there is no such entity to see."""
    try:
        return entity_named(user, value).pk
    except NotFound:
        return 0


def source_named(user: Any, name: str) -> Source:
    source = Source.objects.visible_to(user).filter(name=name).first()
    if source is None:
        raise NotFound(f"There is no source {name}, or it is not shown to you.")
    return source
