"""The REST surface's one way: rows only through policies, lists by cursor, writes only through actions.

A viewset names a model, an order and serializers; who sees what is decided here, in a `get_queryset` that no
subclass may replace (a system check refuses routed viewsets of another make).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast, final

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Invalid, NotFound
from apps.core.ids import row_of
from apps.core.pagination import Order
from apps.core.policies import PolicyQuerySet, abilities
from apps.core.rest import CursorPagination, JSONOnly, query_of
from apps.core.rest_fields import Body, QueryParameters


class PolicyViewSet(viewsets.GenericViewSet[Any]):
    """Rows of one model as somebody may see them: `list` and `retrieve` come from the mixins below.

    Subclasses name `model`, `order`, `query` (the list's parameters, with their `columns`) and serializers, and may join
    related rows in `rows` and narrow a list further in `narrowed`. Writes call an action between `body()` and `answer()`.
    """

    model: ClassVar[type[models.Model]]
    order: ClassVar[Order] = Order("id")
    query: ClassVar[type[QueryParameters]] = QueryParameters
    columns: ClassVar[Mapping[str, str]] = {}  # what parameters of the list are compared with
    detail_serializer_class: ClassVar[type[serializers.Serializer[Any]] | None] = None
    extra_problems: ClassVar[Mapping[str, Sequence[int]]] = {}  # by action, besides those of its method
    lookup_value_regex = "[0-9]{1,19}"
    filter_backends: Sequence[Any] = ()
    pagination_class = CursorPagination
    content_negotiation_class = JSONOnly
    metadata_class = None
    http_method_names = ["get", "post", "patch", "delete", "head"]

    @final
    def get_queryset(self) -> PolicyQuerySet[Any]:
        """What the caller may see, and nothing else: the only place of the surface that begins a query."""
        if getattr(self, "swagger_fake_view", False):
            return _manager(self.model).none()
        visible: PolicyQuerySet[Any] = self.rows(_manager(self.model).visible_to(self.request.user))
        return visible

    def rows(self, visible: Any) -> Any:
        """Joins what the representation shows; rows with rights of their own by `visible_relation`."""
        return visible

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        """The list that the checked query parameters ask for: those with a column by its value, where a flag is set."""
        chosen = {
            name: value for name, value in wanted.items() if name in self.columns and value is not False
        }
        return rows.filter(**{self.columns[name]: value for name, value in chosen.items()})

    def sorting(self) -> Order:
        """The list's order; a parameter of the list may choose another."""
        return self.order

    def get_object(self) -> Any:
        """The row of the address, or NotFound: an invisible one looks like one that is not there."""
        row = self.found(self.get_queryset(), self.kwargs[self.lookup_url_kwarg or self.lookup_field])
        if row is None:
            raise NotFound("There is nothing here, or it is not shown to you.")
        return row

    def found(self, rows: Any, value: str) -> Any:
        return row_of(rows, int(value))

    def get_serializer_class(self) -> type[serializers.Serializer[Any]]:
        whole = self.detail_serializer_class if self.action != "list" else None
        return cast(type[serializers.Serializer[Any]], whole or self.serializer_class)

    def parameters(self, query: type[QueryParameters] | None = None) -> dict[str, Any]:
        """The request's query parameters, checked."""
        return query_of(self.request, query or QueryParameters, paged=self.action == "list")

    def body(self, form: type[Body]) -> dict[str, Any]:
        """The request's body, checked."""
        self.parameters()
        if not isinstance(self.request.data, Mapping):
            raise Invalid("The body must be a JSON object.")
        serializer = form(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer(self, row: Any, status: int = 200) -> Response:
        """The row as it is now, read again through the policy: a writer may have lost sight of it."""
        seen = self.get_queryset().filter(pk=row.pk).first()
        if seen is None:
            return Response(status=204)
        return Response(self.get_serializer(seen).data, status=status)


class Listed:
    """`GET` of the list, by cursor."""

    def list(self: Any, request: Request, **kwargs: Any) -> Response:
        self.wanted = self.parameters(self.query)
        rows = self.narrowed(self.get_queryset(), self.wanted)
        shown = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(shown, many=True).data)


class Retrieved:
    """`GET` of one row, with what the caller may do to it."""

    def retrieve(self: Any, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        return Response(self.get_serializer(self.get_object()).data)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "boolean"},
        "description": "What the caller may do to this object now.",
    }
)
class Abilities(serializers.Field[Any, Any, Any, Any]):
    """Every action of the object's policy and whether the caller may do it; clients need no own rules."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, value: Any) -> dict[str, bool]:
        return abilities(self.context["request"].user, value)


@extend_schema_field({"type": "string", "format": "uri"})
class PageUrl(serializers.Field[Any, Any, Any, Any]):
    """The full address of the object's page."""

    def __init__(self, source: str = "*", **options: Any) -> None:
        super().__init__(source=source, read_only=True, **options)

    def to_representation(self, value: Any) -> str:
        address: str = self.context["request"].build_absolute_uri(value.get_absolute_url())
        return address


def _manager(model: type[models.Model]) -> Any:
    manager: Any = model._default_manager
    return manager
