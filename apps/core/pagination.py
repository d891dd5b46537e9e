"""Pages by cursor: every page costs the same, however long the list is and however deep the page lies.

A cursor says "after (or before) this row in this order"; the database seeks there by index. Nothing is
counted, and rows that come or go elsewhere neither repeat nor skip a row. REST and HTML lists share this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Literal, TypeVar

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable, OrderBy

from apps.core.errors import Invalid

LONGEST_CURSOR = 4_000  # a key of 200 characters, each 12 bytes in a signed text
KEY = "page_key"
Direction = Literal["next", "previous"]
M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: a key that is never null, then the id.

    `name` stands in the cursors, so that one of another order is refused. `key` is a column or an expression
    with an index `(key, id)`; None sorts by id alone.
    """

    name: str
    key: str | Combinable | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows with the cursors of their neighbours; None where there is no neighbour."""

    rows: list[M]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class _Position:
    direction: Direction
    key: Any
    pk: int


def page(queryset: QuerySet[M], *, order: Order, cursor: str | None, limit: int) -> Page[M]:
    """At most `limit` rows from the cursor on (from the start without one), in one statement.

    Raises Invalid for a cursor that was not made by this list in this order.
    """
    rows = _keyed(queryset, order)
    position = _read(rows, order, cursor) if cursor else None
    backwards = position is not None and position.direction == "previous"
    if position is not None:
        rows = rows.filter(_beyond(order, position, backwards))
    found = list(rows.order_by(*_sorting(order, backwards))[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    return _page(
        queryset, order, found, before=more if backwards else bool(position), after=backwards or more
    )


def _page(queryset: QuerySet[M], order: Order, rows: list[M], *, before: bool, after: bool) -> Page[M]:
    return Page(
        rows,
        next=_write(queryset, order, "next", rows[-1]) if rows and after else None,
        previous=_write(queryset, order, "previous", rows[0]) if rows and before else None,
    )


def _keyed(queryset: QuerySet[M], order: Order) -> QuerySet[M]:
    if order.key is None:
        return queryset
    expression: Any = F(order.key) if isinstance(order.key, str) else order.key
    return queryset.annotate(**{KEY: expression})


def _sorting(order: Order, backwards: bool) -> Sequence[OrderBy]:
    names = ["pk"] if order.key is None else [KEY, "pk"]
    return [OrderBy(F(name), descending=order.descending != backwards) for name in names]


def _beyond(order: Order, position: _Position, backwards: bool) -> Q:
    """`key >= v AND (key > v OR id > last)`: the first half seeks in the index, the second breaks ties."""
    sign = "lt" if order.descending != backwards else "gt"
    after_row = Q(**{f"pk__{sign}": position.pk})
    if order.key is None:
        return after_row
    return Q(**{f"{KEY}__{sign}e": position.key}) & (Q(**{f"{KEY}__{sign}": position.key}) | after_row)


def _signer(queryset: QuerySet[Any], order: Order) -> Signer:
    return Signer(salt=f"page:{queryset.model._meta.label_lower}:{order.name}")


def _write(queryset: QuerySet[Any], order: Order, direction: Direction, row: models.Model) -> str:
    key = getattr(row, KEY, None)
    plain = key.isoformat() if isinstance(key, date) else str(key) if key is not None else None
    return _signer(queryset, order).sign_object([direction, plain, row.pk])


def _read(rows: QuerySet[Any], order: Order, cursor: str) -> _Position:
    refusal = Invalid(
        errors={"cursor": ["This cursor does not belong to this list."]},
        next_step="Begin without a cursor and follow the links `next` and `previous`.",
    )
    if len(cursor) > LONGEST_CURSOR:
        raise refusal
    try:
        direction, plain, pk = _signer(rows, order).unsign_object(cursor)
        return _Position(direction, _typed(rows, order, plain), pk)
    except (BadSignature, ValueError, TypeError, ValidationError) as error:
        raise refusal from error


def _typed(rows: QuerySet[Any], order: Order, plain: str | None) -> Any:
    """The key in the type of its column: text, dates, numbers and decimals survive the journey."""
    if order.key is None:
        return None
    field = rows.query.annotations[KEY].output_field
    return field.to_python(plain)
