"""A viewset that could begin its own query stops the start."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from django.urls import path
from rest_framework.viewsets import ModelViewSet

from apps.catalog.models import Entity
from apps.core.checks import every_viewset_is_a_policy_viewset
from apps.core.viewsets import PolicyViewSet
from portal.rest import router


class Unguarded(ModelViewSet[Entity]):
    queryset = Entity.objects.all()


class Overreaching(PolicyViewSet):
    model = Entity

    def get_queryset(self):  # type: ignore[no-untyped-def, misc]
        return Entity.objects.all()


class Guarded(PolicyViewSet):
    model = Entity


@pytest.mark.parametrize(("view", "refused"), [(Unguarded, True), (Overreaching, True), (Guarded, False)])
def test_only_policy_viewsets_are_routed(
    settings: object, monkeypatch: pytest.MonkeyPatch, view: type, refused: bool
) -> None:
    routes = ModuleType("routes_of_a_test")
    routes.urlpatterns = [path("x/", view.as_view({"get": "list"}))]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, routes.__name__, routes)
    settings.ROOT_URLCONF = routes.__name__  # type: ignore[attr-defined]
    found = every_viewset_is_a_policy_viewset(None)
    assert [message.id for message in found] == (["coe.E004"] if refused else [])


def test_every_route_of_the_surface_passes() -> None:
    assert every_viewset_is_a_policy_viewset(None) == []
    assert {viewset.model for _, viewset, _ in router.registry} >= {Entity}


def test_no_route_puts() -> None:
    assert all("put" not in viewset.http_method_names for _, viewset, _ in router.registry)
