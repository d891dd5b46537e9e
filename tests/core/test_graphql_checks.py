"""A GraphQL type that would answer past the policies stops the start."""

from __future__ import annotations

from typing import Any

import graphene
import graphene_django
import pytest
from graphene_django.registry import Registry
from query_optimizer import DjangoListField, DjangoObjectType

from apps.catalog.models import Entity, EntityGroupGrant, SyncRun
from apps.core.checks import every_graphql_type_is_a_node
from apps.core.graphql import Abilities, Node, Page
from apps.people.models import Committee


def faults(monkeypatch: pytest.MonkeyPatch, *fields: tuple[str, Any]) -> list[str]:
    query = type("Query", (graphene.ObjectType,), dict(fields))
    monkeypatch.setattr("graphene_django.settings.graphene_settings.SCHEMA", graphene.Schema(query=query))
    return [message.msg for message in every_graphql_type_is_a_node(None)]


def test_our_own_schema_passes() -> None:
    assert every_graphql_type_is_a_node(None) == []


@pytest.mark.parametrize("base", [graphene_django.DjangoObjectType, DjangoObjectType])
def test_another_base_is_refused(monkeypatch: pytest.MonkeyPatch, base: Any) -> None:
    options = {"model": SyncRun, "fields": ("read",), "registry": Registry(), "name": "Loose"}
    loose = type("Loose", (base,), {"Meta": type("Meta", (), options)})
    assert faults(monkeypatch, ("run", graphene.Field(loose))) == ["GraphQL: Loose asks no policy."]


def test_a_list_of_the_librarys_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.catalog.graphql.nodes import EntityNode

    assert faults(monkeypatch, ("all", DjangoListField(EntityNode))) == ["GraphQL: Query.all asks no policy."]
    assert faults(monkeypatch, ("all", Page(EntityNode))) == []


@pytest.mark.parametrize("fields", ["__all__", None, ()])
def test_fields_are_listed(fields: Any) -> None:
    with pytest.raises(TypeError, match="list its fields"):
        type("AnyNode", (Node,), {"Meta": type("Meta", (), {"model": SyncRun, "fields": fields})})


def test_a_node_is_for_a_model_with_a_policy_and_only_once() -> None:
    with pytest.raises(TypeError, match="has no policy"):
        type("GrantNode", (Node,), {"Meta": type("Meta", (), {"model": EntityGroupGrant, "fields": ("id",)})})
    with pytest.raises(TypeError, match="already"):
        type("SecondNode", (Node,), {"Meta": type("Meta", (), {"model": Entity, "fields": ("id",)})})


@pytest.mark.parametrize("name", ["get_queryset", "pre_optimization_hook", "filter_queryset", "is_type_of"])
def test_how_rows_are_narrowed_is_not_overridden(name: str) -> None:
    body = {
        "Meta": type("Meta", (), {"model": Committee, "fields": ("slug",)}),
        name: classmethod(lambda cls, *_: None),
    }
    with pytest.raises(TypeError, match="may not override"):
        type("OwnNode", (Node,), body)


def test_abilities_are_rules_of_the_policy() -> None:
    with pytest.raises(TypeError, match="no rule for fly"):
        Abilities(Entity, "fly")
