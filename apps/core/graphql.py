"""What apps write their GraphQL types with: nodes, pages, abilities, mutations, enums and JSON.

`apps.core.graphql_node` says how rows are narrowed, `apps.core.graphql_pages` how they are paged.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import graphene
from django.db import models
from graphene.types.generic import GenericScalar
from query_optimizer import MultiField

from apps.core.errors import NotFound
from apps.core.graphql_node import GlobalNode, Node, ToOne, split_id
from apps.core.graphql_pages import Page
from apps.core.policies import policy_of

__all__ = [
    "JSON",
    "Abilities",
    "Act",
    "GlobalNode",
    "MultiField",
    "Node",
    "Page",
    "ToOne",
    "Write",
    "Written",
    "by_id",
    "enum_of",
    "plain",
    "split_id",
    "strings",
]


class JSON(GenericScalar):
    """Any JSON value."""


class Abilities(graphene.Field):
    """What the caller may do with the object, by the same rules as everywhere, computed in the statement that
    reads the rows. One boolean per action."""

    def __init__(self, model: type[models.Model], *actions: str) -> None:
        unknown = set(actions) - set(policy_of(model).rules)
        if unknown:
            raise TypeError(f"{model.__name__}'s policy has no rule for {', '.join(sorted(unknown))}.")
        self.actions = actions
        super().__init__(
            _abilities_type(model, actions), required=True, description="What you may do with it now."
        )

    def optimizer_hook(self, compiler: Any) -> None:
        def annotated(rows: Any, optimizer: Any, **filters: Any) -> Any:
            return rows.with_can(optimizer.info.context.user, *self.actions)

        compiler.optimizer.manual_optimizers["abilities"] = annotated

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        def resolve(root: Any, info: Any) -> dict[str, bool]:
            return {name: getattr(root, f"can_{name}") for name in self.actions}

        return resolve


def _abilities_type(model: type[models.Model], actions: tuple[str, ...]) -> type[graphene.ObjectType]:
    fields: dict[str, Any] = {name: graphene.Boolean(required=True) for name in actions}
    fields["__doc__"] = f"What the caller may do with this {model._meta.verbose_name}."
    return type(f"{model.__name__}Abilities", (graphene.ObjectType,), fields)


class Write(graphene.Mutation):
    """A mutation with one argument: `Meta.takes` is what it reads, `Meta.answers` what it says, `write` does it."""

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(cls, takes: Any = None, answers: Any = None, **options: Any) -> None:
        arguments = {"input": takes(required=True)}
        super().__init_subclass_with_meta__(output=answers, arguments=arguments, **options)

    @classmethod
    def mutate(cls, root: Any, info: Any, input: Any) -> Any:  # noqa: A002
        return cls.write(info.context.user, input)

    @staticmethod
    def write(user: Any, given: Any) -> Any:
        """Reads the input, calls the action and returns the row that the payload starts from."""
        raise NotImplementedError


class Act(Write):
    """A write that does one thing to one row: an app's base says which `node` it is and what is answered, `Meta.does` is
    the action. It takes the row as its argument `row`, and the input's other fields by their names or as `Meta.calls` has
    them; what is left out or null is the action's own default.
    """

    node: ClassVar[Any]
    row: ClassVar[str]
    key: ClassVar[str] = "id"  # the input's field that names the row
    answers: ClassVar[Any]
    does: ClassVar[Callable[..., Any]]
    calls: ClassVar[Mapping[str, str]]

    class Meta:
        abstract = True

    @classmethod
    def __init_subclass_with_meta__(
        cls, takes: Any = None, answers: Any = None, does: Any = None, calls: Any = (), **options: Any
    ) -> None:
        cls.does, cls.calls = staticmethod(does), {"version": "expected_version", **dict(calls)}
        super().__init_subclass_with_meta__(takes=takes, answers=answers or cls.answers, **options)

    @classmethod
    def write(cls, user: Any, given: Any) -> Any:
        """Answers with the row, or with another of its kind where the action returned that."""
        row = cls.found(user, given[cls.key])
        done = cls.does(actor=user, **{cls.row: row}, **cls.arguments(user, given))
        return done if isinstance(done, type(row)) else row

    @classmethod
    def found(cls, user: Any, name: str) -> Any:
        return by_id(user, cls.node._meta.model, cls.node, name)

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        """What the action takes besides the actor and the row."""
        fields = {name: value for name, value in plain(given).items() if value is not None}
        return {cls.calls.get(name, name): value for name, value in fields.items() if name != cls.key}


class Written(graphene.Field):
    """The row of a payload, read again through its policy: null where its writer no longer sees it."""

    def __init__(self, node: Any) -> None:
        self.node = node
        super().__init__(node)

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: self.node.get_node(info, root.pk)


def by_id(user: Any, model: Any, node: Any, global_id: str) -> Any:
    """The row of an id of this type, as far as the caller may see it."""
    name, pk = split_id(global_id)
    row = model.objects.visible_to(user).filter(pk=pk).first() if name == node._meta.name else None
    if row is None:
        raise NotFound(
            "There is nothing with this id, or it is not shown to you.", next_step="Use an id from an answer."
        )
    return row


def enum_of(choices: type[models.TextChoices], name: str) -> Any:
    """A GraphQL enum with a name of its own for a model's choices; values are described by their labels."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()

    def described(value: Any) -> str:
        return f"Values of {words}." if value is None else str(value.label)

    return graphene.Enum.from_enum(choices, name=name, description=described)


def plain(value: Any) -> Any:
    """Input with enum members replaced by their values, all the way down."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def strings(**options: Any) -> graphene.List:
    """`[String!]!`"""
    return graphene.List(graphene.NonNull(graphene.String), required=True, **options)
