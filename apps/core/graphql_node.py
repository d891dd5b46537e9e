"""The base of every GraphQL type with a table behind it: no row leaves that did not pass `visible_to`.

The optimizer joins foreign keys without asking anybody, so `Node` narrows each queryset in
`pre_optimization_hook` (root and every nested relation) and adds a constant column. The constant does two
things: it makes the optimizer fetch a to-one relation by a prefetch of its own, with that narrowed queryset,
instead of a join; and it marks the row. `is_type_of`, which GraphQL asks about every object that it is about
to answer with, refuses a row without the mark, however it came there.
"""

from __future__ import annotations

from typing import Any

import graphene
from django.db import models
from django.db.models import Value
from graphene import relay
from graphene.utils.str_converters import to_snake_case
from graphene_django.converter import convert_django_field, get_django_field_description
from graphene_django.registry import Registry, get_global_registry
from graphql import GraphQLError
from graphql_relay import from_global_id
from query_optimizer import DjangoObjectType, RelatedField

from apps.core.errors import NotFound
from apps.core.graphql_pages import Page, read_ahead
from apps.core.ids import LARGEST_ID
from apps.core.policies import Policy

SEEN = "_passed_visible_to"
GUARDS = frozenset({"get_queryset", "pre_optimization_hook", "filter_queryset", "is_type_of"})


class GlobalNode(relay.Node):
    """An object that `node(id)` finds again."""

    class Meta:
        name = "Node"

    @classmethod
    def get_node_from_global_id(cls, info: Any, global_id: str, only_type: Any = None) -> Any:
        name, pk = split_id(global_id)
        graphql_type = info.schema.get_type(name)
        node = getattr(graphql_type, "graphene_type", None)
        if not (isinstance(node, type) and issubclass(node, Node) and cls in node._meta.interfaces):
            raise NotFound("There is nothing with this id, or it is not shown to you.")
        return node.get_node(info, pk)


def split_id(global_id: str) -> tuple[str, int]:
    """The type's name and the row's id in a global id; NotFound where it is none of ours."""
    try:
        name, pk = from_global_id(global_id)
    except (ValueError, GraphQLError):
        name, pk = "", ""
    if not (pk.isascii() and pk.isdigit() and 0 < int(pk[:20]) <= LARGEST_ID):
        raise NotFound(
            "There is nothing with this id, or it is not shown to you.", next_step="Use an id from an answer."
        )
    return name, int(pk[:20])


class Node(DjangoObjectType):
    """The only base for types with a model. Meta: `model`, `fields` (listed by name), `name` if another one.

    Never override `get_queryset`: it brings one statement per row back.
    """

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(  # type: ignore[override]
        cls, model: Any = None, fields: Any = None, **options: Any
    ) -> None:
        if not isinstance(fields, list | tuple) or not fields:
            raise TypeError(f"{cls.__name__} must list its fields by name.")
        if not isinstance(vars(model).get("policy"), Policy):
            raise TypeError(f"{model.__name__} has no policy, so nobody may see it through GraphQL.")
        if get_global_registry().get_type_for_model(model) is not None:
            raise TypeError(f"{model.__name__} has a GraphQL type already.")
        if GUARDS & set(vars(cls)):
            raise TypeError(f"{cls.__name__} may not override how rows are narrowed.")
        options.setdefault("name", model.__name__)
        options.setdefault("interfaces", (GlobalNode,))
        options.setdefault("convert_choices_to_enum", False)
        super().__init_subclass_with_meta__(model=model, fields=list(fields), **options)

    @classmethod
    def pre_optimization_hook(cls, queryset: Any, optimizer: Any) -> Any:
        optimizer.annotations[SEEN] = Value(True)
        return queryset.visible_to(optimizer.info.context.user)

    @classmethod
    def is_type_of(cls, root: Any, info: Any) -> bool:
        if not super().is_type_of(root, info):
            return False
        if SEEN not in root.__dict__:
            raise RuntimeError(f"A {cls._meta.name} was about to leave without having passed visible_to.")
        return True

    @classmethod
    def get_node(cls, info: Any, pk: Any) -> Any:
        """The row with this id in the form that the query asks for; None where the caller may not see it."""
        return cls.first(cls._meta.model._default_manager.filter(pk=pk), info)

    @classmethod
    def first(cls, rows: Any, info: Any) -> Any:
        return next(iter(cls.listed(rows, info)), None)

    @classmethod
    def listed(cls, rows: Any, info: Any) -> list[Any]:
        """`rows` as far as the caller may see them, with what the query selects; for lists that are short."""
        return list(read_ahead(rows, info, cls._meta.max_complexity))


class ToOne(RelatedField):
    """A foreign key or a one-to-one row: nullable, because the other end may be hidden."""

    def related_resolver(self, root: Any, info: Any) -> Any:
        field = root._meta.get_field(self.field_name or to_snake_case(info.field_name))
        if not field.is_cached(root):
            return self._fetched(root, field, info)
        related = field.get_cached_value(root)
        return related if related is None or SEEN in related.__dict__ else self._fetched(root, field, info)

    def _fetched(self, root: Any, field: Any, info: Any) -> Any:
        """For rows that the optimizer did not read ahead; slower, and just as narrowed."""
        rows = field.related_model._default_manager
        if isinstance(field, models.OneToOneRel):
            return self.underlying_type.first(rows.filter(**{field.field.name: root.pk}), info)
        return self.underlying_type.first(rows.filter(pk=getattr(root, field.attname)), info)


@convert_django_field.register(models.ForeignKey)
@convert_django_field.register(models.OneToOneField)
@convert_django_field.register(models.OneToOneRel)
def convert_to_one(field: Any, registry: Registry | None = None) -> graphene.Dynamic:
    def mounted() -> ToOne | None:
        node = (registry or get_global_registry()).get_type_for_model(field.related_model)
        description = None if isinstance(field, models.OneToOneRel) else get_django_field_description(field)
        return node and ToOne(node, description=description)

    return graphene.Dynamic(mounted)


@convert_django_field.register(models.ManyToOneRel)
def convert_to_many(field: Any, registry: Registry | None = None) -> graphene.Dynamic:
    def mounted() -> Page | None:
        node = (registry or get_global_registry()).get_type_for_model(field.related_model)
        return node and Page(node)

    return graphene.Dynamic(mounted)


@convert_django_field.register(models.ManyToManyField)
@convert_django_field.register(models.ManyToManyRel)
def refuse_many_to_many(field: Any, registry: Registry | None = None) -> graphene.Dynamic:
    raise TypeError(f"{field} is many-to-many: offer the table between, which has rights of its own.")
