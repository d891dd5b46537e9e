"""Pages of rows: offset cursors, at most 100 rows and 10,000 deep, no totals; at the root as nested.

Whether there is a next page is read by one row more than asked for, so that no `COUNT` runs and no number of
hidden rows can be guessed. Nested pages are cut in the database by a row number per parent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import graphene
from django.db import models
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from graphene.relay.connection import connection_adapter, page_info_adapter
from graphene.utils.str_converters import to_snake_case
from graphql import get_argument_values
from graphql.execution.execute import get_field_def
from graphql_relay import cursor_to_offset, offset_to_cursor
from query_optimizer.ast import get_selections
from query_optimizer.compiler import OptimizationCompiler
from query_optimizer.fields import DjangoConnectionField
from query_optimizer.optimizer import QueryOptimizer

from apps.core.errors import Invalid

LARGEST_PAGE = 100
USUAL_PAGE = 20
DEEPEST_ROW = 10_000
PAGE_ARGUMENTS = ("first", "after", "last", "before")
ROW_NUMBER = "_row_number"
Narrow = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows `[start, start + size)` of a list."""

    start: int
    size: int

    @classmethod
    def of(cls, first: Any = None, after: Any = None, last: Any = None, before: Any = None) -> Cut:
        """Reads Relay's arguments; raises Invalid where they contradict each other or leave the limits."""
        if last is not None or before is not None:
            return cls._backwards(first, after, last, before)
        size = _size("first", USUAL_PAGE if first is None else first)
        start = 0 if after is None else _offset("after", after) + 1
        if start + size > DEEPEST_ROW:
            raise Invalid(
                f"Lists are read {DEEPEST_ROW:,} rows deep at most.",
                next_step="Narrow the list with a filter.",
            )
        return cls(start, size)

    @classmethod
    def _backwards(cls, first: Any, after: Any, last: Any, before: Any) -> Cut:
        if last is None or before is None or first is not None or after is not None:
            raise Invalid("Give first with after, or last together with before.")
        stop = _offset("before", before)
        size = _size("last", last)
        return cls(max(0, stop - size), min(size, stop))


def _size(name: str, value: Any) -> int:
    if not 1 <= value <= LARGEST_PAGE:
        raise Invalid(errors={name: [f"A page has 1 to {LARGEST_PAGE} rows."]})
    return int(value)


def _offset(name: str, cursor: str) -> int:
    offset = cursor_to_offset(cursor[:100])
    if offset is None or not 0 <= offset < DEEPEST_ROW:
        raise Invalid(errors={name: ["This is no cursor of an earlier answer."]})
    return offset


class Page(DjangoConnectionField):
    """A page of rows of a `Node`.

    `narrow` leaves out rows for what they are (ended ones, say), never for who asks; `sort` orders them where
    the resolver or the model's own ordering does not.
    """

    def __init__(
        self, type_: Any, /, *, narrow: Narrow = lambda rows: rows, sort: Sequence[Any] = (), **options: Any
    ) -> None:
        self.narrow = narrow
        self.sort = tuple(sort)
        options.setdefault(
            "first", graphene.Int(description=f"1 to {LARGEST_PAGE}; {USUAL_PAGE} where not given.")
        )
        options.setdefault("after", graphene.String(description="The cursor of the row before the page."))
        options.setdefault("last", graphene.Int(description="The rows just before `before`, at most 100."))
        options.setdefault("before", graphene.String(description="The cursor of the row after the page."))
        super().__init__(type_, required=True, no_filters=True, **options)

    @property
    def args(self) -> dict[str, Any]:
        """As declared; offsets travel in cursors only."""
        return {name: value for name, value in super().args.items() if name != "offset"}

    @args.setter
    def args(self, args: dict[str, Any]) -> None:
        self._base_args = args

    def ordering(self) -> tuple[Any, ...]:
        """A total order, so that pages neither repeat nor miss rows."""
        usual: Any = self.model._meta.ordering
        return (*(self.sort or usual), "pk")

    def connection_resolver(self, root: Any, info: Any, **arguments: Any) -> Any:
        cut = Cut.of(**{name: arguments.pop(name, None) for name in PAGE_ARGUMENTS})
        rows = self._read_ahead(root, info)
        if rows is None:
            rows = self._read(self._source(root, info, arguments), info, cut)
        return self._connection(rows, cut)

    def _read_ahead(self, root: Any, info: Any) -> list[Any] | None:
        """What the optimizer fetched together with the parents, one row more than the page."""
        if not isinstance(root, models.Model):
            return None
        alias = info.field_nodes[0].alias
        if alias is not None:
            found = root.__dict__.get(alias.value)
        else:
            found = getattr(root, "_prefetched_objects_cache", {}).get(to_snake_case(info.field_name))
        return None if found is None else list(found)

    def _source(self, root: Any, info: Any, arguments: dict[str, Any]) -> Any:
        rows = self.to_queryset(self.resolver(root, info, **arguments))
        return rows if rows.query.order_by else rows.order_by(*self.ordering())

    def _read(self, rows: Any, info: Any, cut: Cut) -> list[Any]:
        rows = read_ahead(self.narrow(rows), info, self.underlying_type._meta.max_complexity)
        return list(rows[cut.start : cut.start + cut.size + 1])

    def _connection(self, rows: list[Any], cut: Cut) -> Any:
        edges = [
            self.connection_type.Edge(node=row, cursor=offset_to_cursor(cut.start + index))
            for index, row in enumerate(rows[: cut.size])
        ]
        page_info = page_info_adapter(
            startCursor=edges[0].cursor if edges else None,
            endCursor=edges[-1].cursor if edges else None,
            hasPreviousPage=cut.start > 0,
            hasNextPage=len(rows) > cut.size,
        )
        return connection_adapter(cls=self.connection_type, edges=edges, pageInfo=page_info)


def read_ahead(rows: Any, info: Any, max_complexity: int) -> Any:
    """`rows` with everything that the query selects behind them, narrowed at every step; not yet read.

    The library's own `optimize` also patches a function of Django while the statement runs (for pages over
    many-to-many fields, which we have none of); two threads doing so at once would leave it patched.
    """
    optimizer = OptimizationCompiler(info, max_complexity=max_complexity).compile(rows)
    return rows if optimizer is None else optimizer.optimize_queryset(rows)


class PageCompiler(OptimizationCompiler):
    """Notes on each nested page which field it is and with what arguments; the library swaps it in."""

    def handle_to_many_field(
        self, field_type: Any, field_node: Any, related_field: Any, related_model: Any
    ) -> None:
        super().handle_to_many_field(field_type, field_node, related_field, related_model)
        key = field_node.alias.value if field_node.alias else self.get_related_field_name(related_field)
        child: Any = self.optimizer.prefetch_related[key]
        definition = get_field_def(self.info.schema, field_type, field_node)
        child.page = field_type.graphene_type._meta.fields[to_snake_case(field_node.name.value)]
        child.page_arguments = get_argument_values(definition, field_node, self.info.variable_values)

    def handle_plain_object_type(self, field_type: Any, field_node: Any) -> None:
        """Looks through a type without table ("a node of the lineage") for the rows that are being read."""
        inner = self.get_graphene_type(field_type, field_node)
        options = getattr(getattr(inner, "graphene_type", None), "_meta", None)
        if getattr(options, "model", None) is self.model:
            self.handle_selections(inner, get_selections(field_node))


class PageOptimizer(QueryOptimizer):
    """Cuts nested pages by `Cut`; the library swaps it in."""

    page: Page | None = None
    page_arguments: dict[str, Any] = {}
    parent: Any
    name: Any

    def process_prefetch(self, to_attr: str, results: Any, filter_info: Any) -> Any:
        if to_attr != self.name:
            _refuse_alias(self.parent.model, to_attr)
        return super().process_prefetch(to_attr, results, filter_info)

    def paginate_prefetch_queryset(self, queryset: Any, filter_info: Any) -> Any:
        if self.page is None:
            return queryset
        cut = Cut.of(**{name: self.page_arguments.get(name) for name in PAGE_ARGUMENTS})
        field = self.parent.model._meta.get_field(self.name)
        rows = self.page.narrow(queryset)
        ordering = self.page.ordering()
        number = Window(
            RowNumber(), partition_by=F(field.remote_field.attname), order_by=_expressions(ordering)
        )
        window = {f"{ROW_NUMBER}__gt": cut.start, f"{ROW_NUMBER}__lte": cut.start + cut.size + 1}
        return rows.alias(**{ROW_NUMBER: number}).filter(**window).order_by(*ordering)


def _expressions(ordering: Sequence[Any]) -> list[Any]:
    """`"-at"` as an expression, which is what a window wants."""
    return [
        (F(term[1:]).desc() if term.startswith("-") else F(term).asc()) if isinstance(term, str) else term
        for term in ordering
    ]


def _refuse_alias(model: type[models.Model], alias: str) -> None:
    """An alias of a nested page becomes an attribute of the row, so it must not hide one that is there."""
    if alias.startswith(("_", "can_")) or hasattr(model, alias):
        raise Invalid(f"“{alias}” cannot be an alias here, because the object has something of that name.",
                      next_step="Choose another alias.")  # fmt: skip
