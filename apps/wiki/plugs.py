"""What the wiki offers to the other rooms."""

from __future__ import annotations

from apps.core.plugs import NavItem, register


def register_all() -> None:
    register(NavItem("Wiki", "wiki:home", "book-open", "/wiki/", order=50))
