"""Fields that several types of the roadmap have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import graphene
from django.conf import settings

from apps.core.graphql import MultiField
from apps.roadmap.queries.exact import exact_text


class Told(MultiField):
    """What a function says of a row, from columns that the statement reads."""

    def __init__(self, kind: Any, tell: Callable[[Any], Any], *columns: str, **options: Any) -> None:
        self.tell = tell
        super().__init__(kind, fields=list(columns), **options)

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: self.tell(root)


def exact(column: str, *, required: bool = True, description: str | None = None) -> Told:
    """A number of the row as text with every digit."""

    def tell(row: Any) -> str | None:
        value = getattr(row, column)
        return None if value is None else exact_text(value)

    return Told(graphene.String, tell, column, required=required, description=description)


def exact_of(name: str, *, required: bool = True, description: str | None = None) -> graphene.Field:
    """The same of an object that is no row."""

    def tell(root: dict[str, Any], info: Any) -> str | None:
        return None if root[name] is None else exact_text(root[name])

    return graphene.Field(graphene.String, resolver=tell, required=required, description=description)


def word(kind: Any, column: str) -> Told:
    """A column's word as an enum; null where it is empty."""
    return Told(kind, lambda row: getattr(row, column) or None, column)


def page_url(*columns: str) -> Told:
    return Told(
        graphene.String,
        lambda row: urljoin(settings.BASE_URL, row.get_absolute_url()),
        *columns,
        required=True,
        description="Its page in the portal.",
    )
