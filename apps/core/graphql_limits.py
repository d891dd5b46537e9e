"""How much one GraphQL document may ask for, measured before anything runs.

Runs on documents that passed the standard rules only, so every fragment exists and none contains itself.
Fragments are weighed once each: a document of a few hundred bytes can otherwise unfold into 2^80 fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)
from graphql.language import IntValueNode, VariableNode

from apps.core.graphql_errors import TooComplex
from apps.core.graphql_pages import LARGEST_PAGE, USUAL_PAGE

LONGEST_LIST = 150
MOST_FIELDS = 2_000


@dataclass(frozen=True, slots=True)
class Weight:
    """`depth` of nested fields, how many `fields` and `aliases` after unfolding, and `rows` at most."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    rows: int = 0

    def beside(self, other: Weight) -> Weight:
        return Weight(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.rows + other.rows,
        )


class Scale:
    """Weighs one operation; pages whose size is a variable count by its value."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.schema = schema
        self.variables = variables
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self.weighed: dict[str, Weight] = {}

    def operation(self, node: OperationDefinitionNode) -> Weight:
        return self.selections(node.selection_set, self.schema.get_root_type(node.operation))

    def selections(self, node: SelectionSetNode | None, parent: Any) -> Weight:
        total = Weight()
        for selection in node.selections if node else ():
            total = total.beside(self.selection(selection, parent))
        return total

    def selection(self, node: Any, parent: Any) -> Weight:
        if isinstance(node, FieldNode):
            return self.field(node, parent)
        if isinstance(node, FragmentSpreadNode):
            return self.fragment(node.name.value)
        narrowed = self.schema.get_type(node.type_condition.name.value) if node.type_condition else parent
        return self.selections(node.selection_set, narrowed)

    def fragment(self, name: str) -> Weight:
        if name not in self.weighed:
            node = self.fragments[name]
            self.weighed[name] = self.selections(
                node.selection_set, self.schema.get_type(node.type_condition.name.value)
            )
        return self.weighed[name]

    def field(self, node: FieldNode, parent: Any) -> Weight:
        """Introspection (`__schema`, `__type`) has a rule of its own for depth and reads no rows."""
        alias = int(node.alias is not None and node.alias.value != node.name.value)
        definition = getattr(parent, "fields", {}).get(node.name.value)
        inner = self.selections(node.selection_set, definition and get_named_type(definition.type))
        if definition is None or node.name.value.startswith("__"):
            return Weight(0, 1 + inner.fields, alias + inner.aliases, 0)
        rows = inner.rows if "pageInfo" in parent.fields else self.rows(node, definition, inner.rows)
        return Weight(1 + inner.depth, 1 + inner.fields, alias + inner.aliases, rows)

    def rows(self, node: FieldNode, definition: Any, inner: int) -> int:
        named = get_named_type(definition.type)
        if not isinstance(named, GraphQLObjectType):
            return 0
        if "pageInfo" in named.fields:
            return self.page_size(node) * (1 + inner)
        if is_list_type(get_nullable_type(definition.type)):
            return LONGEST_LIST * (1 + inner)
        return inner

    def page_size(self, node: FieldNode) -> int:
        sizes = [
            self.size(argument.value)
            for argument in node.arguments
            if argument.name.value in {"first", "last"}
        ]
        return max(sizes, default=USUAL_PAGE)

    def size(self, value: Any) -> int:
        if isinstance(value, IntValueNode):
            return min(int(value.value[:6]), LARGEST_PAGE)
        given = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
        return min(given, LARGEST_PAGE) if isinstance(given, int) and given > 0 else LARGEST_PAGE


def check_weight(weight: Weight, limits: Mapping[str, int]) -> None:
    """Raises TooComplex with what is too much. A field at the root has depth 0."""
    found = {
        "depth": (
            weight.depth - 1,
            limits["depth"],
            "The query is nested {is_} levels deep; at most {limit}.",
        ),
        "aliases": (weight.aliases, limits["aliases"], "The query uses {is_} aliases; at most {limit}."),
        "fields": (weight.fields, MOST_FIELDS, "The query unfolds into {is_} fields; at most {limit}."),
        "rows": (weight.rows, limits["rows"], "The query could answer with {is_} rows; at most {limit}."),
    }
    for name, (value, limit, sentence) in found.items():
        if value > limit:
            shown = f"{value:,}" if value < 10**9 else "far more than a billion"
            text = sentence.format(is_=shown, limit=f"{limit:,}")
            raise TooComplex(text, next_step="Ask in several smaller queries.", limit=name)
