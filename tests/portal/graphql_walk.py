"""Every way through the GraphQL schema, written out as queries, so that a new edge cannot be forgotten.

A step is a field that leads to objects: a page, an object or a list. Each query follows one way and asks for
every plain field of every object on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.utils import timezone
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from apps.people.models import User
from portal.schema import schema

GRAPH = schema.graphql_schema
Step = tuple[str, str]  # (type, field)


@dataclass(frozen=True, slots=True)
class Way:
    """A query and the steps that it takes."""

    steps: tuple[Step, ...]
    query: str


def ways(starts: Mapping[str, str], length: int, together: int = 1) -> Iterator[Way]:
    """All ways of `length` steps or fewer from the root that cannot be extended within `length`.

    Of the last steps up to `together` are taken side by side in one query. `starts` gives the arguments of root
    fields that need some; one that needs some and has none there is an error.
    """
    query = GRAPH.query_type
    assert query is not None
    for name, field in query.fields.items():
        if is_object_type(get_named_type(field.type)):
            needed = any(is_required_argument(argument) for argument in field.args.values())
            assert name in starts or not needed, f"Say with which arguments the walk enters {name}."
            start = f"{name}({starts[name]})" if name in starts else _call(name, field)
            for steps, inner in _onward(target(field), length - 1, together):
                yield Way((("Query", name), *steps), "{ " + start + _selection(field, inner) + " }")


def all_steps() -> set[Step]:
    """Every field of every type reachable by reading that leads to objects."""
    found: set[Step] = set()
    waiting, known = ["Query"], {"Query"}
    while waiting:
        kind = GRAPH.type_map[waiting.pop()]
        assert isinstance(kind, GraphQLObjectType)
        for name, field in _steps(kind).items():
            found.add((kind.name, name))
            if target(field).name not in known:
                known.add(target(field).name)
                waiting.append(target(field).name)
    return found


def target(field: GraphQLField) -> GraphQLObjectType:
    """The type of the objects that a step leads to; for a page that of its rows."""
    kind = get_named_type(field.type)
    assert isinstance(kind, GraphQLObjectType)
    if "pageInfo" not in kind.fields:
        return kind
    return get_named_type(get_named_type(kind.fields["edges"].type).fields["node"].type)  # type: ignore[union-attr,return-value]


def context_of(user: User) -> Any:
    """What resolvers see of a request."""
    return SimpleNamespace(user=user, auth=SimpleNamespace(scopes=["read", "write"], expires=timezone.now()))


def _onward(kind: GraphQLObjectType, left: int, together: int) -> Iterator[tuple[tuple[Step, ...], str]]:
    plain = " ".join(_plain(kind))
    steps = list(_steps(kind).items()) if left else []
    if not steps:
        yield (), plain
    elif left == 1:
        for first in range(0, len(steps), together):
            yield _side_by_side(kind, plain, steps[first : first + together])
    else:
        for name, field in steps:
            for further, inner in _onward(target(field), left - 1, together):
                yield ((kind.name, name), *further), f"{plain} {_call(name, field)}{_selection(field, inner)}"


def _side_by_side(
    kind: GraphQLObjectType, plain: str, steps: list[tuple[str, GraphQLField]]
) -> tuple[tuple[Step, ...], str]:
    """The last step of a way, and the selection that takes it; several are named with a bar between."""
    inner = (_call(name, field) + _selection(field, " ".join(_plain(target(field)))) for name, field in steps)
    return ((kind.name, "|".join(name for name, _ in steps)),), " ".join([plain, *inner])


def _steps(kind: GraphQLObjectType) -> dict[str, GraphQLField]:
    return {
        name: field
        for name, field in kind.fields.items()
        if is_object_type(kind_of := get_named_type(field.type)) and not kind_of.name.endswith("Abilities")
    }


def _plain(kind: GraphQLObjectType) -> list[str]:
    """Leaves, and the abilities in full."""
    leaves = [name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))]
    if "abilities" in kind.fields and "abilities" not in leaves:
        leaves.append("abilities { " + " ".join(get_named_type(kind.fields["abilities"].type).fields) + " }")  # type: ignore[union-attr]
    return leaves


def _call(name: str, field: GraphQLField) -> str:
    return f"{name}(first: 50)" if "first" in field.args else name


def _selection(field: GraphQLField, inner: str) -> str:
    page = "pageInfo" in get_named_type(field.type).fields  # type: ignore[union-attr]
    return f" {{ edges {{ node {{ {inner} }} }} }}" if page else f" {{ {inner} }}"
