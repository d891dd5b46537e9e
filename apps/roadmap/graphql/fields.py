"""Fields that several types of the roadmap have."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import graphene
from django.conf import settings

from apps.core.graphql import MultiField
from apps.roadmap.queries.exact import exact_text


def exact(column: str, *, required: bool = True, description: str | None = None) -> MultiField:
    """A number of the row as text with every digit."""

    def resolve(root: Any, info: Any) -> str | None:
        value = getattr(root, column)
        return None if value is None else exact_text(value)

    return MultiField(
        graphene.String, fields=[column], required=required, description=description, resolver=resolve
    )


def word(kind: Any, column: str) -> MultiField:
    """A column's word as an enum; null where it is empty."""

    def resolve(root: Any, info: Any) -> Any:
        return getattr(root, column) or None

    return MultiField(kind, fields=[column], resolver=resolve)


def page_url(*columns: str) -> MultiField:
    def resolve(root: Any, info: Any) -> str:
        return urljoin(settings.BASE_URL, root.get_absolute_url())

    return MultiField(
        graphene.String,
        fields=list(columns),
        required=True,
        description="Its page in the portal.",
        resolver=resolve,
    )
