"""What the catalog offers to the other rooms."""

from __future__ import annotations

from apps.core.plugs import NavItem, register


def register_all() -> None:
    register(NavItem("Catalog", "catalog:list", "library", "/catalog/", order=10))
