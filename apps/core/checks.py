"""System checks that keep the laws: a model without a policy stops the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.db import models
from django.urls import URLResolver, get_resolver

from apps.core.policies import Policy, PolicyManager


def own_models() -> list[type[models.Model]]:
    """The models of the house's own apps, grant tables and automatic many-to-many tables excepted."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("apps.") and not getattr(model, "is_grant_table", False)
    ]


@register
def every_model_has_a_policy(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for model in own_models():
        policy = vars(model).get("policy")
        if not isinstance(policy, Policy):
            hint = "Assign `policy = SomePolicy()` in the model's own body (decision 0005)."
            found.append(Error(f"{model._meta.label} has no policy.", hint=hint, obj=model, id="coe.E001"))
        elif "view" not in policy.rules:
            found.append(
                Error(f"{model._meta.label}'s policy has no rule for “view”.", obj=model, id="coe.E002")
            )
        if not isinstance(model._default_manager, PolicyManager):
            hint = "Assign `objects = PolicyManager()` or a manager made from a PolicyQuerySet."
            found.append(
                Error(f"{model._meta.label} has no policy manager.", hint=hint, obj=model, id="coe.E003")
            )
    return found


@register
def every_viewset_is_a_policy_viewset(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A viewset that begins its own query could leak: rows leave through `PolicyViewSet.get_queryset`."""
    from apps.core.viewsets import PolicyViewSet

    hint = "Derive it from apps.core.viewsets.PolicyViewSet (decision 0005)."
    return [
        Error(
            f"{view.__module__}.{view.__qualname__} is routed and is no PolicyViewSet.",
            hint=hint,
            id="coe.E004",
        )
        for view in sorted(_routed_viewsets(get_resolver()), key=lambda view: view.__qualname__)
        if not issubclass(view, PolicyViewSet) or view.get_queryset is not PolicyViewSet.get_queryset
    ]


def _routed_viewsets(resolver: URLResolver) -> set[type]:
    """The classes behind all routes that read rows through REST framework."""
    found: set[type] = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            found |= _routed_viewsets(pattern)
        elif isinstance(view := getattr(pattern.callback, "cls", None), type) and hasattr(
            view, "get_queryset"
        ):
            found.add(view)
    return found


@register
def every_admin_page_is_a_policy_admin(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A page of Django's own kind would list every row and save without an action."""
    from django.contrib import admin

    from apps.core.admin import PolicyAdmin, PolicyInline

    hint = "Derive it from apps.core.admin.PolicyAdmin or PolicyInline (decision 0005)."
    pages = [page for model, page in admin.site._registry.items() if model.__module__.startswith("apps.")]
    wrong: list[type[Any]] = [type(page) for page in pages if not isinstance(page, PolicyAdmin)]
    wrong += [inline for page in pages for inline in page.inlines if not issubclass(inline, PolicyInline)]
    return [
        Error(f"{one.__module__}.{one.__qualname__} asks no policy.", hint=hint, id="coe.E010")
        for one in wrong
    ]


@register
def every_graphql_type_is_a_node(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Another base, or a field of the library's own kind, would answer with rows that passed no policy."""
    from graphene_django.settings import graphene_settings

    hint = "Derive the type from apps.core.graphql.Node and lead on by Page and ToOne (decision 0005)."
    wrong = [found for kind in _graphql_types(graphene_settings.SCHEMA) for found in _graphql_faults(kind)]
    return [Error(f"GraphQL: {one} asks no policy.", hint=hint, id="coe.E005") for one in sorted(wrong)]


def _graphql_types(schema: Any) -> list[Any]:
    """The object types of the schema as they were written in Python."""
    types = [getattr(kind, "graphene_type", None) for kind in schema.graphql_schema.type_map.values()]
    return [kind for kind in types if isinstance(getattr(getattr(kind, "_meta", None), "fields", None), dict)]


def _graphql_faults(kind: Any) -> list[str]:
    from graphene_django import DjangoConnectionField, DjangoListField, DjangoObjectType
    from query_optimizer import fields as optimized

    from apps.core.graphql import Node, Page, ToOne

    loose = issubclass(kind, DjangoObjectType) and not issubclass(kind, Node)
    library = (
        *(DjangoConnectionField, DjangoListField),
        *(optimized.DjangoConnectionField, optimized.DjangoListField, optimized.RelatedField),
    )
    bare = {name for name, field in kind._meta.fields.items() if isinstance(field, library)}
    bare -= {name for name, field in kind._meta.fields.items() if isinstance(field, Page | ToOne)}
    return [f"{kind._meta.name}.{name}" for name in bare] + ([kind._meta.name] if loose else [])
